// System calls made by a stopped tracee on polytap's behalf.
#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "backends/ptrace/tracee_memory.h"
#include "core/base/result.h"

namespace polytap {

// Where such a call can be made from: executable memory that the tracee does not use (the rest of a code segment's last
// page). It is changed while calls are made, and zeroed again.
struct Cave {
  static constexpr size_t kSize = 256;
  uint64_t address = 0;
};

// Borrows TID, which is in a ptrace-stop between two system calls (behind one, at a signal that is not to be delivered,
// at PTRACE_EVENT_STOP), with all its signals blocked. The destructor gives it its registers and signals back; it is
// then in PTRACE_EVENT_STOP (a group-stop if there is one), from where the kernel restarts an interrupted system call
// as it would have.
//
// Should polytap be killed meanwhile, the tracee runs on: behind the system call instruction in the cave lies code that
// gives it its registers and signals back.
class InjectedCalls {
 public:
  // MEMORY is TID's, and outlives this object.
  static Result<InjectedCalls> begin(pid_t tid, const TraceeMemory& memory, Cave cave);
  InjectedCalls(InjectedCalls&& other) noexcept;
  InjectedCalls& operator=(InjectedCalls&&) = delete;
  ~InjectedCalls();

  // The result, or the call's error. An error with ESRCH: the thread is gone or about to go, see last_status().
  Result<uint64_t> call(uint64_t number, const std::array<uint64_t, 6>& arguments);
  // From the stop of a signal that is not to be delivered to PTRACE_EVENT_STOP without running an instruction: should
  // polytap be killed at the former, the signal would be delivered after all. A wait status as finish() has it.
  static std::optional<int> leave_signal_stop(pid_t tid);
  // Ends it; the wait status of an end (or of PTRACE_EVENT_EXIT) that came in the way, which is then to be handled.
  std::optional<int> finish();

 private:
  InjectedCalls(pid_t tid, const TraceeMemory& memory, Cave cave) : tid_(tid), memory_(&memory), cave_(cave) {}
  Status write_way_back();
  // Resumes until the next system call stop. False when the thread ends instead.
  bool to_syscall_stop();

  pid_t tid_;
  const TraceeMemory* memory_;
  Cave cave_;
  user_regs_struct saved_{};
  uint64_t saved_mask_ = 0;
  std::optional<int> end_status_;
  bool active_ = false;
};

// Begins only when a call is wanted, since most looks at a tracee need none.
class CallsOnDemand {
 public:
  // AT_SIGNAL: TID is at the stop of a signal that is not to be delivered.
  CallsOnDemand(pid_t tid, const TraceeMemory& memory, bool at_signal)
      : tid_(tid), memory_(memory), at_signal_(at_signal) {}
  pid_t tid() const { return tid_; }
  Result<uint64_t> call(uint64_t number, const std::array<uint64_t, 6>& arguments);
  // As InjectedCalls::finish(). Idempotent.
  std::optional<int> finish() { return calls_ ? calls_->finish() : end_status_; }

 private:
  pid_t tid_;
  const TraceeMemory& memory_;
  bool at_signal_;
  std::optional<int> end_status_;
  std::optional<InjectedCalls> calls_;
};

}  // namespace polytap
