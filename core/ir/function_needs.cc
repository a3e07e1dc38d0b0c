#include "core/ir/function_needs.h"

#include <algorithm>

namespace polytap::ir {
namespace {

bool holds_user_address(const Type& type) {
  return type.is(TypeKind::kUserStack) || type.is(TypeKind::kUserSymbol) ||
         std::ranges::any_of(type.elements, holds_user_address);
}

}  // namespace

bool FunctionNeeds::touches(uint32_t begin, uint32_t end) const {
  return std::ranges::any_of(context,
                             [=](const ContextRange& range) { return range.begin < end && begin < range.end; });
}

bool FunctionNeeds::uses(Builtin what) const { return std::ranges::find(builtins, what) != builtins.end(); }

FunctionNeeds needs_of(const Function& function) {
  FunctionNeeds needs;
  auto reads = [&](AddressSpace space, bool text) {
    needs.kernel_memory |= space == AddressSpace::kKernel;
    needs.user_memory |= space == AddressSpace::kUser;
    needs.memory |= !text;
  };
  auto visitor = Overloaded{
      [&](const ContextLoad& op) {
        needs.context.push_back({op.offset, op.offset + op.size});
      },
      [&](const ContextCopy& op) {
        needs.context.push_back({op.offset, op.offset + op.length});
      },
      [&](const ContextString& op) {
        needs.context.push_back({op.offset, op.offset + 4});
      },
      [&](const ReadMemory& op) { reads(op.space, false); },
      [&](const ReadString& op) { reads(op.space, true); },
      [&](const ReadBuffer& op) { reads(op.space, false); },
      [&](const ReadStack& op) { (op.space == AddressSpace::kKernel ? needs.kernel_stack : needs.user_stack) = true; },
      [&](const ReadBuiltin& op) {
        if (!needs.uses(op.what)) needs.builtins.push_back(op.what);
      },
      [&](const ReadComm&) { needs.comm = true; },
      [&](const Exit&) { needs.exits = true; },
      [&](const DecodeCall&) { needs.decodes = true; },
      [&](const SendSignal&) { needs.acts = true; },
      [&](const OverrideResult&) { needs.acts = true; },
      [&](const WriteMemory&) { needs.acts = true; },
      [&](const Delay&) { needs.acts = true; },
      [](const auto&) {},
  };
  for (const Block& block : function.blocks) {
    for (const Instruction& instruction : block.instructions) std::visit(visitor, instruction.operation);
  }
  return needs;
}

bool has_user_addresses(const Program& program) {
  const auto any = [](const std::vector<Type>& types) { return std::ranges::any_of(types, holds_user_address); };
  return std::ranges::any_of(program.emits, [&](const EmitSpec& emit) { return any(emit.fields); }) ||
         std::ranges::any_of(program.maps,
                             [&](const MapSpec& map) { return any(map.key) || holds_user_address(map.value); });
}

}  // namespace polytap::ir
