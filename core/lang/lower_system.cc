#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "core/base/check.h"
#include "core/lang/checker.h"
#include "core/lang/lowerer.h"
#include "core/probe/registers.h"
#include "core/symbol/symbol_address.h"

namespace polytap {

using ir::Temp;

uint32_t Lowerer::field_offset(std::string_view structure, std::string_view name) const {
  const StructDefinition* definition = script_.types->find_struct(structure);
  CHECK(definition != nullptr);
  const Field* field = definition->find(name);
  return field != nullptr ? field->offset : 0;
}

Temp Lowerer::read_kernel(Temp address, uint32_t offset, uint32_t size) {
  const ir::Place place{build_.scratch(8), 0};
  const Temp at = build_.binary(ir::BinaryOp::kAdd, address, constant(offset));
  build_.run(ir::ReadMemory{place, size, at, AddressSpace::kKernel});
  return build_.load(place, size, false);
}

// 0 for a CPU that is not there.
Temp Lowerer::percpu_address(const ast::Call& call) {
  const auto symbol = kernel_symbol_address(*info(*call.arguments[0]).text);
  const auto offsets = kernel_symbol_address("__per_cpu_offset");
  CHECK(symbol.ok() && offsets.ok());  // the checker found them
  const Temp cpu =
      call.arguments.size() > 1 ? word(*call.arguments[1]) : build_.add(ir::ReadBuiltin{ir::Builtin::kCpu});
  const Temp is_there = build_.binary(ir::BinaryOp::kUnsignedLess, cpu, constant(sysconf(_SC_NPROCESSORS_CONF)));
  const Temp index = build_.binary(ir::BinaryOp::kMul, build_.binary(ir::BinaryOp::kMul, cpu, is_there), constant(8));
  const Temp place = build_.binary(ir::BinaryOp::kAdd, index, constant(static_cast<int64_t>(*offsets)));
  const Temp address =
      build_.binary(ir::BinaryOp::kAdd, read_kernel(place, 0, 8), constant(static_cast<int64_t>(*symbol)));
  return build_.binary(ir::BinaryOp::kMul, address, is_there);
}

// From where the probed instruction is and where the file has both.
Temp Lowerer::user_address(const ast::Call& call) {
  const std::string& name = *info(*call.arguments[0]).text;
  const std::vector<ProbeSite>& sites = function_.sites;
  const auto own = static_cast<int64_t>(program_.sites.size());
  Temp value = constant(0);
  for (size_t i = 0; i < sites.size(); ++i) {
    const auto symbol = user_symbol(sites[i].module, name);
    CHECK(symbol.ok());
    Temp address = constant(static_cast<int64_t>(symbol->address));
    if (symbol->relocated) {
      const auto probed = user_address_of(sites[i].module, sites[i].file_offset);
      if (!probed.ok()) {
        diagnostics_.error(call.name_span, probed.error().message());
        return value;
      }
      const Temp here = load_context(registers::kIp, 8, false);
      address = build_.binary(ir::BinaryOp::kAdd, here, constant(static_cast<int64_t>(symbol->address - *probed)));
    }
    if (sites.size() == 1) return address;
    const Temp fired = build_.binary(ir::BinaryOp::kEqual, build_.add(ir::ReadBuiltin{ir::Builtin::kSiteIndex}),
                                     constant(own + static_cast<int64_t>(i)));
    value = build_.binary(ir::BinaryOp::kAdd, value, build_.binary(ir::BinaryOp::kMul, fired, address));
  }
  return value;
}

Temp Lowerer::parent_of(const ast::Call& call) {
  const Temp parent = read_kernel(word(*call.arguments[0]), field_offset("struct task_struct", "real_parent"), 8);
  return read_kernel(parent, field_offset("struct task_struct", "tgid"), 4);
}

void Lowerer::process_name_of(const ast::Call& call, ir::Place to, const Type& want) {
  const Temp leader = read_kernel(word(*call.arguments[0]), field_offset("struct task_struct", "group_leader"), 8);
  const Temp name = build_.binary(ir::BinaryOp::kAdd, leader, constant(field_offset("struct task_struct", "comm")));
  build_.run(ir::ReadString{to, 16, name, AddressSpace::kKernel, false});
  if (want.storage_size() > 16) build_.zero({to.slot, to.offset + 16}, want.storage_size() - 16);
}

// What the kernel has given the socket so far: 0 before anyone asked for a cookie.
Temp Lowerer::socket_cookie(const ast::Call& call) {
  const Temp sock = word(*call.arguments[0]);
  const uint32_t common = field_offset("struct sock", "__sk_common");
  return read_kernel(sock, common + field_offset("struct sock_common", "skc_cookie"), 8);
}

// The bytes in the packet's linear part, as a record; 0, or -EFAULT when they cannot be read.
Temp Lowerer::skboutput(const ast::Call& call) {
  constexpr uint32_t kCapacity = 4096;
  const Temp skb = word(*call.arguments[1]);
  const auto offset = static_cast<uint32_t>(std::clamp<int64_t>(*info(*call.arguments[3]).constant, 0, INT32_MAX));
  const Temp length_of_all = read_kernel(skb, field_offset("struct sk_buff", "len"), 4);
  // What is left of the packet behind the offset, and of that no more than was asked for.
  const Temp behind = build_.binary(ir::BinaryOp::kUnsignedLess, constant(offset), length_of_all);
  const Temp whole =
      build_.binary(ir::BinaryOp::kMul, behind, build_.binary(ir::BinaryOp::kSub, length_of_all, constant(offset)));
  const Temp asked = word(*call.arguments[2]);
  const Temp less = build_.binary(ir::BinaryOp::kUnsignedLess, asked, whole);
  const Temp wanted =
      build_.binary(ir::BinaryOp::kAdd, whole,
                    build_.binary(ir::BinaryOp::kMul, less, build_.binary(ir::BinaryOp::kSub, asked, whole)));
  const Temp data = read_kernel(skb, field_offset("struct sk_buff", "data"), 8);
  const Temp start = build_.binary(ir::BinaryOp::kAdd, data, constant(offset));
  const Type bytes = types::buffer(kCapacity);
  const ir::Place buffer = scratch_for(bytes);
  build_.run(ir::ReadBuffer{buffer, kCapacity, start, wanted, AddressSpace::kKernel});
  ir::EmitSpec spec;
  spec.kind = ir::EmitKind::kSkbOutput;
  spec.format = *info(*call.arguments[0]).text;
  spec.fields = {types::uint64(), bytes};
  spec.span = call.name_span;
  ir::EmitField length;
  length.word = whole;
  ir::EmitField content;
  content.kind = ir::EmitField::Kind::kBytes;
  content.from = buffer;
  content.length = bytes.storage_size();
  emit(std::move(spec), {length, content});
  const Temp failed = build_.binary(ir::BinaryOp::kEqual, build_.load(buffer), constant(0));
  return build_.binary(ir::BinaryOp::kMul, failed, constant(-EFAULT));
}
}  // namespace polytap
