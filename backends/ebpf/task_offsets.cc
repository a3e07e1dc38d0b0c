#include "backends/ebpf/task_offsets.h"

#include <fmt/format.h>

#include <memory>

#include "core/kernel/btf_types.h"

namespace polytap::ebpf {
namespace {

bool asks(const ir::Operation& operation) {
  if (const auto* comm = std::get_if<ir::ReadComm>(&operation)) return comm->of_process;
  const auto* builtin = std::get_if<ir::ReadBuiltin>(&operation);
  return builtin != nullptr && builtin->what == ir::Builtin::kParentPid;
}

}  // namespace

bool needs_task_offsets(const ir::Program& program) {
  for (const ir::Function& function : program.functions) {
    for (const ir::Block& block : function.blocks) {
      for (const ir::Instruction& instruction : block.instructions) {
        if (asks(instruction.operation)) return true;
      }
    }
  }
  return false;
}

Result<TaskOffsets> find_task_offsets() {
  const std::unique_ptr<TypeProvider> types = make_btf_types();
  const StructDefinition* task = types->find_struct("struct task_struct");
  if (task == nullptr) {
    return Error("ppid and pcomm need the kernel's type information, and /sys/kernel/btf/vmlinux cannot be read");
  }
  TaskOffsets offsets;
  struct Wanted {
    const char* name;
    uint32_t& offset;
  };
  for (const Wanted& wanted : {Wanted{"real_parent", offsets.real_parent}, Wanted{"tgid", offsets.tgid},
                               Wanted{"group_leader", offsets.group_leader}, Wanted{"comm", offsets.comm}}) {
    const Field* field = task->find(wanted.name);
    if (field == nullptr) return Error(fmt::format("this kernel's struct task_struct has no field {}", wanted.name));
    wanted.offset = field->offset;
  }
  return offsets;
}

}  // namespace polytap::ebpf
