// `polytap strace --json`: an object per line for each call, signal and end (docs/strace-json.md).
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/syscall/trace.h"
#include "frontend/strace_calls.h"
#include "frontend/strace_options.h"
#include "frontend/strace_output.h"

namespace polytap {

class StraceJson final : public CallObserver {
 public:
  StraceJson(const StraceOptions& options, std::shared_ptr<StraceOutput> output,
             std::unique_ptr<StraceStacks> injection_stacks);
  CallTampering on_entry(const CallStop& stop) override;
  void on_exit(const CallStop& stop) override;
  void on_signal(pid_t tid, const siginfo_t& info) override;
  void on_stopped(pid_t tid, int signal) override;
  void on_attached(pid_t tid, pid_t tgid, pid_t parent) override;
  void on_exec(pid_t leader, pid_t former) override;
  void on_exiting(pid_t tid) override;
  void on_end(pid_t tid, int wait_status) override;
  void on_detached(pid_t tid) override;
  void on_problem(const std::string& text) override;
  void on_idle() override { output_->commit(); }
  bool is_pending() const override { return output_->is_pending(); }
  bool is_done() const override { return calls_.is_limit_reached(); }
  void finish();

 private:
  struct Task {
    bool in_call = false;
    CallStop entry;
    CallTampering tampering;
    std::vector<std::string> arguments;  // as text, those that are known so far
  };
  // {"type":TYPE,"time":..,"pid":TID
  void begin(std::string_view type, pid_t tid, uint64_t time_ns);
  void end();
  void put_call(const Task& task, const CallStop* exit, const MemoryView* memory);

  const StraceOptions& options_;
  std::shared_ptr<StraceOutput> output_;
  StraceCalls calls_;
  std::unordered_map<pid_t, Task> tasks_;
};

}  // namespace polytap
