#include "backends/ebpf/unwind_fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string_view>

#include "backends/ebpf/unwind_layout.h"

namespace polytap::ebpf {
namespace {

struct Field {
  int32_t offset = 0;
  BtfFile::Id type = 0;
};

// Not a bit field. Members of anonymous structs, as a kernel with randomized layouts has them, are among the struct's.
std::optional<Field> find_field(const BtfFile& kernel, BtfFile::Id structure, std::string_view name) {
  const uint32_t count = kernel.record(structure).count;
  for (uint32_t i = 0; i < count; ++i) {
    const BtfFile::Member member = kernel.member(structure, i);
    if (member.bit_size != 0) continue;
    const auto offset = static_cast<int32_t>(member.bit_offset / 8);
    if (member.name == name) return Field{offset, member.type};
    if (!member.name.empty()) continue;
    const uint32_t kind = kernel.record(member.type).kind;
    if (kind != BTF_KIND_STRUCT && kind != BTF_KIND_UNION) continue;
    if (const auto inner = find_field(kernel, member.type, name)) return Field{offset + inner->offset, inner->type};
  }
  return std::nullopt;
}

// Of an integer, behind its typedefs; 0: it is none.
uint32_t integer_size(const BtfFile& kernel, BtfFile::Id type) {
  BtfFile::Record record = kernel.record(type);
  while (record.kind == BTF_KIND_TYPEDEF || record.kind == BTF_KIND_CONST || record.kind == BTF_KIND_VOLATILE) {
    record = kernel.record(record.size_or_type);
  }
  return record.kind == BTF_KIND_INT ? record.size_or_type : 0;
}

void find_return_instances(const BtfFile& kernel, BtfFile::Id task, UnwindAccess& access) {
  const auto of_task = kernel.find("uprobe_task", 1U << BTF_KIND_STRUCT);
  const auto instance = kernel.find("return_instance", 1U << BTF_KIND_STRUCT);
  const auto utask = find_field(kernel, task, "utask");
  if (!of_task || !instance || !utask) return;
  const auto first = find_field(kernel, *of_task, "return_instances");
  const auto stack = find_field(kernel, *instance, "stack");
  const auto address = find_field(kernel, *instance, "orig_ret_vaddr");
  const auto next = find_field(kernel, *instance, "next");
  if (!first || !stack || !address || !next) return;
  const auto size = static_cast<uint32_t>(std::max({stack->offset, address->offset, next->offset}) + 8);
  if (size > kMaxReturnInstance) return;
  access.returns = {utask->offset, first->offset, stack->offset, address->offset, next->offset, size};
}

}  // namespace

Status find_unwind_fields(const BtfFile& kernel, bool rarely, UnwindAccess& access) {
  const auto task = kernel.find("task_struct", 1U << BTF_KIND_STRUCT);
  if (!task) return Error("the kernel's BTF has no struct task_struct");
  const auto leader = find_field(kernel, *task, "group_leader");
  const auto start = find_field(kernel, *task, "start_time");
  const auto exec_id = find_field(kernel, *task, "self_exec_id");
  const uint32_t exec_id_size = exec_id ? integer_size(kernel, exec_id->type) : 0;
  if (!leader || !start || (exec_id_size != 4 && exec_id_size != 8)) {
    return Error("the kernel's struct task_struct lacks group_leader, start_time or self_exec_id");
  }
  access.group_leader = leader->offset;
  access.start_time = start->offset;
  access.exec_id = exec_id->offset;
  access.exec_id_size = exec_id_size;
  access.copies_pointers = rarely;
  if (!rarely) {
    access.task_type = *task;
    access.cast_function = kernel.find_callable_function("bpf_rdonly_cast").value_or(0);
  }
  find_return_instances(kernel, *task, access);
  return {};
}

}  // namespace polytap::ebpf
