// System calls as events: what a tracer of calls reports, and what may be asked of it. Rendering comes later.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/syscall/call_text.h"
#include "core/syscall/memory_view.h"

namespace polytap {

struct CallStop {
  pid_t tid = 0;
  pid_t tgid = 0;
  CallValues call;            // at the entry: the result is 0
  bool is_startup = false;    // the execve of the launched command
  uint32_t architecture = 0;  // AUDIT_ARCH_*
  uint64_t instruction_pointer = 0;
  uint64_t stack_pointer = 0;
  uint64_t time_ns = 0;       // CLOCK_REALTIME
  uint64_t monotonic_ns = 0;  // CLOCK_MONOTONIC
  uint64_t system_ns = 0;     // CPU time that the thread spent in the kernel so far
  // What the call's pointers lead to; null: the live process, which is stopped.
  const MemoryView* memory = nullptr;
};

// Bytes for what an argument points at.
struct MemoryPoke {
  size_t argument = 0;
  std::vector<std::byte> bytes;
};

// What is to be done to a call, decided at its entry.
struct CallTampering {
  std::optional<uint64_t> number;  // the call that is made instead
  std::vector<MemoryPoke> poke_enter;
  std::vector<MemoryPoke> poke_exit;
  std::optional<int64_t> result;  // the call is not carried out and returns this (-errno for a failure)
  int signal = 0;                 // sent on the way out of the entry
  uint64_t delay_enter_us = 0;
  uint64_t delay_exit_us = 0;
};

class CallObserver {
 public:
  virtual ~CallObserver() = default;
  virtual CallTampering on_entry(const CallStop& stop) = 0;
  virtual void on_exit(const CallStop& stop) = 0;
  virtual void on_signal(pid_t tid, const siginfo_t& info) = 0;
  // By job control.
  virtual void on_stopped(pid_t tid, int signal) = 0;
  // PARENT is 0 for one that was attached while it ran, and for the command itself.
  virtual void on_attached(pid_t tid, pid_t tgid, pid_t parent) = 0;
  // FORMER executed a new program and goes on as LEADER.
  virtual void on_exec(pid_t leader, pid_t former) = 0;
  // About to end: it returns from no call any more.
  virtual void on_exiting(pid_t tid) = 0;
  // In the format of wait(2).
  virtual void on_end(pid_t tid, int wait_status) = 0;
  virtual void on_detached(pid_t tid) = 0;
  // Something that was asked for cannot be done; the rest goes on.
  virtual void on_problem(const std::string& text) = 0;
  // Called before the tracer waits; while is_pending(), only when no event is there yet.
  virtual void on_idle() = 0;
  virtual bool is_pending() const = 0;
  // True when nothing more is wanted: the tracees are let go.
  virtual bool is_done() const { return false; }
};

struct CallTraceOptions {
  std::vector<std::string> command;              // empty: none
  std::string argv0;                             // empty: as the command's first word
  std::vector<std::string> environment_changes;  // "NAME=VALUE", or "NAME" to remove it
  std::string user;
  std::vector<pid_t> pids;
  bool follow = false;  // -f
  // A command and all its children get a seccomp filter that lets calls go by without a stop: all but FILTERED_CALLS,
  // or none if that is empty.
  bool filter = false;
  std::vector<uint32_t> filtered_calls;
  // With the filter: these calls are not made, and fail with this error (0: return 0), without a stop and untold.
  struct SilentFault {
    uint32_t number = 0;
    uint16_t error = 0;
  };
  std::vector<SilentFault> silent_faults;
  bool detach_on_exec = false;  // -b execve: not at the command's first
  int daemonize = 0;            // -D: the command takes this process's place, and the tracer is its grandchild; 2: in a
                                // process group of its own; 3: in a session of its own
  bool kill_on_exit = false;    // the tracees end with the tracer
  bool ignore_signals = false;  // SIGINT and the like do not end the tracer
  bool cpu_times = false;       // CallStop::system_ns is wanted
  // With the filter: calls may be written down by the tracee itself, without a stop each. Not those of
  // UNBUFFERED_CALLS, for which something is done at the entry, or for which the thread's CPU time is wanted. Of
  // buffers STRING_LIMIT bytes are kept.
  bool buffer = false;
  std::vector<uint32_t> unbuffered_calls;
  uint32_t string_limit = 32;
};

class CallTracer {
 public:
  // Detaches from all that is left; a command under a seccomp filter is killed.
  virtual ~CallTracer() = default;
  // Launches the command, and attaches.
  virtual Status start() = 0;
  // Until every tracee has ended, or a signal ends polytap (which detaches). The command's wait status.
  virtual Result<int> run() = 0;
};

}  // namespace polytap
