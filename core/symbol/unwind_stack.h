// Walks the stacks of user threads, by call frame information where there is some, else by frame pointers.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/symbol/process_maps.h"
#include "core/symbol/unwind_expression.h"
#include "core/symbol/unwind_memory.h"
#include "core/symbol/unwind_modules.h"
#include "core/symbol/unwind_step.h"

namespace polytap {

// Why a walk ended.
enum class UnwindEnd : uint8_t {
  kOutermost,       // there is no further caller
  kLimit,           // there is, but no more frames were asked for
  kUnknownCode,     // the program counter is in no mapping
  kNoFrame,         // no call frame information, and no frame pointer that leads on
  kMemory,          // the stack could not be read, or a snapshot ends there
  kBadInformation,  // the call frame information makes no sense
  kDoesNotAdvance,  // the caller's frame would lie below its callee's
  kReturnProbe,     // a uretprobe has put its trampoline in the return address's place
};
// "the stack could not be read further", for messages.
std::string_view why_unwinding_ended(UnwindEnd end);

// Registers out of struct pt_regs (core/probe/registers.h) or struct user_regs_struct.
UnwindValues unwind_values(std::span<const std::byte> registers);

// A return address in whose place a uretprobe has put its trampoline.
struct HiddenReturn {
  uint64_t stack = 0;  // where it lay
  uint64_t address = 0;
};

// Not thread-safe; UnwindFiles may be shared.
class Unwinder {
 public:
  Unwinder(ProcessMaps& maps, std::shared_ptr<UnwindFiles> files);

  struct Walk {
    size_t frames = 0;
    UnwindEnd end = UnwindEnd::kOutermost;
  };
  // The program counter and then return addresses, innermost first, of a thread of PID with these registers.
  // AT_ENTRY: the first instruction of a function is about to run, which matters where no call frame information is.
  // HIDDEN: what uretprobes took from the stack, innermost first.
  Walk walk(pid_t pid, const UnwindValues& registers, UnwindMemory& memory, std::span<uint64_t> frames,
            bool at_entry = false, std::span<const HiddenReturn> hidden = {});
  // Of thread TID, which holds still.
  Walk walk_live(pid_t pid, pid_t tid, const UnwindValues& registers, std::span<uint64_t> frames,
                 bool at_entry = false);

 private:
  struct Process {
    Process(ProcessMaps& maps, UnwindFiles& files, pid_t pid) : modules(maps, files, pid) {}
    UnwindModules modules;
    uint64_t token = 0;       // another one whenever the mappings change: part of the keys of `cache_`
    uint64_t generation = 0;  // of `modules`, for which the token is
  };
  struct CacheEntry {
    uint64_t address = 0;
    uint64_t token = 0;
    UnwindStep step;
  };
  enum class Outcome : uint8_t { kGoOn, kEnd };
  struct State;

  Process& process(pid_t pid);
  void renew_token(Process& process);
  const UnwindStep& step_at(State& state, uint64_t address);
  Outcome apply(State& state, const UnwindStep& step, uint64_t address);
  Outcome apply_plain(State& state, const UnwindStep& step);
  Outcome apply_elaborate(State& state, uint64_t address);
  Outcome follow_frame_pointer(State& state);
  Outcome leave_to(State& state, uint64_t cfa, uint64_t return_address, bool signal_frame);
  static bool is_hidden(State& state, std::span<const HiddenReturn> hidden);

  ProcessMaps& maps_;
  std::shared_ptr<UnwindFiles> files_;
  std::unordered_map<pid_t, Process> processes_;
  pid_t last_pid_ = 0;
  Process* last_ = nullptr;
  uint64_t last_token_ = 0;
  std::vector<CacheEntry> cache_;  // from the first stack on: many a session never has one to unwind here
  std::vector<std::byte> live_buffer_;
};

}  // namespace polytap
