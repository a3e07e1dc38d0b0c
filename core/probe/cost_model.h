// What answering adds to each event, as a sum of measured parts. docs/cost-model.md has the measurements;
// `bench/run costs` repeats them and holds the model's estimates against them.
#pragma once

#include "core/ir/ir.h"
#include "core/probe/site.h"

namespace polytap {

// Nanoseconds of the traced thread. Zero for what costs it nothing: a backend that interprets what it recorded works in
// another thread.
struct CostModel {
  // A probe that fires and does next to nothing.
  double tracepoint = 0;
  double raw_tracepoint = 0;
  double kernel_function = 0;
  double kernel_return = 0;
  double user_function = 0;
  double user_return = 0;
  double sampled = 0;  // an interrupt, or an exception
  // Each operation of these kinds.
  double step = 0;  // any that is not named below
  double builtin = 0;
  double map_read = 0;
  double map_write = 0;
  double aggregate = 0;
  double map_length = 0;
  double read_memory = 0;
  double read_string = 0;
  double stack = 0;
  double emit = 0;
};

// Of one firing at a site of TYPE; 0 for BEGIN, END and interval.
double firing_cost(const CostModel& model, ProbeType type);
// Of all operations of FUNCTION, as if every branch were taken.
double operations_cost(const CostModel& model, const ir::Function& function);
// Of PROGRAM's dearest function at its dearest site.
double cost_of(const CostModel& model, const ir::Program& program);

}  // namespace polytap
