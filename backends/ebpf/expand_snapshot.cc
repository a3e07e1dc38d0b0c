// What programs send of user stacks that they cannot walk themselves (expand_unwind.cc): snapshots for user space.
#include "backends/ebpf/function_compiler.h"
#include "backends/ebpf/helpers.h"
#include "backends/ebpf/unwind_layout.h"
#include "core/probe/registers.h"

namespace polytap::ebpf {
namespace {

using State = UnwindState;

}  // namespace

// A copy of registers and stack for user space, and its number in the place of the frames.
void FunctionCompiler::send_stack(const ir::ReadStack& op, Label failed) {
  const ir::Place frames{op.to.slot, op.to.offset + 8};
  code_.load_map(Reg::k1, environment_.unwind->ring_fd);
  code_.load_constant(Reg::k2, offsetof(StackSnapshot, stack) + environment_.unwind->copied_bytes);
  code_.move(Reg::k3, 0);
  code_.call(helper::kRingReserve);
  const Label lost = code_.new_label();
  code_.jump_if(Jump::kEqual, Reg::k0, 0, lost);
  code_.store(8, Reg::kFrame, kFramesPointer, Reg::k0);
  code_.load_map_value(Reg::k1, environment_.globals_fd, GlobalsLayout::kSnapshots);
  code_.move(Reg::k2, 1);
  code_.atomic_fetch_add(Reg::k1, 0, Reg::k2);
  unwind_state(Reg::k3, 0);
  const Memory tgid = memory(op.to, 8, Reg::k4);
  code_.load(8, Reg::k4, tgid.base, tgid.offset);
  code_.load(8, Reg::k5, Reg::k3, State::kTag);
  code_.store(4, Reg::k0, offsetof(StackSnapshot, depth), static_cast<int32_t>(op.depth));
  code_.store(4, Reg::k0, offsetof(StackSnapshot, tgid), Reg::k4);
  code_.store(8, Reg::k0, offsetof(StackSnapshot, id), Reg::k2);
  code_.store(8, Reg::k0, offsetof(StackSnapshot, tag), Reg::k5);
  code_.store(8, Reg::k3, State::kKey, Reg::k2);
  code_.load(8, Reg::k4, Reg::k3, State::kAtEntry);
  code_.store(8, Reg::k0, offsetof(StackSnapshot, at_entry), Reg::k4);
  if (request_.kind == ProgramKind::kUserFunction) {
    for (uint32_t at = 0; at < registers::kSize; at += 8) {
      code_.load(8, Reg::k1, Reg::k6, static_cast<int32_t>(at));
      code_.store(8, Reg::k0, static_cast<int32_t>(offsetof(StackSnapshot, registers) + at), Reg::k1);
    }
  } else {
    find_user_registers();
    code_.move(Reg::k3, Reg::k0);
    code_.load(8, Reg::k1, Reg::kFrame, kFramesPointer);
    code_.alu(Alu::kAdd, Reg::k1, offsetof(StackSnapshot, registers));
    code_.move(Reg::k2, registers::kSize);
    code_.call(helper::kReadKernel);
  }
  copy_stack();
  copy_return_instances();
  code_.load(8, Reg::k1, Reg::kFrame, kFramesPointer);
  code_.move(Reg::k2, 0);
  code_.call(helper::kRingSubmit);
  zero_memory(memory(frames, 8 * op.depth, Reg::k1), 8 * op.depth);
  unwind_state(Reg::k1, 0);
  code_.load(8, Reg::k2, Reg::k1, State::kKey);
  code_.load_constant(Reg::k3, static_cast<int64_t>(kDeferredMark));
  code_.alu(Alu::kOr, Reg::k2, Reg::k3);
  const Memory first = memory(frames, 8, Reg::k1);
  code_.store(8, first.base, first.offset, Reg::k2);
  code_.defer([=, this] {
    code_.bind(lost);
    count(GlobalsLayout::kFaults);
    code_.jump(failed);
  });
}

// Up to the end of the stack: a read that meets a page that is not there fails as a whole, and then half of it is
// tried, behind what has been read.
void FunctionCompiler::copy_stack() {
  code_.load(8, Reg::k1, Reg::kFrame, kFramesPointer);
  code_.store(8, Reg::k1, offsetof(StackSnapshot, length), 0);
  const uint32_t most = environment_.unwind->copied_bytes;
  for (uint32_t size = most; size >= kLeastSnapshotBytes; size /= 2) {
    const Label next = code_.new_label();
    code_.load(8, Reg::k1, Reg::kFrame, kFramesPointer);
    code_.load(8, Reg::k4, Reg::k1, offsetof(StackSnapshot, length));
    code_.jump_if(Jump::kGreater, Reg::k4, static_cast<int32_t>(most - size), next);
    code_.load(8, Reg::k3, Reg::k1, offsetof(StackSnapshot, registers) + registers::kSp);
    code_.alu(Alu::kAdd, Reg::k3, Reg::k4);
    code_.alu(Alu::kAdd, Reg::k1, offsetof(StackSnapshot, stack));
    code_.alu(Alu::kAdd, Reg::k1, Reg::k4);
    code_.move(Reg::k2, static_cast<int32_t>(size));
    code_.call(helper::kReadUser);
    code_.jump_if(Jump::kNotEqual, Reg::k0, 0, next);
    code_.load(8, Reg::k1, Reg::kFrame, kFramesPointer);
    code_.load(8, Reg::k4, Reg::k1, offsetof(StackSnapshot, length));
    code_.alu(Alu::kAdd, Reg::k4, static_cast<int32_t>(size));
    code_.store(8, Reg::k1, offsetof(StackSnapshot, length), Reg::k4);
    code_.bind(next);
  }
}

// Of the functions that uretprobes wait for, innermost first: a loop, since each jump takes the verifier's time at
// every start.
void FunctionCompiler::copy_return_instances() {
  code_.load(8, Reg::k1, Reg::kFrame, kFramesPointer);
  if (environment_.unwind->returns.size == 0) {
    code_.store(8, Reg::k1, offsetof(StackSnapshot, return_instances) + environment_.unwind->returns.address, 0);
    return;
  }
  if (!return_step_) return_step_ = code_.new_label();
  code_.move(Reg::k1, kSnapshotReturns);
  code_.load_function(Reg::k2, *return_step_);
  code_.move(Reg::k3, Reg::kFrame);
  code_.move(Reg::k4, 0);
  code_.call(helper::kLoop);
}

// Copies one: r1 is its number, r2 the program's frame.
void FunctionCompiler::place_return_step() {
  const UnwindAccess::ReturnInstances& fields = environment_.unwind->returns;
  constexpr auto kPlace = static_cast<int32_t>(offsetof(StackSnapshot, return_instances));
  const Label end = code_.new_label();
  code_.bind(*return_step_);
  code_.load(8, Reg::k6, Reg::k2, kScratchPointer);
  if (plan_.frame.unwind != 0) code_.alu(Alu::kAdd, Reg::k6, plan_.frame.unwind);
  code_.load(8, Reg::k7, Reg::k2, kFramesPointer);
  code_.jump_if(Jump::kGreaterEqual, Reg::k1, kSnapshotReturns, end);
  code_.alu(Alu::kMul, Reg::k1, kMaxReturnInstance);
  code_.alu(Alu::kAdd, Reg::k7, Reg::k1);
  code_.store(8, Reg::k7, kPlace + fields.address, 0);
  code_.load(8, Reg::k3, Reg::k6, State::kInstance);
  code_.jump_if(Jump::kEqual, Reg::k3, 0, end);
  code_.move(Reg::k1, Reg::k7);
  code_.alu(Alu::kAdd, Reg::k1, kPlace);
  code_.move(Reg::k2, static_cast<int32_t>(fields.size));
  code_.call(helper::kReadKernel);
  code_.load(8, Reg::k2, Reg::k7, kPlace + fields.next);
  code_.store(8, Reg::k6, State::kInstance, Reg::k2);
  code_.move(Reg::k0, 0);
  code_.exit();
  code_.bind(end);
  code_.move(Reg::k0, 1);
  code_.exit();
}

}  // namespace polytap::ebpf
