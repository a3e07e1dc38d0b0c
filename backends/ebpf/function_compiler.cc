#include "backends/ebpf/function_compiler.h"

#include <unistd.h>

#include <algorithm>

#include "backends/ebpf/helpers.h"
#include "core/base/check.h"
#include "core/ir/operands.h"

namespace polytap::ebpf {
namespace {

// Farther offsets get their own base register: instructions hold 16 bits.
constexpr int32_t kFarOffset = 32000;

bool is_comparison(ir::BinaryOp op) { return op >= ir::BinaryOp::kEqual; }

}  // namespace

FunctionPlan plan_function(const ir::Program& program, const ir::Function& function) {
  FunctionPlan plan;
  plan.allocation = allocate_registers(function);
  plan.frame = lay_out_frame(program, function, plan.allocation);
  return plan;
}

bool reads_site(const ir::Function& function) {
  for (const ir::Block& block : function.blocks) {
    for (const ir::Instruction& instruction : block.instructions) {
      const auto* builtin = std::get_if<ir::ReadBuiltin>(&instruction.operation);
      if (builtin != nullptr && builtin->what == ir::Builtin::kSiteIndex) return true;
      if (std::holds_alternative<ir::Emit>(instruction.operation) || instruction.on_fault != ir::kNoEmit) return true;
      if (std::holds_alternative<ir::Exit>(instruction.operation)) return true;
    }
  }
  return false;
}

uint32_t zeros_needed(const ir::Program& program) {
  uint32_t bytes = Maps::zeros_needed(program);
  for (const ir::Function& function : program.functions) {
    for (const ir::Slot& slot : function.slots) bytes = std::max(bytes, slot.size);
  }
  return bytes;
}

FunctionCompiler::FunctionCompiler(const ir::Program& program, const ir::Function& function, const FunctionPlan& plan,
                                   const CompileEnvironment& environment, const CompileRequest& request)
    : program_(program), function_(function), plan_(plan), environment_(environment), request_(request) {}

Result<CompiledFunction> FunctionCompiler::compile() {
  for (size_t i = 0; i < function_.blocks.size(); ++i) blocks_.push_back(code_.new_label());
  leave_ = code_.new_label();
  code_.set_span(function_.span);
  regions_ = find_regions(function_);
  for (size_t i = 0; i < regions_.all.size(); ++i) loop_callbacks_.push_back(code_.new_label());
  enter();
  expand_program();
  for (size_t i = 1; i < regions_.all.size(); ++i) expand_map_loop(i);
  code_.set_span(function_.span);
  // Last of all, behind the deferred code, because a callback is a subprogram of its own.
  if (callback_) {
    code_.bind(*callback_);
    callbacks_.push_back(*callback_);
    end_callback(0);
  }
  if (unwind_step_) {
    callbacks_.push_back(*unwind_step_);
    place_unwind_step();
  }
  if (return_step_) {
    callbacks_.push_back(*return_step_);
    place_return_step();
  }
  if (search_) {
    callbacks_.push_back(*search_);
    place_search();
  }
  CompiledFunction compiled;
  ASSIGN_OR_RETURN(compiled.code, code_.finish());
  for (const Label callback : callbacks_) compiled.callbacks.push_back(code_.position(callback));
  return compiled;
}

// --- entry and exit

// struct bpf_iter__task and the like: a pointer to what is the same for all, then to the object.
constexpr int32_t kIteratedObject = 8;

void FunctionCompiler::enter() {
  code_.move(Reg::k6, Reg::k1);
  const Label out = code_.new_label();
  if (request_.kind == ProgramKind::kIterator) {
    // Behind the last object the kernel calls once more, without one.
    code_.load(8, Reg::k1, Reg::k6, kIteratedObject);
    code_.jump_if(Jump::kEqual, Reg::k1, 0, out);
  }
  if (request_.guarded) {
    code_.load_map_value(Reg::k1, environment_.globals_fd, GlobalsLayout::kState);
    code_.load(8, Reg::k1, Reg::k1, 0);
    code_.jump_if(Jump::kNotEqual, Reg::k1, 0, out);
    if (request_.syscall_sites_fd >= 0) check_syscall(out);
    if (environment_.target_filter_fd >= 0) check_target(out);
  }
  if (keeps_cpu_block()) {
    find_cpu_block();
    code_.store(8, Reg::kFrame, kCpuBlockPointer, Reg::k1);
  }
  if (counts_events()) {
    code_.move(Reg::k2, 1);
    if (request_.kind == ProgramKind::kTracepoint || request_.kind == ProgramKind::kKernelFunction) {
      // Programs of these kinds never nest on a CPU (bpf_prog_active), so nothing can come in between.
      code_.load(8, Reg::k2, Reg::k1, GlobalsLayout::kFirings);
      code_.alu(Alu::kAdd, Reg::k2, 1);
      code_.store(8, Reg::k1, GlobalsLayout::kFirings, Reg::k2);
    } else {
      code_.atomic_add(Reg::k1, GlobalsLayout::kFirings, Reg::k2);
    }
  }
  if (plan_.frame.scratch_size != 0) take_scratch(out);
  if (plan_.frame.firing_time) {
    scratch_address(Reg::k1, *plan_.frame.firing_time);
    code_.store(8, Reg::k1, 0, 0);
  }
  if (!request_.site && request_.syscall_sites_fd < 0 && reads_site(function_)) find_site();
  zero_slots();
  if (!code_.is_used(out) && plan_.frame.scratch_size == 0) return;
  code_.defer([this, out] {
    code_.bind(out);
    finish();
  });
}

void FunctionCompiler::finish() {
  // 1: other users of the event (perf record) still get it.
  code_.move(Reg::k0, request_.kind == ProgramKind::kTracepoint ? 1 : 0);
  code_.exit();
}

// In a pid namespace of polytap's own: its numbers, and zeros for processes of other namespaces.
void FunctionCompiler::call_pid_tgid() {
  if (!environment_.pids) {
    code_.call(helper::kPidTgid);
    return;
  }
  if (request_.kind == ProgramKind::kSyscall) {  // polytap itself; such programs have the helper since Linux 6.10 only
    code_.move(Reg::k0, static_cast<int32_t>(::getpid()));
    code_.alu(Alu::kShiftLeft, Reg::k0, 32);
    code_.alu(Alu::kAdd, Reg::k0, static_cast<int32_t>(::gettid()));
    return;
  }
  code_.move(Reg::k1, static_cast<int32_t>(environment_.pids->device));
  code_.move(Reg::k2, static_cast<int32_t>(environment_.pids->inode));
  code_.zero_extend_word(Reg::k2);
  code_.move(Reg::k3, Reg::kFrame);
  code_.alu(Alu::kAdd, Reg::k3, kWork0);
  code_.move(Reg::k4, 8);
  code_.call(helper::kNamespacePidTgid);  // struct bpf_pidns_info: pid, tgid
  code_.load(8, Reg::k0, Reg::kFrame, kWork0);
}

void FunctionCompiler::check_target(Label out) {
  call_pid_tgid();
  code_.alu(Alu::kShiftRight, Reg::k0, 32);
  code_.store(4, Reg::kFrame, kWork0, Reg::k0);
  code_.load_map(Reg::k1, environment_.target_filter_fd);
  code_.move(Reg::k2, Reg::kFrame);
  code_.alu(Alu::kAdd, Reg::k2, kWork0);
  code_.call(helper::kMapLookup);
  code_.jump_if(Jump::kEqual, Reg::k0, 0, out);
}

// Finds the site by the call's number. The events of single calls do not fire for 32-bit calls, whose numbers mean
// others; thread_info.status tells those (it is at 16, and thread_info at task_struct's start, since Linux 5.11).
void FunctionCompiler::check_syscall(Label out) {
  constexpr int32_t kNumber = 8;  // in raw_syscalls records
  constexpr int32_t kStatus = 16;
  constexpr int32_t kCompat = 2;  // TS_COMPAT
  code_.load(8, Reg::k1, Reg::k6, kNumber);
  code_.jump_if(Jump::kGreaterEqual, Reg::k1, SyscallSites::kNumbers, out);
  code_.alu(Alu::kShiftLeft, Reg::k1, 2);
  code_.load_map_value(Reg::k2, request_.syscall_sites_fd, 0);
  code_.alu(Alu::kAdd, Reg::k2, Reg::k1);
  code_.load(4, Reg::k1, Reg::k2, 0);
  code_.jump_if(Jump::kEqual, Reg::k1, 0, out);
  code_.alu(Alu::kSub, Reg::k1, 1);
  code_.store(8, Reg::kFrame, kSiteWord, Reg::k1);
  code_.call(helper::kCurrentTask);
  code_.move(Reg::k3, Reg::k0);
  code_.alu(Alu::kAdd, Reg::k3, kStatus);
  code_.move(Reg::k1, Reg::kFrame);
  code_.alu(Alu::kAdd, Reg::k1, kWork0);
  code_.move(Reg::k2, 4);
  code_.call(helper::kReadKernel);
  code_.load(4, Reg::k1, Reg::kFrame, kWork0);
  code_.alu(Alu::kAnd, Reg::k1, kCompat);
  code_.jump_if(Jump::kNotEqual, Reg::k1, 0, out);
}

// r1: this CPU's counters; r0: the CPU's number, shifted.
void FunctionCompiler::find_cpu_block() {
  code_.call(helper::kCpu);
  code_.alu(Alu::kAnd, Reg::k0, static_cast<int32_t>(environment_.globals.cpu_blocks - 1));
  code_.alu(Alu::kShiftLeft, Reg::k0, GlobalsLayout::kCpuBlockShift);
  code_.load_map_value(Reg::k1, environment_.globals_fd, GlobalsLayout::kCpuBlocks);
  code_.alu(Alu::kAdd, Reg::k1, Reg::k0);
}

bool FunctionCompiler::counts_events() const { return request_.guarded && environment_.counts_events; }

// Otherwise who counts what rarely happens finds it then.
bool FunctionCompiler::keeps_cpu_block() const { return counts_events() || plan_.frame.scratch_size != 0; }

// r1: this CPU's counters, r0: its number, shifted. Takes one of the CPU's scratch entries.
void FunctionCompiler::take_scratch(Label out) {
  const Label none = code_.new_label();
  if (may_be_suspended()) {
    claim_scratch(none);
  } else {
    // Plain arithmetic on the level is safe: who interrupts in between puts it back before this goes on.
    code_.load(8, Reg::k2, Reg::k1, GlobalsLayout::kNesting);
    code_.jump_if(Jump::kGreaterEqual, Reg::k2, kNestingLevels, none);
    code_.move(Reg::k3, Reg::k2);
    code_.alu(Alu::kAdd, Reg::k3, 1);
    code_.store(8, Reg::k1, GlobalsLayout::kNesting, Reg::k3);
  }
  static_assert(kScratchEntries == 16);
  code_.alu(Alu::kShiftRight, Reg::k0, GlobalsLayout::kCpuBlockShift - 4);
  code_.alu(Alu::kAdd, Reg::k0, Reg::k2);
  code_.store(4, Reg::kFrame, kWork0, Reg::k0);
  code_.load_map(Reg::k1, environment_.scratch_fd);
  code_.move(Reg::k2, Reg::kFrame);
  code_.alu(Alu::kAdd, Reg::k2, kWork0);
  code_.call(helper::kMapLookup);
  code_.jump_if(Jump::kEqual, Reg::k0, 0, leave_);
  code_.store(8, Reg::kFrame, kScratchPointer, Reg::k0);
  code_.defer([this, none, out] {
    code_.bind(none);
    count(GlobalsLayout::kMissed);
    code_.jump(out);
  });
}

// While another program runs on the same CPU.
bool FunctionCompiler::may_be_suspended() const {
  return request_.kind == ProgramKind::kUserFunction || request_.kind == ProgramKind::kTracing ||
         request_.kind == ProgramKind::kIterator;
}

// r2: the entry's number. A run may be suspended with its entry while others come and go in any order, so each entry
// has a flag of its own. Migration is disabled: the CPU stays the same.
void FunctionCompiler::claim_scratch(Label none) {
  const Label claimed = code_.new_label();
  for (uint32_t i = 0; i < kClaims; ++i) {
    const auto flag = static_cast<int32_t>(GlobalsLayout::kClaimed + 4 * i);
    code_.move(Reg::k2, static_cast<int32_t>(kNestingLevels + i));
    code_.move(Reg::k3, 1);
    code_.atomic_exchange_word(Reg::k1, flag, Reg::k3);
    code_.move(Reg::k4, Reg::k1);
    code_.alu(Alu::kAdd, Reg::k4, flag);
    code_.store(8, Reg::kFrame, kClaimPointer, Reg::k4);
    code_.jump_if(Jump::kEqual, Reg::k3, 0, claimed);
  }
  code_.jump(none);
  code_.bind(claimed);
}

void FunctionCompiler::find_site() {
  if (request_.kind == ProgramKind::kSyscall) {
    code_.load(8, Reg::k0, Reg::k6, 0);
  } else {
    code_.move(Reg::k1, Reg::k6);
    code_.call(helper::kCookie);
  }
  code_.store(8, Reg::kFrame, kSiteWord, Reg::k0);
}

void FunctionCompiler::zero_slots() {
  for (const ZeroRange& range : words_to_zero(program_, function_)) {
    zero_memory(memory({range.slot, range.offset}, range.length, Reg::k1), range.length);
  }
}

void FunctionCompiler::leave() {
  code_.bind(leave_);
  if (plan_.frame.scratch_size != 0) {
    if (may_be_suspended()) {
      code_.load(8, Reg::k1, Reg::kFrame, kClaimPointer);
      code_.store(4, Reg::k1, 0, 0);
    } else {
      code_.load(8, Reg::k1, Reg::kFrame, kCpuBlockPointer);
      code_.load(8, Reg::k2, Reg::k1, GlobalsLayout::kNesting);
      code_.alu(Alu::kSub, Reg::k2, 1);
      code_.store(8, Reg::k1, GlobalsLayout::kNesting, Reg::k2);
    }
  }
  finish();
}

// --- blocks

void FunctionCompiler::expand_block(ir::BlockId id) {
  const ir::Block& block = function_.blocks[id];
  code_.bind(blocks_[id]);
  const ir::Binary* fused = fusible_comparison(block);
  const size_t count = block.instructions.size() - (fused != nullptr ? 1 : 0);
  for (size_t i = 0; i < count; ++i) {
    const ir::Instruction& instruction = block.instructions[i];
    code_.set_span(instruction.span);
    on_fault_ = instruction.on_fault;
    std::visit([&](const auto& op) { expand(op, instruction.result); }, instruction.operation);
  }
  code_.set_span(block.span);
  expand_end(id, fused);
}

// A comparison right before the branch that alone uses it becomes the branch.
const ir::Binary* FunctionCompiler::fusible_comparison(const ir::Block& block) const {
  const auto* branch = std::get_if<ir::Branch>(&block.end);
  if (branch == nullptr || block.instructions.empty()) return nullptr;
  const ir::Instruction& last = block.instructions.back();
  const auto* binary = std::get_if<ir::Binary>(&last.operation);
  if (binary == nullptr || last.result != branch->condition || !is_comparison(binary->op)) return nullptr;
  return binary;
}

void FunctionCompiler::expand_end(ir::BlockId id, const ir::Binary* fused) {
  const ir::Block& block = function_.blocks[id];
  if (std::holds_alternative<ir::Return>(block.end)) {
    code_.jump(leave_);
    return;
  }
  if (ir::heads_map_loop(block)) return;  // its expansion went on already
  if (const auto* jump = std::get_if<ir::Jump>(&block.end)) {
    go_to(id, jump->to, true);
    return;
  }
  const auto& branch = std::get<ir::Branch>(block.end);
  const bool ahead = is_ahead(id, branch.if_true);
  const Label taken = ahead ? blocks_[branch.if_true] : code_.new_label();
  if (fused != nullptr) {
    jump_if_holds(*fused, taken);
  } else {
    code_.jump_if(Jump::kNotEqual, operand(branch.condition, Reg::k0), 0, taken);
  }
  go_to(id, branch.if_false, true);
  if (!ahead) {
    code_.defer([this, taken, id, to = branch.if_true] {
      code_.bind(taken);
      go_to(id, to, false);
    });
  }
}

bool FunctionCompiler::is_ahead(ir::BlockId from, ir::BlockId to) const {
  return to > from && regions_.region_of[to] == region_;
}

void FunctionCompiler::go_to(ir::BlockId from, ir::BlockId to, bool falls) {
  if (region().loop && to == regions_.loops[*region().loop].head) return next_entry(to);
  if (regions_.region_of[to] != region_) return leave_region(to);
  if (to <= from) return jump_back(to);
  const auto next = std::ranges::upper_bound(region().blocks, from);
  if (!falls || next == region().blocks.end() || *next != to) code_.jump(blocks_[to]);
}

// --- homes and memory

Reg FunctionCompiler::operand(ir::Temp temp, Reg spare) {
  const Home& home = plan_.allocation.homes[temp];
  if (home.kind == Home::Kind::kRegister) return home.reg;
  load_temp(spare, temp);
  return spare;
}

void FunctionCompiler::load_temp(Reg to, ir::Temp temp) {
  const Home& home = plan_.allocation.homes[temp];
  switch (home.kind) {
    case Home::Kind::kRegister:
      code_.move(to, home.reg);
      return;
    case Home::Kind::kConstant:
      code_.load_constant(to, home.constant);
      return;
    case Home::Kind::kSpill: {
      const Location& location = plan_.frame.spills[home.spill];
      if (location.in_scratch) {
        scratch_address(to, location.offset);
        code_.load(8, to, to, 0);
      } else {
        code_.load(8, to, Reg::kFrame, location.offset);
      }
      return;
    }
    case Home::Kind::kNone:
      break;
  }
  CHECK(false);  // the verifier of the IR lets nobody use what was not defined
}

std::optional<int32_t> FunctionCompiler::small_constant(ir::Temp temp) const {
  const Home& home = plan_.allocation.homes[temp];
  if (home.kind != Home::Kind::kConstant || home.constant != static_cast<int32_t>(home.constant)) return std::nullopt;
  return static_cast<int32_t>(home.constant);
}

bool FunctionCompiler::wants(ir::Temp temp) const {
  return temp != ir::kNoTemp && plan_.allocation.homes[temp].kind != Home::Kind::kNone;
}

void FunctionCompiler::set_result(ir::Temp temp, Reg from) {
  if (!wants(temp)) return;
  const Home& home = plan_.allocation.homes[temp];
  if (home.kind == Home::Kind::kRegister) {
    code_.move(home.reg, from);
    return;
  }
  CHECK(home.kind == Home::Kind::kSpill);
  const Location& location = plan_.frame.spills[home.spill];
  if (location.in_scratch) {
    const Reg base = from == Reg::k2 ? Reg::k1 : Reg::k2;
    scratch_address(base, location.offset);
    code_.store(8, base, 0, from);
  } else {
    code_.store(8, Reg::kFrame, location.offset, from);
  }
}

void FunctionCompiler::set_result(ir::Temp temp, int32_t value) {
  if (!wants(temp)) return;
  const Home& home = plan_.allocation.homes[temp];
  if (home.kind == Home::Kind::kRegister) {
    code_.move(home.reg, value);
  } else {
    code_.move(Reg::k0, value);
    set_result(temp, Reg::k0);
  }
}

FunctionCompiler::Memory FunctionCompiler::memory(ir::Place place, uint32_t length, Reg spare) {
  const Location& location = plan_.frame.slots[place.slot];
  const int32_t offset = location.offset + static_cast<int32_t>(place.offset);
  if (!location.in_scratch) return {Reg::kFrame, offset};
  code_.load(8, spare, Reg::kFrame, kScratchPointer);
  if (offset + static_cast<int32_t>(length) <= kFarOffset) return {spare, offset};
  code_.alu(Alu::kAdd, spare, offset);
  return {spare, 0};
}

void FunctionCompiler::address(Reg to, ir::Place place) {
  const Location& location = plan_.frame.slots[place.slot];
  const int32_t offset = location.offset + static_cast<int32_t>(place.offset);
  if (location.in_scratch) {
    scratch_address(to, offset);
  } else {
    code_.move(to, Reg::kFrame);
    code_.alu(Alu::kAdd, to, offset);
  }
}

void FunctionCompiler::scratch_address(Reg to, int32_t offset) {
  code_.load(8, to, Reg::kFrame, kScratchPointer);
  if (offset != 0) code_.alu(Alu::kAdd, to, offset);
}

void FunctionCompiler::zero_memory(Memory to, uint32_t length) {
  if (unrolls(length)) {
    for (uint32_t done = 0; done < length; done += 8)
      code_.store(8, to.base, to.offset + static_cast<int32_t>(done), 0);
    return;
  }
  code_.move(Reg::k1, to.base);
  if (to.offset != 0) code_.alu(Alu::kAdd, Reg::k1, to.offset);
  code_.move(Reg::k2, static_cast<int32_t>(length));
  code_.load_map_value(Reg::k3, environment_.globals_fd, environment_.globals.zeros);
  code_.call(helper::kReadKernel);
}

void FunctionCompiler::copy_memory(Memory to, Memory from, uint32_t length, Reg via) {
  if (unrolls(length)) {
    for (uint32_t done = 0; done < length; done += 8) {
      code_.load(8, via, from.base, from.offset + static_cast<int32_t>(done));
      code_.store(8, to.base, to.offset + static_cast<int32_t>(done), via);
    }
    return;
  }
  code_.move(Reg::k3, from.base);
  if (from.offset != 0) code_.alu(Alu::kAdd, Reg::k3, from.offset);
  code_.move(Reg::k1, to.base);
  if (to.offset != 0) code_.alu(Alu::kAdd, Reg::k1, to.offset);
  code_.move(Reg::k2, static_cast<int32_t>(length));
  code_.call(helper::kReadKernel);
}

void FunctionCompiler::count(uint32_t counter) {
  if (keeps_cpu_block()) {
    code_.load(8, Reg::k1, Reg::kFrame, kCpuBlockPointer);
  } else {
    code_.store(8, Reg::kFrame, kCpuBlockPointer, Reg::k0);  // the word is free then
    find_cpu_block();
    code_.load(8, Reg::k0, Reg::kFrame, kCpuBlockPointer);
  }
  code_.move(Reg::k2, 1);
  code_.atomic_add(Reg::k1, static_cast<int32_t>(counter), Reg::k2);
}

void FunctionCompiler::count_at_site(uint32_t counter) {
  const uint32_t first = environment_.globals.site_losses + counter;
  if (request_.site) {
    if (*request_.site >= environment_.globals.sites) return;
    code_.load_map_value(Reg::k1, environment_.globals_fd, first + (*request_.site << GlobalsLayout::kSiteShift));
  } else {
    if (environment_.globals.sites == 0) return;
    const Label out = code_.new_label();
    code_.load(8, Reg::k2, Reg::kFrame, kSiteWord);
    code_.jump_if(Jump::kLess, Reg::k2, static_cast<int32_t>(environment_.globals.sites), out);
    code_.move(Reg::k2, 0);  // never; for the verifier
    code_.bind(out);
    code_.alu(Alu::kShiftLeft, Reg::k2, static_cast<int32_t>(GlobalsLayout::kSiteShift));
    code_.load_map_value(Reg::k1, environment_.globals_fd, first);
    code_.alu(Alu::kAdd, Reg::k1, Reg::k2);
  }
  code_.move(Reg::k2, 1);
  code_.atomic_add(Reg::k1, 0, Reg::k2);
}

void FunctionCompiler::store_site(Memory to, Reg spare) {
  if (request_.site) {
    code_.store(4, to.base, to.offset, static_cast<int32_t>(*request_.site));
  } else {
    code_.load(8, spare, Reg::kFrame, kSiteWord);
    code_.store(4, to.base, to.offset, spare);
  }
}

}  // namespace polytap::ebpf
