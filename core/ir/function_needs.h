// What a function of the IR asks of its surroundings.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/ir/ir.h"

namespace polytap::ir {

struct ContextRange {
  uint32_t begin = 0;
  uint32_t end = 0;
};

struct FunctionNeeds {
  std::vector<ContextRange> context;  // bytes of the context that it looks at
  bool memory = false;                // reads memory through pointers, other than as text
  bool kernel_memory = false;
  bool user_memory = false;
  bool comm = false;
  bool kernel_stack = false;
  bool user_stack = false;
  bool exits = false;
  bool decodes = false;           // shows the system call that it is at
  bool acts = false;              // changes the process: a signal, another result, its memory
  std::vector<Builtin> builtins;  // each once

  bool touches(uint32_t begin, uint32_t end) const;
  bool uses(Builtin what) const;
};

FunctionNeeds needs_of(const Function& function);

// Whether PROGRAM emits or keeps user stacks or user symbols, whose names take the mappings of their processes.
bool has_user_addresses(const Program& program);

}  // namespace polytap::ir
