// User stacks by call frame information, in the kernel: bpf_loop calls one step for each frame. A step finds its rule
// in a cache by program counter, or behind that by binary search in the tables that user space keeps (unwind_tables.h).
// What the tables cannot tell yet, or not at all, goes to user space as a copy of the stack, and the stack's value is a
// number that is exchanged for the frames when it is shown. Why so: docs/adr/0004-unwinding-in-the-kernel.md.
#include "backends/ebpf/function_compiler.h"
#include "backends/ebpf/helpers.h"
#include "backends/ebpf/unwind_layout.h"
#include "core/probe/registers.h"
#include "core/symbol/unwind_rows.h"

namespace polytap::ebpf {
namespace {

using State = UnwindState;

constexpr int32_t kCode64 = 0x33;  // __USER_CS
constexpr int32_t kProcessPointer = kWork1;
constexpr int32_t kLowestCode = 65536;  // vm.mmap_min_addr
constexpr int32_t kAddressBits = 56;    // of user space, with five levels of page tables

}  // namespace

bool FunctionCompiler::unwinds(const ir::ReadStack& op) const {
  return environment_.unwind && op.space == AddressSpace::kUser && op.depth > 1 &&
         request_.kind != ProgramKind::kSyscall;
}

void FunctionCompiler::unwind_state(Reg to, int32_t offset) { scratch_address(to, plan_.frame.unwind + offset); }

// r0: the thread's registers as it entered the kernel.
void FunctionCompiler::find_user_registers() {
  code_.call(helper::kCurrentTaskTyped);
  code_.move(Reg::k1, Reg::k0);
  code_.call(helper::kTaskRegisters);
}

// Region OP.to has its tgid, in r0, and is zero behind it.
void FunctionCompiler::unwind_user_stack(const ir::ReadStack& op) {
  const UnwindAccess& access = *environment_.unwind;
  const ir::Place frames{op.to.slot, op.to.offset + 8};
  const Label unknown = code_.new_label();
  const Label by_frame_pointers = code_.new_label();
  const Label incomplete = code_.new_label();
  const Label known = code_.new_label();
  const Label done = code_.new_label();
  unwind_state(Reg::k2, 0);
  code_.store(8, Reg::k2, State::kKey, Reg::k0);
  for (const int32_t word : {State::kBack, State::kStatus, State::kGuessed, State::kHopeless}) {
    code_.store(8, Reg::k2, word, 0);
  }
  code_.store(8, Reg::k2, State::kAtEntry, request_.missing_caller != MissingCaller::kNo ? 1 : 0);

  // Registers.
  if (request_.kind == ProgramKind::kUserFunction) {
    code_.move(Reg::k0, Reg::k6);
  } else {
    find_user_registers();
  }
  code_.load(8, Reg::k1, Reg::k0, registers::kCs);
  code_.alu(Alu::kAnd, Reg::k1, 0xffff);
  code_.jump_if(Jump::kNotEqual, Reg::k1, kCode64, by_frame_pointers);
  code_.load(8, Reg::k1, Reg::k0, registers::kBp);
  code_.load(8, Reg::k2, Reg::k0, registers::kIp);
  code_.load(8, Reg::k3, Reg::k0, registers::kSp);
  unwind_state(Reg::k4, 0);
  code_.store(8, Reg::k4, State::kBp, Reg::k1);
  code_.store(8, Reg::k4, State::kPc, Reg::k2);
  code_.store(8, Reg::k4, State::kSp, Reg::k3);

  // The process, if it is still the one that the tables were made for.
  code_.load_map(Reg::k1, access.processes_fd);
  unwind_state(Reg::k2, State::kKey);
  code_.call(helper::kMapLookup);
  code_.store(8, Reg::kFrame, kProcessPointer, Reg::k0);
  if (access.copies_pointers) {
    copy_task_fields();
  } else {
    load_task_fields();
  }
  unwind_state(Reg::k3, 0);
  code_.store(8, Reg::k3, State::kTag, Reg::k2);
  code_.load(8, Reg::k4, Reg::kFrame, kProcessPointer);
  code_.jump_if(Jump::kEqual, Reg::k4, 0, unknown);
  code_.load(8, Reg::k1, Reg::k4, offsetof(UnwindProcess, tag));
  code_.jump_if(Jump::kEqual, Reg::k1, Reg::k2, known);
  code_.jump_if(Jump::kNotEqual, Reg::k1, 0, unknown);
  code_.store(8, Reg::k4, offsetof(UnwindProcess, tag), Reg::k2);
  code_.bind(known);
  code_.load(8, Reg::k1, Reg::k4, offsetof(UnwindProcess, generation));
  code_.store(8, Reg::k3, State::kGeneration, Reg::k1);
  code_.load(4, Reg::k1, Reg::k4, offsetof(UnwindProcess, first));
  code_.store(8, Reg::k3, State::kFirst, Reg::k1);
  code_.load(4, Reg::k1, Reg::k4, offsetof(UnwindProcess, count));
  code_.store(8, Reg::k3, State::kCount, Reg::k1);
  code_.load(8, Reg::k1, Reg::k4, offsetof(UnwindProcess, hopeless));
  code_.store(8, Reg::k3, State::kHopeless, Reg::k1);
  code_.load(8, Reg::k1, Reg::k4, offsetof(UnwindProcess, trampoline));
  code_.store(8, Reg::k3, State::kTrampoline, Reg::k1);

  // The frames.
  if (!unwind_step_) unwind_step_ = code_.new_label();
  address(Reg::k1, frames);
  code_.store(8, Reg::kFrame, kFramesPointer, Reg::k1);
  code_.move(Reg::k1, static_cast<int32_t>(op.depth));
  code_.load_function(Reg::k2, *unwind_step_);
  code_.move(Reg::k3, Reg::kFrame);
  code_.move(Reg::k4, 0);
  code_.call(helper::kLoop);
  unwind_state(Reg::k1, 0);
  code_.load(8, Reg::k2, Reg::k1, State::kStatus);
  code_.jump_if(Jump::kNotEqual, Reg::k2, 0, incomplete);
  code_.bind(done);
  code_.defer([=, this] {
    code_.bind(incomplete);
    code_.load(8, Reg::k2, Reg::k1, State::kHopeless);
    code_.jump_if(Jump::kNotEqual, Reg::k2, 0, by_frame_pointers);
    code_.bind(unknown);
    send_stack(op, by_frame_pointers);
    code_.jump(done);
    code_.bind(by_frame_pointers);
    zero_memory(memory(frames, 8 * op.depth, Reg::k1), 8 * op.depth);
    if (adds_caller()) {
      read_user_stack_with_caller(frames, op.depth);
    } else {
      read_stack(frames, op.depth, AddressSpace::kUser);
    }
    code_.jump(done);
  });
}

// r2: what tells the process from others of its number. The state's kInstance: its first struct return_instance.
void FunctionCompiler::load_task_fields() {
  const UnwindAccess& access = *environment_.unwind;
  code_.call(helper::kCurrentTaskTyped);
  if (access.cast_function != 0) {  // the same address
    code_.move(Reg::k1, Reg::k0);
    code_.move(Reg::k2, static_cast<int32_t>(access.task_type));
    code_.call_kernel_function(access.cast_function);
  }
  code_.load(8, Reg::k1, Reg::k0, access.group_leader);
  code_.load(8, Reg::k2, Reg::k1, access.start_time);
  code_.load(access.exec_id_size, Reg::k1, Reg::k0, access.exec_id);
  code_.alu(Alu::kAdd, Reg::k2, Reg::k1);
  if (access.returns.size == 0) return;
  code_.load(8, Reg::k3, Reg::k0, access.returns.utask);
  code_.load(8, Reg::k4, Reg::k3, access.returns.first);
  unwind_state(Reg::k3, 0);
  code_.store(8, Reg::k3, State::kInstance, Reg::k4);
}

// The same, by copies.
void FunctionCompiler::copy_task_fields() {
  const UnwindAccess& access = *environment_.unwind;
  // Into the state's WORD what is OFFSET bytes behind the address in r3.
  const auto copy = [&](int32_t word, int32_t offset) {
    unwind_state(Reg::k1, word);
    code_.move(Reg::k2, 8);
    code_.alu(Alu::kAdd, Reg::k3, offset);
    code_.call(helper::kReadKernel);
  };
  const auto copied = [&](int32_t word) {
    unwind_state(Reg::k1, 0);
    code_.load(8, Reg::k3, Reg::k1, word);
  };
  if (access.returns.size != 0) {
    const Label none = code_.new_label();
    code_.call(helper::kCurrentTaskTyped);
    code_.move(Reg::k3, Reg::k0);
    copy(State::kInstance, access.returns.utask);
    copied(State::kInstance);
    code_.jump_if(Jump::kEqual, Reg::k3, 0, none);
    copy(State::kInstance, access.returns.first);
    code_.bind(none);
  }
  code_.call(helper::kCurrentTaskTyped);
  code_.load(access.exec_id_size, Reg::k1, Reg::k0, access.exec_id);
  unwind_state(Reg::k2, 0);
  code_.store(8, Reg::k2, State::kAddress, Reg::k1);
  code_.move(Reg::k3, Reg::k0);
  copy(State::kTag, access.group_leader);
  copied(State::kTag);
  copy(State::kTag, access.start_time);
  unwind_state(Reg::k1, 0);
  code_.load(8, Reg::k2, Reg::k1, State::kTag);
  code_.load(8, Reg::k1, Reg::k1, State::kAddress);
  code_.alu(Alu::kAdd, Reg::k2, Reg::k1);
}

// --- the step: r1 is the frame's number, r2 the program's frame

// Ends the walk.
void FunctionCompiler::end_walk(UnwindStatus status) {
  if (status != UnwindStatus::kWhole) {
    code_.store(8, Reg::k6, State::kStatus, static_cast<int32_t>(status));
  }
  code_.move(Reg::k0, 1);
  code_.exit();
}

// The cache's entry for the address and generation of the state: r0; its key: r4. Loses r5.
void FunctionCompiler::find_cache_entry() {
  code_.load(8, Reg::k4, Reg::k6, State::kAddress);
  code_.load(8, Reg::k5, Reg::k6, State::kGeneration);
  code_.alu(Alu::kXor, Reg::k4, Reg::k5);
  code_.load_constant(Reg::k5, static_cast<int64_t>(kUnwindHash));
  code_.alu(Alu::kMul, Reg::k4, Reg::k5);
  code_.move(Reg::k5, Reg::k4);
  code_.alu(Alu::kShiftRight, Reg::k5, 64 - kUnwindCacheBits);
  code_.alu(Alu::kShiftLeft, Reg::k5, 4);
  code_.load_map_value(Reg::k0, environment_.unwind->cache_fd, 0);
  code_.alu(Alu::kAdd, Reg::k0, Reg::k5);
}

void FunctionCompiler::place_unwind_step() {
  code_.bind(*unwind_step_);
  const Label miss = code_.new_label();
  const Label have_rule = code_.new_label();
  const Label out_of_range = code_.new_label();
  code_.load(8, Reg::k6, Reg::k2, kScratchPointer);
  if (plan_.frame.unwind != 0) code_.alu(Alu::kAdd, Reg::k6, plan_.frame.unwind);
  code_.load(8, Reg::k7, Reg::k2, kFramesPointer);
  code_.jump_if(Jump::kGreaterEqual, Reg::k1, static_cast<int32_t>(plan_.frame.stack_depth), out_of_range);
  code_.alu(Alu::kShiftLeft, Reg::k1, 3);
  code_.alu(Alu::kAdd, Reg::k7, Reg::k1);
  code_.load(8, Reg::k3, Reg::k6, State::kPc);
  code_.store(8, Reg::k7, 0, Reg::k3);
  code_.load(8, Reg::k4, Reg::k6, State::kBack);
  code_.alu(Alu::kSub, Reg::k3, Reg::k4);
  code_.store(8, Reg::k6, State::kAddress, Reg::k3);
  find_cache_entry();
  code_.load(8, Reg::k1, Reg::k0, 0);
  code_.load(8, Reg::k9, Reg::k0, 8);
  code_.alu(Alu::kXor, Reg::k1, Reg::k9);
  code_.jump_if(Jump::kNotEqual, Reg::k1, Reg::k4, miss);
  code_.bind(have_rule);
  follow_rule();
  code_.bind(miss);
  find_rule();
  code_.jump(have_rule);
  code_.bind(out_of_range);
  end_walk(UnwindStatus::kWhole);
}

// From the rule in r9 to the caller.
void FunctionCompiler::follow_rule() {
  const Label by_rbp = code_.new_label();
  const Label saved = code_.new_label();
  const Label signal = code_.new_label();
  const Label guess = code_.new_label();
  const Label other = code_.new_label();
  const Label outermost = code_.new_label();
  const Label have_cfa = code_.new_label();
  const Label read_rbp = code_.new_label();
  const Label plain = code_.new_label();
  const Label go_on = code_.new_label();
  const auto is = [&](CfaRule rule, Label label) {
    code_.jump_if(Jump::kEqual, Reg::k1, static_cast<int32_t>(rule), label);
  };
  code_.load(8, Reg::k7, Reg::k6, State::kSp);
  code_.load(8, Reg::k8, Reg::k6, State::kBp);
  code_.move(Reg::k1, Reg::k9);
  code_.alu(Alu::kShiftRight, Reg::k1, 48);
  code_.alu(Alu::kAnd, Reg::k1, 0xff);
  code_.move(Reg::k3, Reg::k9);
  code_.alu(Alu::kShiftLeft, Reg::k3, 32);
  code_.alu(Alu::kArithmeticShiftRight, Reg::k3, 32);
  is(CfaRule::kFramePointer, by_rbp);
  code_.jump_if(Jump::kNotEqual, Reg::k1, static_cast<int32_t>(CfaRule::kStackPointer), other);
  code_.alu(Alu::kAdd, Reg::k3, Reg::k7);
  code_.bind(have_cfa);  // r3
  code_.jump_if(Jump::kLessEqual, Reg::k3, Reg::k7, outermost);
  code_.store(8, Reg::k6, State::kSp, Reg::k3);
  code_.move(Reg::k7, Reg::k3);
  code_.move(Reg::k1, Reg::k9);
  code_.alu(Alu::kShiftRight, Reg::k1, 32);
  // rbp right below the return address, as most frames have it: both in one reading.
  constexpr auto kUsual = static_cast<int32_t>(static_cast<uint32_t>(FramePointerRule::kAtCfa) << 24 | 0xfff0);
  code_.move(Reg::k2, Reg::k1);
  code_.alu(Alu::kAnd, Reg::k2, 0x7f00ffff);
  code_.jump_if(Jump::kNotEqual, Reg::k2, kUsual, plain);
  code_.move(Reg::k1, Reg::k6);
  code_.move(Reg::k2, 16);
  code_.alu(Alu::kSub, Reg::k3, 16);
  code_.call(helper::kReadUser);
  code_.jump_if(Jump::kNotEqual, Reg::k0, 0, outermost);
  code_.bind(go_on);
  code_.store(8, Reg::k6, State::kBack, 1);
  code_.store(8, Reg::k6, State::kAtEntry, 0);
  code_.load(8, Reg::k1, Reg::k6, State::kPc);
  code_.jump_if(Jump::kEqual, Reg::k1, 0, outermost);
  const Label hidden = code_.new_label();
  code_.load(8, Reg::k2, Reg::k6, State::kTrampoline);
  code_.jump_if(Jump::kEqual, Reg::k1, Reg::k2, hidden);
  code_.move(Reg::k0, 0);
  code_.exit();
  code_.bind(hidden);
  find_hidden_return();

  code_.bind(plain);
  code_.move(Reg::k1, Reg::k6);
  code_.alu(Alu::kAdd, Reg::k1, State::kPc);
  code_.move(Reg::k2, 8);
  code_.alu(Alu::kSub, Reg::k3, 8);
  code_.call(helper::kReadUser);
  code_.jump_if(Jump::kNotEqual, Reg::k0, 0, outermost);
  code_.move(Reg::k1, Reg::k9);
  code_.alu(Alu::kShiftRight, Reg::k1, 56);
  code_.jump_if(Jump::kEqual, Reg::k1, static_cast<int32_t>(FramePointerRule::kSame), go_on);
  code_.jump_if(Jump::kNotEqual, Reg::k1, static_cast<int32_t>(FramePointerRule::kAtCfa), read_rbp);
  code_.move(Reg::k8, Reg::k7);
  code_.bind(read_rbp);
  code_.alu(Alu::kShiftLeft, Reg::k9, 16);
  code_.alu(Alu::kArithmeticShiftRight, Reg::k9, 48);
  code_.alu(Alu::kAdd, Reg::k8, Reg::k9);
  code_.move(Reg::k1, Reg::k6);
  code_.move(Reg::k2, 8);
  code_.move(Reg::k3, Reg::k8);
  code_.call(helper::kReadUser);
  code_.jump_if(Jump::kNotEqual, Reg::k0, 0, outermost);
  code_.jump(go_on);

  code_.bind(by_rbp);
  code_.alu(Alu::kAdd, Reg::k3, Reg::k8);
  code_.jump(have_cfa);

  code_.bind(other);
  is(CfaRule::kSavedPointer, saved);
  is(CfaRule::kSignalFrame, signal);
  is(CfaRule::kFramePointers, guess);
  is(CfaRule::kOutermost, outermost);
  end_walk(UnwindStatus::kNotHere);

  code_.bind(saved);
  code_.alu(Alu::kAdd, Reg::k3, Reg::k8);
  code_.move(Reg::k1, Reg::k6);
  code_.alu(Alu::kAdd, Reg::k1, State::kRegisters);
  code_.move(Reg::k2, 8);
  code_.call(helper::kReadUser);
  code_.jump_if(Jump::kNotEqual, Reg::k0, 0, outermost);
  code_.load(8, Reg::k3, Reg::k6, State::kRegisters);
  code_.jump(have_cfa);

  code_.bind(signal);
  code_.move(Reg::k1, Reg::k6);
  code_.alu(Alu::kAdd, Reg::k1, State::kRegisters);
  code_.move(Reg::k2, kSignalRip + 8 - kSignalRbp);
  code_.move(Reg::k3, Reg::k7);
  code_.alu(Alu::kAdd, Reg::k3, kSignalRbp);
  code_.call(helper::kReadUser);
  code_.jump_if(Jump::kNotEqual, Reg::k0, 0, outermost);
  code_.load(8, Reg::k1, Reg::k6, State::kRegisters);
  code_.store(8, Reg::k6, State::kBp, Reg::k1);
  code_.load(8, Reg::k1, Reg::k6, State::kRegisters + kSignalRsp - kSignalRbp);
  code_.store(8, Reg::k6, State::kSp, Reg::k1);
  code_.load(8, Reg::k1, Reg::k6, State::kRegisters + kSignalRip - kSignalRbp);
  code_.store(8, Reg::k6, State::kPc, Reg::k1);
  code_.store(8, Reg::k6, State::kBack, 0);
  code_.store(8, Reg::k6, State::kAtEntry, 0);
  code_.move(Reg::k0, 0);
  code_.exit();

  // No information: {caller's rbp, return address} at rbp; a function's first instruction has only the latter, at rsp.
  code_.bind(guess);
  code_.store(8, Reg::k6, State::kGuessed, 1);
  const Label has_frame = code_.new_label();
  code_.load(8, Reg::k1, Reg::k6, State::kAtEntry);
  code_.jump_if(Jump::kEqual, Reg::k1, 0, has_frame);
  code_.move(Reg::k9, 0);
  code_.move(Reg::k3, Reg::k7);
  code_.alu(Alu::kAdd, Reg::k3, 8);
  code_.jump(have_cfa);
  code_.bind(has_frame);
  code_.jump_if(Jump::kEqual, Reg::k8, 0, outermost);
  UnwindRule frame;
  frame.rbp = FramePointerRule::kAtCfa;
  frame.rbp_offset = -16;
  code_.load_constant(Reg::k9, static_cast<int64_t>(frame.packed()));
  code_.move(Reg::k3, Reg::k8);
  code_.alu(Alu::kAdd, Reg::k3, 16);
  code_.jump(have_cfa);

  code_.bind(outermost);
  end_walk(UnwindStatus::kWhole);
}

// The return address in whose place a uretprobe has put its trampoline: the kernel keeps them in a list, innermost
// first, with where they lay. Ends the step.
void FunctionCompiler::find_hidden_return() {
  const UnwindAccess::ReturnInstances& fields = environment_.unwind->returns;
  const Label found = code_.new_label();
  const Label none = code_.new_label();
  for (uint32_t i = 0; i < kReturnInstances && fields.size != 0; ++i) {
    code_.load(8, Reg::k3, Reg::k6, State::kInstance);
    code_.jump_if(Jump::kEqual, Reg::k3, 0, none);
    code_.move(Reg::k1, Reg::k6);
    code_.alu(Alu::kAdd, Reg::k1, State::kInstanceBytes);
    code_.move(Reg::k2, static_cast<int32_t>(fields.size));
    code_.call(helper::kReadKernel);  // one that fails leaves zeros, which end the list
    code_.load(8, Reg::k1, Reg::k6, State::kInstanceBytes + fields.next);
    code_.load(8, Reg::k2, Reg::k6, State::kInstanceBytes + fields.stack);
    code_.load(8, Reg::k3, Reg::k6, State::kSp);
    code_.alu(Alu::kSub, Reg::k3, 8);
    code_.jump_if(Jump::kEqual, Reg::k2, Reg::k3, found);
    code_.jump_if(Jump::kGreater, Reg::k2, Reg::k3, none);
    code_.store(8, Reg::k6, State::kInstance, Reg::k1);
  }
  // The trampoline stays, as the last frame: it has no information, and without a frame pointer nothing is guessed.
  code_.bind(none);
  code_.store(8, Reg::k6, State::kBack, 0);
  code_.store(8, Reg::k6, State::kBp, 0);
  code_.move(Reg::k0, 0);
  code_.exit();
  code_.bind(found);
  code_.load(8, Reg::k1, Reg::k6, State::kInstanceBytes + fields.address);
  code_.store(8, Reg::k6, State::kPc, Reg::k1);
  code_.move(Reg::k0, 0);
  code_.exit();
}

// Searches among COUNT_BITS bits of elements of a map, sorted by their first word, for the last that is not above the
// address at ADDRESS of the state: its index at kLow, which begins as 0. LOAD puts the element's address or 0 into r0
// for the index in r1, or jumps to the label when there are no so many.
template <typename Load>
void FunctionCompiler::search(uint32_t count_bits, int32_t address, Load load) {
  code_.store(8, Reg::k6, State::kLow, 0);
  for (uint32_t bit = count_bits; bit-- > 0;) {
    const Label next = code_.new_label();
    // From memory each time: the verifier follows a register's possible values.
    code_.load(8, Reg::k1, Reg::k6, State::kLow);
    code_.alu(Alu::kAdd, Reg::k1, static_cast<int32_t>(1U << bit));
    code_.store(8, Reg::k6, State::kRecord, Reg::k1);
    load(next);
    code_.jump_if(Jump::kEqual, Reg::k0, 0, next);
    code_.load(8, Reg::k1, Reg::k0, 0);
    code_.load(8, Reg::k2, Reg::k6, address);
    code_.jump_if(Jump::kGreater, Reg::k1, Reg::k2, next);
    code_.load(8, Reg::k1, Reg::k6, State::kRecord);
    code_.store(8, Reg::k6, State::kLow, Reg::k1);
    code_.bind(next);
  }
}

// The rule for the state's address, from the tables: r9. Puts it into the cache.
void FunctionCompiler::find_rule() {
  const UnwindAccess& access = *environment_.unwind;
  const Label unknown = code_.new_label();
  const Label guessed = code_.new_label();
  const Label no_rows = code_.new_label();
  const Label found = code_.new_label();
  const auto lookup = [&](Reg index) {
    code_.store(4, Reg::k6, State::kKey, index);
    code_.move(Reg::k2, Reg::k6);
    code_.alu(Alu::kAdd, Reg::k2, State::kKey);
  };
  const auto load_mapping = [&] {  // r1: its number within the process
    code_.load(8, Reg::k2, Reg::k6, State::kFirst);
    code_.alu(Alu::kAdd, Reg::k1, Reg::k2);
    lookup(Reg::k1);
    code_.load_map(Reg::k1, access.mappings_fd);
    code_.call(helper::kMapLookup);
  };
  code_.load(8, Reg::k1, Reg::k6, State::kCount);
  code_.jump_if(Jump::kEqual, Reg::k1, 0, unknown);
  search(kMappingBits, State::kAddress, [&](Label none) {
    code_.load(8, Reg::k2, Reg::k6, State::kCount);
    code_.jump_if(Jump::kGreaterEqual, Reg::k1, Reg::k2, none);
    load_mapping();
  });
  code_.load(8, Reg::k1, Reg::k6, State::kLow);
  load_mapping();
  code_.jump_if(Jump::kEqual, Reg::k0, 0, unknown);
  code_.load(8, Reg::k3, Reg::k6, State::kAddress);
  code_.load(8, Reg::k1, Reg::k0, offsetof(UnwindMapping, start));
  code_.jump_if(Jump::kLess, Reg::k3, Reg::k1, unknown);
  code_.load(8, Reg::k1, Reg::k0, offsetof(UnwindMapping, end));
  code_.jump_if(Jump::kGreaterEqual, Reg::k3, Reg::k1, unknown);
  code_.load(4, Reg::k7, Reg::k0, offsetof(UnwindMapping, rows));
  code_.jump_if(Jump::kEqual, Reg::k7, 0, no_rows);
  code_.load(8, Reg::k1, Reg::k0, offsetof(UnwindMapping, bias));
  code_.alu(Alu::kSub, Reg::k3, Reg::k1);
  code_.store(8, Reg::k6, State::kFileAddress, Reg::k3);
  code_.load(4, Reg::k1, Reg::k0, offsetof(UnwindMapping, module));
  lookup(Reg::k1);
  code_.load_map(Reg::k1, access.modules_fd);
  code_.call(helper::kMapLookup);
  code_.jump_if(Jump::kEqual, Reg::k0, 0, no_rows);
  code_.move(Reg::k8, Reg::k0);
  const auto load_row = [&] {
    lookup(Reg::k1);
    code_.move(Reg::k1, Reg::k8);
    code_.call(helper::kMapLookup);
  };
  search(kRowBits, State::kFileAddress, [&](Label none) {
    code_.jump_if(Jump::kGreaterEqual, Reg::k1, Reg::k7, none);
    load_row();
  });
  code_.load(8, Reg::k1, Reg::k6, State::kLow);
  load_row();
  code_.jump_if(Jump::kEqual, Reg::k0, 0, no_rows);
  code_.load(8, Reg::k1, Reg::k0, 0);
  code_.load(8, Reg::k2, Reg::k6, State::kFileAddress);
  code_.jump_if(Jump::kGreater, Reg::k1, Reg::k2, no_rows);
  code_.load(8, Reg::k9, Reg::k0, 8);
  code_.bind(found);
  find_cache_entry();
  code_.alu(Alu::kXor, Reg::k4, Reg::k9);
  code_.store(8, Reg::k0, 0, Reg::k4);
  code_.store(8, Reg::k0, 8, Reg::k9);
  const Label out = code_.new_label();
  code_.jump(out);
  code_.bind(no_rows);
  code_.move(Reg::k9, 0);
  code_.jump(found);
  // Where a guess led to is no reason to ask: most such addresses are no code.
  code_.bind(unknown);
  code_.load(8, Reg::k1, Reg::k6, State::kGuessed);
  code_.jump_if(Jump::kNotEqual, Reg::k1, 0, guessed);
  // Programs without a C library have the number of their arguments where main functions have a return address.
  code_.load(8, Reg::k1, Reg::k6, State::kAddress);
  code_.jump_if(Jump::kLess, Reg::k1, kLowestCode, guessed);
  code_.alu(Alu::kShiftRight, Reg::k1, kAddressBits);
  code_.jump_if(Jump::kNotEqual, Reg::k1, 0, guessed);
  end_walk(UnwindStatus::kUnknownCode);
  code_.bind(guessed);
  code_.store(8, Reg::k7, 0, 0);  // still where the frame is
  end_walk(UnwindStatus::kWhole);
  code_.bind(out);
}

}  // namespace polytap::ebpf
