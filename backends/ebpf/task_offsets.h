// Where in the kernel's struct task_struct the builtins lie that have no helper.
#pragma once

#include <cstdint>

#include "core/base/result.h"
#include "core/ir/ir.h"

namespace polytap::ebpf {

struct TaskOffsets {
  uint32_t real_parent = 0;
  uint32_t tgid = 0;
  uint32_t group_leader = 0;
  uint32_t comm = 0;
};

// Whether PROGRAM asks for any of them.
bool needs_task_offsets(const ir::Program& program);
// From the running kernel's BTF.
Result<TaskOffsets> find_task_offsets();

}  // namespace polytap::ebpf
