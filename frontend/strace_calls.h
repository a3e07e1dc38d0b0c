// Which calls are shown or counted, and what is done to them: what every form of output has in common.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>

#include "core/syscall/trace.h"
#include "frontend/strace_options.h"
#include "frontend/strace_stack.h"
#include "frontend/strace_summary.h"

namespace polytap {

class StraceCalls {
 public:
  // INJECTION_STACKS: for the report of injections; null: it has no stacks.
  StraceCalls(const StraceOptions& options, std::unique_ptr<StraceStacks> injection_stacks);

  // How CALL is shown: -e abbrev=, verbose= and raw= ask for calls.
  RenderStyle style_of(const CallValues& call) const;

  // At a call's entry; nothing when it is not to be shown.
  std::optional<CallTampering> enter(const CallStop& stop, const MemoryView& memory);
  // At its exit: whether it is to be shown. Counts it.
  bool leave(const CallStop& entry, const CallStop& exit);
  // The call has no exit, because the thread ends: whether it is to be shown.
  bool leave_unfinished() const;
  // The outcome of a call may decide that it is not shown.
  bool depends_on_outcome() const { return options_.statuses != kAnyStatus || !options_.errors.empty(); }

  void end(pid_t tid);
  // The tables of -c, with a line before each if they are per process.
  std::string summary() const;
  // The same so far, when --summary-interval has passed again; else empty.
  std::string periodic_summary();
  // What was injected where; empty when nothing was asked for.
  std::string injection_report() const { return injections_.report(options_.injections); }
  bool is_limit_reached() const { return options_.call_limit != 0 && shown_ >= options_.call_limit; }

 private:
  uint64_t duration(const CallStop& entry, const CallStop& exit) const;

  const StraceOptions& options_;
  InjectCounter injections_;
  std::unique_ptr<StraceStacks> injection_stacks_;
  SummaryOrder order_;
  std::vector<SummaryColumn> columns_;
  std::map<pid_t, StraceSummary> summaries_;  // by process; 0: all
  uint64_t shown_ = 0;
  uint64_t next_summary_ns_ = 0;
};

}  // namespace polytap
