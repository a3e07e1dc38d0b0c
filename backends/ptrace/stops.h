// What a wait status says about a tracee that was attached with PTRACE_SEIZE and PTRACE_O_TRACESYSGOOD.
#pragma once

#include <sys/types.h>

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

// As waitpid(-1, STATUS, __WALL | __WNOTHREAD | OPTIONS), but a stop is only looked at: it is over when the tracee is
// resumed, or taken by consume_stop(). The kernel forgets a signal whose stop was waited for; so left, it is delivered
// should the tracer be killed before it has resumed the tracee.
pid_t wait_for_any(int* status, int options);
// For a tracee that stays stopped: wait_for_any() does not tell of it again.
void consume_stop(pid_t tid);

}  // namespace polytap
