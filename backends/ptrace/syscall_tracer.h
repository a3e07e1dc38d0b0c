// The loop behind `polytap strace`: takes every stop of the tracees and tells the observer what it means.
#pragma once

#include <signal.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <deque>
#include <optional>
#include <unordered_map>
#include <vector>

#include "backends/ptrace/buffered_calls.h"
#include "backends/ptrace/cpu_placement.h"
#include "backends/ptrace/delayed_resumes.h"
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
    bool own_filter = false;  // its program installed one, which may answer calls before ours sees them
    bool exiting = false;     // it executes no instruction of its program any more
    bool in_call = false;
    CallValues call;  // the one in progress
    uint64_t stack_pointer = 0;
    CallTampering tampering;
    uint64_t delay_ns = 0;           // before it goes on
    bool interrupt_pending = false;  // we asked for a stop, and another one came first
    // Our interruption ended a call that is made again: nobody is to see that, if nothing else comes in between.
    std::optional<CallStop> interrupted_exit;
    BufferedThread buffered;
  };
  // A child that was announced.
  struct Birth {
    pid_t parent = 0;
    std::shared_ptr<CallSites> sites;
    bool own_filter = false;
  };
  struct Event {
    pid_t tid = 0;
    int status = 0;
    rusage usage{};
  };

  Status attach_process(pid_t pid);
  Task& add(pid_t tid, pid_t tgid);
  Task* find(pid_t tid);
  void handle(pid_t tid, int status, const rusage& usage);
  // Waits for the next stop or end. False: a signal came instead.
  bool next_event(Event& event);
  void on_unknown(pid_t tid, int status);
  void adopt(pid_t tid, Birth birth);
  void on_fork(Task& task);
  Birth birth_by(const Task& parent, bool shares_memory) const;
  void on_exiting(Task& task);
  // PARENT ends, and will announce nobody any more.
  void release_held_of(const Task& parent);
  void release_orphans();
  void on_call_stop(Task& task, const rusage& usage);
  void on_entry(Task& task, CallStop& stop);
  void on_exit(Task& task, CallStop& stop);
  void on_signal(Task& task, int signal);
  void show_interrupted_exit(Task& task);
  void on_exec(pid_t leader);
  void on_gone(Task& task, int status);
  void note_own_filter(Task& task, const CallStop& stop);
  // False: the task has ended meanwhile, or is about to.
  bool consider_buffering(Task& task, uint64_t instruction_pointer);
  bool stop_others(Task& task, uint64_t instruction_pointer);
  void resume(Task& task, int signal = 0);
  void go_on(const Task& task, int signal);
  void resume_delayed();
  void drop(Task& task);
  void on_interruption(int signal);
  void detach_all();

  CallTraceOptions options_;
  CallObserver& observer_;
  CpuPlacement placement_;
  std::unordered_map<pid_t, Task> tasks_;
  std::unordered_map<pid_t, Birth> births_;  // of tasks that were announced by a fork and have not stopped yet
  std::vector<pid_t> held_;                  // stopped before they were announced
  std::deque<Event> deferred_;               // waited for out of turn
  DelayedResumes delays_{SIGALRM};           // which Interruption has a handler for
  std::unique_ptr<BufferedCalls> buffers_;
  bool ticking_ = false;
  uint64_t last_chance_ns_ = 0;  // when a filtered command is killed; 0: never
  Task* last_ = nullptr;
  pid_t command_ = 0;
  int command_status_ = 0;
  bool command_runs_ = false;  // behind its own execve
};

}  // namespace polytap
