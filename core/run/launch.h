// Starting the command that is traced (-c), held at a gate until every backend is ready.
//
// The forked child waits at the gate: first asleep in read(2), and, once approach_gate() begins, spinning on a word of
// shared memory, so that the first system call that any backend sees is its execve. The seccomp filter, if one was
// asked for, is installed between the two: behind it the child makes no system call before the gate opens.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/probe/backend.h"

namespace polytap {

class LaunchedCommand {
 public:
  // Forks. ARGV[0] is looked up in PATH here, so that a missing command is an error before anything is attached and
  // there is exactly one execve. The child dies with polytap as long as it is at the gate (PR_SET_PDEATHSIG, cleared
  // before the gate opens).
  static Result<std::unique_ptr<LaunchedCommand>> create(const std::vector<std::string>& argv,
                                                         const LaunchNeeds& needs);
  LaunchedCommand(const LaunchedCommand&) = delete;
  LaunchedCommand& operator=(const LaunchedCommand&) = delete;
  // Kills the child only when it still waits at the gate.
  ~LaunchedCommand();

  pid_t pid() const { return pid_; }
  // Wakes the child from its sleep; on return it spins in user space and makes no system call until open_gate().
  // Backends call it before they begin to count. Idempotent.
  Status approach_gate();
  // Lets the child go on to execve. Called by the runner when all sessions have started.
  Status open_gate();
  bool gate_open() const { return gate_open_; }
  // Whether it runs under a seccomp filter of ours.
  bool filtered() const { return filtered_; }
  // Readable once the child has exited.
  int pidfd() const { return pidfd_.get(); }
  // Takes the exit status when the child has ended; wait(2) format. Never waits, nor takes a ptrace stop away from a
  // tracer thread of this process.
  std::optional<int> try_reap();
  // While TRACED, the end of the child is for the tracer thread to reap, and try_reap() only repeats what it was told.
  void set_traced(bool traced);
  // Called by the tracer that reaped the child.
  void set_exit_status(int wait_status);
  std::optional<int> exit_status() const;

 private:
  LaunchedCommand() = default;
  struct Gate;
  struct ChildPlan;
  [[noreturn]] static void run_child(const ChildPlan& plan, Gate& gate);
  pid_t pid_ = -1;
  UniqueFd pidfd_;
  UniqueFd pipe_;
  Gate* gate_ = nullptr;  // shared anonymous mapping
  bool gate_open_ = false;
  bool approached_ = false;
  bool filtered_ = false;
  std::atomic<bool> traced_ = false;
  mutable std::mutex mutex_;
  std::optional<int> exit_status_;  // under mutex_
};

// "ls -l 'a b'" -> words, as sh splits them: single and double quotes, backslash. An unterminated quote is an error.
Result<std::vector<std::string>> split_command(const std::string& command);

}  // namespace polytap
