#include "core/symbol/unwind_stack.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/probe/registers.h"

namespace polytap {
namespace {

constexpr size_t kCacheEntries = 16384;  // a power of two
constexpr size_t kMaxProcesses = 4096;
constexpr uint32_t kRsp = kDwarfRsp;
constexpr uint32_t kRbp = kDwarfRbp;
constexpr uint32_t kRip = kDwarfReturnAddress;

// Where struct pt_regs has DWARF's registers 0 to 16.
constexpr uint32_t kOffsets[kUnwindRegisters] = {
    registers::kAx,  registers::kDx,  registers::kCx,  registers::kBx,  registers::kSi,  registers::kDi,
    registers::kBp,  registers::kSp,  registers::kR8,  registers::kR9,  registers::kR10, registers::kR11,
    registers::kR12, registers::kR13, registers::kR14, registers::kR15, registers::kIp};

size_t cache_index(uint64_t address, uint64_t token) {
  return ((address ^ token * 0x9e3779b97f4a7c15) * 0xff51afd7ed558ccd >> 40) & (kCacheEntries - 1);
}

}  // namespace

std::string_view why_unwinding_ended(UnwindEnd end) {
  switch (end) {
    case UnwindEnd::kOutermost:
      return "there is no further caller";
    case UnwindEnd::kLimit:
      return "the limit of frames is reached";
    case UnwindEnd::kUnknownCode:
      return "the program counter is in no mapped code";
    case UnwindEnd::kNoFrame:
      return "no call frame information there, nor a frame pointer";
    case UnwindEnd::kMemory:
      return "the stack cannot be read further";
    case UnwindEnd::kBadInformation:
      return "the call frame information is damaged";
    case UnwindEnd::kDoesNotAdvance:
      return "the call frame information leads back down the stack";
    case UnwindEnd::kReturnProbe:
      return "a uretprobe hides the return address";
  }
  return "";
}

UnwindValues unwind_values(std::span<const std::byte> registers) {
  UnwindValues values{};
  for (uint32_t i = 0; i < kUnwindRegisters; ++i) {
    if (kOffsets[i] + 8 <= registers.size()) std::memcpy(&values[i], registers.data() + kOffsets[i], 8);
  }
  return values;
}

struct Unwinder::State {
  Process& process;
  UnwindValues values;
  UnwindMemory& memory;
  bool innermost = true;
  bool exact = true;  // the program counter is that of an instruction to be executed, not a return address
  bool at_entry = false;
  bool may_reread = true;
  UnwindEnd end = UnwindEnd::kOutermost;
};

Unwinder::Unwinder(ProcessMaps& maps, std::shared_ptr<UnwindFiles> files) : maps_(maps), files_(std::move(files)) {}

Unwinder::Process& Unwinder::process(pid_t pid) {
  if (last_ == nullptr || last_pid_ != pid) {
    if (processes_.size() >= kMaxProcesses && !processes_.contains(pid)) processes_.clear();
    last_ = &processes_.try_emplace(pid, maps_, *files_, pid).first->second;
    last_pid_ = pid;
  }
  last_->modules.refresh();
  renew_token(*last_);
  return *last_;
}

// What was read again may be other code at the same addresses.
void Unwinder::renew_token(Process& process) {
  if (process.token != 0 && process.generation == process.modules.generation()) return;
  process.generation = process.modules.generation();
  process.token = ++last_token_;
}

const UnwindStep& Unwinder::step_at(State& state, uint64_t address) {
  if (cache_.empty()) cache_.resize(kCacheEntries);
  CacheEntry* entry = &cache_[cache_index(address, state.process.token)];
  if (entry->address == address && entry->token == state.process.token) return entry->step;
  const UnwindModules::Module* module = state.process.modules.find(address, state.may_reread);
  if (module == nullptr) {
    state.may_reread = false;
    static constexpr UnwindStep kUnknown;
    state.end = UnwindEnd::kUnknownCode;
    return kUnknown;
  }
  renew_token(state.process);
  entry = &cache_[cache_index(address, state.process.token)];
  const auto row = module->file ? module->file->find(address - module->bias) : std::nullopt;
  *entry = {address, state.process.token, row ? make_step(*row) : UnwindStep()};
  return entry->step;
}

Unwinder::Outcome Unwinder::leave_to(State& state, uint64_t cfa, uint64_t return_address, bool signal_frame) {
  // A signal may have its own stack, anywhere.
  if (!signal_frame && cfa <= state.values[kRsp]) {
    state.end = UnwindEnd::kDoesNotAdvance;
    return Outcome::kEnd;
  }
  state.values[kRsp] = cfa;
  state.values[kRip] = return_address;
  state.innermost = false;
  state.at_entry = false;
  state.exact = signal_frame;
  if (return_address != 0) return Outcome::kGoOn;
  state.end = UnwindEnd::kOutermost;
  return Outcome::kEnd;
}

Unwinder::Outcome Unwinder::apply_plain(State& state, const UnwindStep& step) {
  const uint64_t cfa = state.values[step.cfa_register] + static_cast<uint64_t>(int64_t{step.cfa_offset});
  uint64_t return_address = 0;
  if (!state.memory.read(cfa + static_cast<uint64_t>(int64_t{step.return_address}), return_address)) {
    state.end = UnwindEnd::kMemory;
    return Outcome::kEnd;
  }
  for (unsigned mask = step.saved_mask; mask != 0; mask &= mask - 1) {
    const auto i = static_cast<size_t>(__builtin_ctz(mask));
    uint64_t& value = state.values[UnwindStep::kSaved[i]];
    if (state.memory.read(cfa + static_cast<uint64_t>(int64_t{step.saved[i]}), value)) continue;
    state.end = UnwindEnd::kMemory;
    return Outcome::kEnd;
  }
  return leave_to(state, cfa, return_address, step.signal_frame);
}

Unwinder::Outcome Unwinder::apply_elaborate(State& state, uint64_t address) {
  using Kind = RegisterRule::Kind;
  const auto fail = [&](UnwindEnd end) {
    state.end = end;
    return Outcome::kEnd;
  };
  const UnwindModules::Module* module = state.process.modules.find(address, false);
  const auto row = module != nullptr && module->file ? module->file->find(address - module->bias) : std::nullopt;
  if (!row) return fail(UnwindEnd::kBadInformation);
  uint64_t cfa = 0;
  if (row->cfa_is_expression) {
    const auto value = evaluate_expression(row->cfa_expression, state.values, state.memory, std::nullopt);
    if (!value) return fail(UnwindEnd::kBadInformation);
    cfa = *value;
  } else if (row->cfa_register < kUnwindRegisters) {
    cfa = state.values[row->cfa_register] + static_cast<uint64_t>(row->cfa_offset);
  } else {
    return fail(UnwindEnd::kBadInformation);
  }
  UnwindValues caller = state.values;
  caller[kRsp] = cfa;
  for (uint32_t number = 0; number < kUnwindRegisters; ++number) {
    const RegisterRule& rule = row->registers[number];
    uint64_t at = cfa + static_cast<uint64_t>(rule.offset);
    if (rule.kind == Kind::kExpression || rule.kind == Kind::kValueExpression) {
      const auto value = evaluate_expression(rule.expression, state.values, state.memory, cfa);
      if (!value) return fail(UnwindEnd::kBadInformation);
      at = *value;
    }
    switch (rule.kind) {
      case Kind::kSame:
      case Kind::kUndefined:
        break;
      case Kind::kValueOffset:
      case Kind::kValueExpression:
        caller[number] = at;
        break;
      case Kind::kRegister:
        caller[number] = state.values[static_cast<size_t>(rule.offset)];
        break;
      case Kind::kOffset:
      case Kind::kExpression:
        if (!state.memory.read(at, caller[number])) return fail(UnwindEnd::kMemory);
        break;
    }
  }
  const uint64_t below = state.values[kRsp];
  const bool moved = caller[kRsp] > below || row->signal_frame;
  if (!moved) return fail(UnwindEnd::kDoesNotAdvance);
  const uint64_t sp = caller[kRsp];
  const uint64_t ip = caller[kRip];
  state.values = caller;
  state.values[kRsp] = below;
  return leave_to(state, sp, ip, row->signal_frame);
}

// Code without call frame information: compiled at run time, or assembly.
Unwinder::Outcome Unwinder::follow_frame_pointer(State& state) {
  const uint64_t sp = state.values[kRsp];
  const uint64_t bp = state.values[kRbp];
  // It may be in code that was made or loaded since the mappings were read.
  const auto is_return_address = [&](uint64_t address) {
    if (address == 0) return false;
    if (state.process.modules.find(address - 1, state.may_reread) != nullptr) return true;
    state.may_reread = false;
    return false;
  };
  uint64_t top = 0;
  if (state.innermost && state.at_entry && state.memory.read(sp, top)) return leave_to(state, sp + 8, top, false);
  uint64_t saved = 0;
  uint64_t caller = 0;
  const bool aligned = bp % 8 == 0 && bp >= sp;
  if (aligned && state.memory.read(bp, saved) && state.memory.read(bp + 8, caller)) {
    if (caller == 0 || is_return_address(caller)) {
      state.values[kRbp] = saved;
      return leave_to(state, bp + 16, caller, false);
    }
  }
  // A function that calls nobody needs no frame at all.
  if (state.innermost && state.memory.read(sp, top) && is_return_address(top)) {
    return leave_to(state, sp + 8, top, false);
  }
  // The ABI has 0 in the frame pointer at the outermost frame.
  const bool known = state.end != UnwindEnd::kUnknownCode;
  if (known) state.end = bp == 0 ? UnwindEnd::kOutermost : UnwindEnd::kNoFrame;
  return Outcome::kEnd;
}

Unwinder::Outcome Unwinder::apply(State& state, const UnwindStep& step, uint64_t address) {
  switch (step.kind) {
    case UnwindStep::Kind::kPlain:
      return apply_plain(state, step);
    case UnwindStep::Kind::kElaborate:
      return apply_elaborate(state, address);
    case UnwindStep::Kind::kOutermost:
      state.end = UnwindEnd::kOutermost;
      return Outcome::kEnd;
    case UnwindStep::Kind::kUnknown:
      break;
  }
  const UnwindModules::Module* module = state.process.modules.find(address, false);
  if (module == nullptr && !state.innermost) {
    state.end = UnwindEnd::kUnknownCode;
    return Outcome::kEnd;
  }
  return follow_frame_pointer(state);
}

// Whether the caller is not known, because a uretprobe keeps the return address. Takes it from HIDDEN if it is there.
bool Unwinder::is_hidden(State& state, std::span<const HiddenReturn> hidden) {
  if (state.exact || state.values[kRip] != state.process.modules.trampoline() || state.values[kRip] == 0) return false;
  const uint64_t place = state.values[kRsp] - 8;
  const auto found = std::ranges::find(hidden, place, &HiddenReturn::stack);
  if (found == hidden.end()) return true;
  state.values[kRip] = found->address;
  return false;
}

Unwinder::Walk Unwinder::walk(pid_t pid, const UnwindValues& registers, UnwindMemory& memory,
                              std::span<uint64_t> frames, bool at_entry, std::span<const HiddenReturn> hidden) {
  Walk result;
  State state{process(pid), registers, memory};
  state.at_entry = at_entry;
  while (true) {
    if (result.frames == frames.size()) {
      result.end = UnwindEnd::kLimit;
      return result;
    }
    const bool is_unknown = is_hidden(state, hidden);
    const uint64_t ip = state.values[kRip];
    frames[result.frames++] = ip;
    if (is_unknown) {
      result.end = UnwindEnd::kReturnProbe;
      return result;
    }
    // A return address may lie behind a call that was the function's last instruction.
    const uint64_t address = state.exact ? ip : ip - 1;
    const UnwindStep step = step_at(state, address);
    // The mappings were read again for it.
    if (!state.exact && ip == state.process.modules.trampoline() && ip != 0) {
      state.end = UnwindEnd::kOutermost;
      --result.frames;
      continue;
    }
    if (apply(state, step, address) == Outcome::kEnd) break;
  }
  result.end = state.end;
  // What was taken for a return address is none.
  if (state.end == UnwindEnd::kUnknownCode && !state.innermost) --result.frames;
  return result;
}

Unwinder::Walk Unwinder::walk_live(pid_t pid, pid_t tid, const UnwindValues& registers, std::span<uint64_t> frames,
                                   bool at_entry) {
  UnwindMemory memory(tid, live_buffer_);
  return walk(pid, registers, memory, frames, at_entry);
}

}  // namespace polytap
