#include "backends/ptrace/function_needs.h"

#include <algorithm>

namespace polytap {

bool FunctionNeeds::touches(uint32_t begin, uint32_t end) const {
  return std::ranges::any_of(context,
                             [=](const ContextRange& range) { return range.begin < end && begin < range.end; });
}

bool FunctionNeeds::uses(ir::Builtin what) const { return std::ranges::find(builtins, what) != builtins.end(); }

FunctionNeeds needs_of(const ir::Function& function) {
  FunctionNeeds needs;
  auto reads = [&](AddressSpace space) { needs.kernel_memory |= space == AddressSpace::kKernel; };
  auto visitor = ir::Overloaded{
      [&](const ir::ContextLoad& op) {
        needs.context.push_back({op.offset, op.offset + op.size});
      },
      [&](const ir::ContextCopy& op) {
        needs.context.push_back({op.offset, op.offset + op.length});
      },
      [&](const ir::ContextString& op) {
        needs.context.push_back({op.offset, op.offset + 4});
      },
      [&](const ir::ReadMemory& op) { reads(op.space); },
      [&](const ir::ReadString& op) { reads(op.space); },
      [&](const ir::ReadBuffer& op) { reads(op.space); },
      [&](const ir::ReadStack& op) {
        (op.space == AddressSpace::kKernel ? needs.kernel_stack : needs.user_stack) = true;
      },
      [&](const ir::ReadBuiltin& op) {
        if (!needs.uses(op.what)) needs.builtins.push_back(op.what);
      },
      [&](const ir::Exit&) { needs.exits = true; },
      [](const auto&) {},
  };
  for (const ir::Block& block : function.blocks) {
    for (const ir::Instruction& instruction : block.instructions) std::visit(visitor, instruction.operation);
  }
  return needs;
}

}  // namespace polytap
