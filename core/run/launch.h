// Starting the command that is traced (-c), held at a gate until every backend is ready.
//
// The child forks, installs the seccomp filter if one was asked for, and then waits at the gate: first asleep in
// read(2), and, once open_gate() begins, spinning on a word of shared memory, so that the first system call that any
// backend sees is its execve.
#pragma once

#include <sys/types.h>

#include <functional>
#include <memory>
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
  // Readable once the child has exited.
  int pidfd() const { return pidfd_.get(); }
  // Takes the exit status when the child has ended and nobody (the ptrace backend) reaped it; wait(2) format.
  std::optional<int> try_reap();
  // Called by the tracer that reaped the child.
  void set_exit_status(int wait_status);
  std::optional<int> exit_status() const;

 private:
  LaunchedCommand() = default;
  struct Gate;
  pid_t pid_ = -1;
  UniqueFd pidfd_;
  UniqueFd pipe_;
  Gate* gate_ = nullptr;  // shared anonymous mapping
  bool gate_open_ = false;
  bool approached_ = false;
  std::optional<int> exit_status_;
};

// "ls -l 'a b'" -> words, as sh splits them: single and double quotes, backslash. An unterminated quote is an error.
Result<std::vector<std::string>> split_command(const std::string& command);

}  // namespace polytap
