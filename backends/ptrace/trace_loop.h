// The tracer thread's work: takes the stops of all tracees, runs the functions that belong to them, and lets them go
// on. All of it happens on one thread, for ptrace knows tracers by thread.
#pragma once

#include <sys/ptrace.h>
#include <sys/types.h>

#include <atomic>
#include <functional>
#include <set>
#include <span>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "backends/ptrace/context_record.h"
#include "backends/ptrace/cpu_placement.h"
#include "backends/ptrace/delayed_resumes.h"
#include "backends/ptrace/function_probes.h"
#include "backends/ptrace/session_state.h"
#include "backends/ptrace/stop_plan.h"
#include "backends/ptrace/stops.h"
#include "backends/ptrace/thread_machine.h"
#include "backends/ptrace/tracee.h"
#include "core/base/result.h"
#include "core/ir/interpreter.h"
#include "core/run/launch.h"

namespace polytap {

class TraceLoop {
 public:
  // WAKE_SIGNAL does nothing but interrupt this thread's waits.
  TraceLoop(SessionState& state, const StopPlan& plan, LaunchedCommand* command, int wake_signal);

  // Attaches the launched command, which spins at its gate, and every thread of PIDS. When it returns they all stop
  // where the plan wants them to (those asleep in the kernel within a second).
  Status attach(std::span<const pid_t> pids);

  enum class End { kAllGone, kAskedTo };
  // Until no tracee is left, or until a function called exit() or STOP was set and a signal interrupted the wait. What
  // is still attached then is let go by the end of this thread: see Tracer.
  End run(const std::atomic<bool>& stop);

 private:
  using SyscallInfo = __ptrace_syscall_info;

  // --- attaching (attach.cc)
  Status attach_command();
  Status attach_process(pid_t pid);
  Status attach_thread(pid_t tgid, pid_t tid);
  // Takes stops until every thread attached so far has come by once.
  void settle();

  // --- stops
  void handle(pid_t tid, int status);
  void handle_stop(Tracee& tracee, const Stop& stop);
  void gone(pid_t tid, int status);
  void resume(Tracee& tracee, int signal = 0);
  void go_on(const Tracee& tracee, int signal);
  Tracee* find(pid_t tid);
  Tracee& add(pid_t tgid, pid_t tid, bool filtered);
  // New threads that stopped before the event of the one that made them.
  void take_early(pid_t tid);
  void take_all_early();
  void adopt(pid_t tid);
  // Those whose makers were killed, and reported so, before they stopped: no event will tell who they are.
  void take_orphans();

  // --- system calls
  void on_syscall(Tracee& tracee);
  void on_seccomp(Tracee& tracee);
  void enter_call(Tracee& tracee, const SyscallInfo* info);
  void leave_call(Tracee& tracee, const SyscallInfo* info);
  void leave_first_call(Tracee& tracee);
  void begin_line(Tracee& tracee, const SyscallInfo& info);
  void end_line(Tracee& tracee, const SyscallInfo& info);
  // The call that TRACEE is in, from its registers.
  int64_t call_in_progress(const Tracee& tracee) const;

  // --- function probes (function_stops.cc)
  bool on_trap(Tracee& tracee);
  void set_up_functions(Tracee& tracee);
  // The first stop of a thread that was attached while running.
  void settled(Tracee& tracee, const Stop& stop);
  void forked_functions(const Tracee& parent, Tracee& child, bool is_thread);
  // Code was mapped by the call that ended, or an exec did.
  void mapped(Tracee& tracee);
  bool watches_calls(const Tracee& tracee) const;
  void ask_to_stop(Tracee& tracee);
  void settled_by_end(const Tracee& gone);
  // The processes are to be as they were.
  void withdraw();
  // Those that could not be stopped in time.
  std::set<pid_t> stop_all();
  bool withdraw_from(pid_t tid, int status);

  // --- other events
  void on_fork(Tracee& tracee);
  void on_exec(pid_t leader);
  void on_exit(Tracee& tracee);
  void on_signal(Tracee& tracee, int signal);
  bool last_of_process(const Tracee& tracee) const;

  // Runs the functions of LIST; FILL puts the values of the event into the record, for those that look at them.
  void run_hooks(Tracee& tracee, const HookList& list, const std::function<void(const Hook&)>& fill);

  SessionState& state_;
  const StopPlan& plan_;
  LaunchedCommand* command_;
  ir::Interpreter interpreter_;
  ThreadMachine machine_;
  ContextRecord record_;
  CpuPlacement placement_;
  DelayedResumes delays_;
  std::unordered_map<pid_t, Tracee> tracees_;  // its elements stay where they are
  std::unordered_map<pid_t, int> early_;       // wait status by thread
  std::unordered_set<pid_t> gone_early_;       // ended before the event of the one that made them
  Tracee* last_ = nullptr;                     // found last
  size_t unsettled_ = 0;
  FunctionProbes::Ends ends_;  // stops that came while a tracee was made to do something
  FunctionProbes functions_;
  std::unordered_map<pid_t, size_t> unsettled_threads_;  // by process, when functions are asked for
  Status set_up_status_;                                 // the first failure of set_up_functions()
};

}  // namespace polytap
