// The tracer thread's life.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

#include "backends/ptrace/quiet_children.h"
#include "backends/ptrace/session_state.h"
#include "backends/ptrace/stop_plan.h"
#include "backends/ptrace/wake_signal.h"
#include "core/base/result.h"
#include "core/run/launch.h"

namespace polytap {

class Tracer {
 public:
  Tracer(SessionState& state, const StopPlan& plan, LaunchedCommand* command);
  ~Tracer();
  Tracer(const Tracer&) = delete;
  Tracer& operator=(const Tracer&) = delete;

  // Starts the thread; returns when it has attached everything.
  Status start(const std::vector<pid_t>& pids);
  // Ends the thread, and with it every attachment: the kernel detaches what a dying tracer leaves without stopping it,
  // so that no waiting system call is interrupted; stopped ones go on (group-stopped ones stay so) and get the signal
  // that they were about to. Tracees under a seccomp filter are killed. Idempotent.
  void end();
  // Every tracee has ended.
  bool all_gone() const { return all_gone_; }

 private:
  void run(const std::vector<pid_t>& pids, std::promise<Status> attached);

  SessionState& state_;
  const StopPlan& plan_;
  LaunchedCommand* command_;
  QuietChildren quiet_;
  WakeSignal wake_;
  std::thread thread_;
  std::atomic<pid_t> tid_ = 0;
  std::atomic<bool> stop_ = false;
  std::atomic<bool> all_gone_ = false;
};

}  // namespace polytap
