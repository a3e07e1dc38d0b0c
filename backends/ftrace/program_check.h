// Whether the records of a tracing instance can answer a program.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/base/source.h"
#include "core/ir/ir.h"

namespace polytap::ftrace {

// Why not: what, and what would help.
struct Refusal {
  std::string reason;
  std::optional<Span> where;  // the expression in the script
};

// HAS_EVENT_PROBES: whether the kernel takes `e:` in dynamic_events; asked when it matters.
std::optional<Refusal> check_program(const ir::Program& program, const std::function<bool()>& has_event_probes);

// Whether a function on some probe asks for the kernel's stack.
bool needs_stacks(const ir::Program& program);

// Whether a function on some tracepoint asks for the process's id or the thread's name.
bool needs_tasks(const ir::Program& program);

}  // namespace polytap::ftrace
