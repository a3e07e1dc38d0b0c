// Renders what a tracer of calls reports, as strace does: a line per call, signal and end.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/syscall/fd_facts.h"
#include "core/syscall/render_call.h"
#include "core/syscall/trace.h"
#include "frontend/strace_calls.h"
#include "frontend/strace_options.h"
#include "frontend/strace_output.h"
#include "frontend/strace_stack.h"

namespace polytap {

class StracePrinter final : public CallObserver {
 public:
  // OUTPUT: where everything goes, except with -ff -o. STACKS: null without -k. INJECTION_STACKS: as
  // StraceCalls has them.
  StracePrinter(const StraceOptions& options, std::shared_ptr<StraceOutput> output,
                std::unique_ptr<StraceStacks> stacks, std::unique_ptr<StraceStacks> injection_stacks);
  CallTampering on_entry(const CallStop& stop) override;
  void on_exit(const CallStop& stop) override;
  void on_signal(pid_t tid, const siginfo_t& info) override;
  void on_stopped(pid_t tid, int signal) override;
  void on_attached(pid_t tid, pid_t tgid, pid_t parent) override;
  void on_exec(pid_t leader, pid_t former) override;
  void on_exiting(pid_t tid) override;
  void on_end(pid_t tid, int wait_status) override;
  void on_detached(pid_t tid) override;
  void on_problem(const std::string& text) override { complain(text); }
  void on_idle() override;
  bool is_pending() const override { return output_->is_pending(); }
  bool is_done() const override { return calls_.is_limit_reached(); }
  // What is left to say when all is over: the summary, what was injected.
  void finish();

 private:
  struct Task {
    std::shared_ptr<StraceOutput> output;
    bool in_call = false;      // a call that is shown
    bool interrupted = false;  // its line was cut off by another's: "<unfinished ...>"
    CallStop entry;
    CallProgress progress;
    std::string held;   // the line so far, when only its outcome decides whether it is shown
    size_t column = 0;  // how far the line got
    bool tampered = false;
    bool poked = false;
    bool delayed = false;
    int entry_int = -1;
    std::string restartable;  // the call that restart_syscall would go on with
    uint32_t architecture = 0;
    uint64_t last_ns = 0;  // -r with a file per process
    pid_t tgid = 0;
    std::string entry_stack;  // of a call that replaces what is looked at
  };

  Task& task(pid_t tid);
  // Says so when a program of the other word size runs from now on.
  void note_architecture(pid_t tid, Task& task, uint32_t architecture);
  bool holds_lines() const { return options_.full_lines || calls_.depends_on_outcome(); }
  std::string name_behind(pid_t tid) const;
  RenderStyle style_of(const CallValues& call) const;
  // Ends the line of whoever owns the output, unless it is TASK's own; then begins one.
  void begin_line(pid_t tid, Task& task);
  void end_line(Task& task);
  // STACK's lines behind the one that ends.
  void end_line(Task& task, const std::string& stack);
  void cut_line(Task& task);
  std::string prefix(pid_t tid, uint64_t time_ns, const CallStop* stop);
  void put_whole_line(pid_t tid, const std::string& text, bool with_stack = false);
  void complain(const std::string& text);
  void put_result(pid_t tid, Task& task, CallText& text, const CallStop& stop);
  // Spaces up to the column of "= " behind the text that follows BEFORE characters of the line.
  void pad(std::string& line, size_t before) const;
  // Goes on with the task's line, or begins the one that resumes it. How long the line is.
  size_t resume_line(pid_t tid, Task& task, uint64_t time_ns);
  bool shares_output() const { return !options_.output_separately || options_.output.empty(); }

  const StraceOptions& options_;
  std::shared_ptr<StraceOutput> output_;
  std::unordered_map<pid_t, Task> tasks_;
  std::unique_ptr<FdFacts> fds_;
  LiveSocketFacts sockets_;
  std::unique_ptr<StraceStacks> stacks_;
  StraceCalls calls_;
  bool colors_ = false;
  uint64_t monotonic_ns_ = 0;  // of the event that is being shown; 0: now
  // Whose line is open on the shared output; 0: nobody's.
  pid_t line_owner_ = 0;
  uint64_t last_ns_ = 0;
};

}  // namespace polytap
