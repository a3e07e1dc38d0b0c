// The loop behind `polytap strace`: takes every stop of the tracees and tells the observer what it means.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <unordered_map>

#include "backends/ptrace/cpu_placement.h"
#include "backends/ptrace/stops.h"
#include "core/syscall/trace.h"

namespace polytap {

class SyscallTracer final : public CallTracer {
 public:
  SyscallTracer(CallTraceOptions options, CallObserver& observer);
  ~SyscallTracer() override;
  SyscallTracer(const SyscallTracer&) = delete;
  SyscallTracer& operator=(const SyscallTracer&) = delete;
  Status start() override;
  Result<int> run() override;

 private:
  struct Task {
    pid_t tid = 0;
    pid_t tgid = 0;
    bool hidden = false;    // the command before its execve
    bool attached = false;  // taken while it ran, so that its first stop is one that we asked for
    bool filtered = false;
    bool in_call = false;
    CallValues call;  // the one in progress
    uint64_t stack_pointer = 0;
    CallTampering tampering;
  };

  Status attach_process(pid_t pid);
  Task& add(pid_t tid, pid_t tgid);
  Task* find(pid_t tid);
  void handle(pid_t tid, int status, const rusage& usage);
  void on_unknown(pid_t tid, int status);
  void on_call_stop(Task& task, const rusage& usage);
  void on_entry(Task& task, CallStop& stop);
  void on_exit(Task& task, CallStop& stop);
  void on_signal(Task& task, int signal);
  void on_exec(pid_t leader);
  void on_gone(Task& task, int status);
  void resume(const Task& task, int signal = 0);
  void detach_all();

  CallTraceOptions options_;
  CallObserver& observer_;
  CpuPlacement placement_;
  std::unordered_map<pid_t, Task> tasks_;
  std::unordered_map<pid_t, pid_t> parents_;  // of tasks that were announced by a fork and have not stopped yet
  Task* last_ = nullptr;
  pid_t command_ = 0;
  int command_status_ = 0;
};

}  // namespace polytap
