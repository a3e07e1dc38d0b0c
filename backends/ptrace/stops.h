// What a wait status says about a tracee that was attached with PTRACE_SEIZE and PTRACE_O_TRACESYSGOOD.
#pragma once

#include <cstdint>

namespace polytap {

struct Stop {
  enum class Kind : uint8_t {
    kSyscall,    // entry or exit
    kSeccomp,    // a filter asked for it, before the call
    kSignal,     // a signal is about to be delivered
    kGroupStop,  // the process is stopped by a job control signal
    kInterrupt,  // PTRACE_INTERRUPT, the first stop of a new tracee, or the end of a group-stop
    kFork,       // fork, vfork or clone; the event message is the child
    kExec,       // the event message is the former thread id
    kExit,       // about to exit; its memory is still there
    kGone,       // no more: reaped
    kOther,      // an event that nobody asked for
  };
  Kind kind = Kind::kOther;
  int signal = 0;  // kSignal, kGroupStop
};

Stop decode_stop(int wait_status);

}  // namespace polytap
