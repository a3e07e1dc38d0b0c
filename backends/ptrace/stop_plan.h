// Which functions of a program run at which stops of a tracee.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "backends/ptrace/function_sites.h"
#include "backends/ptrace/hooks.h"
#include "core/base/result.h"
#include "core/ir/ir.h"

namespace polytap {

class StopPlan {
 public:
  // The error says what ptrace cannot see, and is the reason of the refusal.
  static Result<StopPlan> make(const ir::Program& program);

  const HookList& enter(int64_t number) const { return calls(number).enter; }
  const HookList& exit(int64_t number) const { return calls(number).exit; }
  // Some hook shows the call as a line.
  bool decodes(int64_t number) const { return calls(number).enter.decodes || calls(number).exit.decodes; }
  const HookList& fork() const { return fork_; }
  const HookList& exec() const { return exec_; }
  const HookList& thread_exit() const { return thread_exit_; }
  const HookList& signal() const { return signal_; }
  const FunctionSites& functions() const { return functions_; }

  bool asks_calls() const { return asks_calls_; }
  // Some hook runs where a call ends.
  bool asks_call_exits() const { return asks_call_exits_; }
  // A function may end the session before its tracees do.
  bool may_exit() const { return may_exit_; }

  // Whether stopping at chosen calls is cheaper than stopping at every one, and safe: see docs/adr/ptrace-seccomp.md.
  bool wants_filter() const;
  // The calls that the filter stops at.
  std::vector<uint32_t> filtered_calls() const;
  // The call that every seccomp stop is about, or -1 when there are several.
  int64_t only_call() const { return only_call_; }

 private:
  struct CallHooks {
    HookList enter;
    HookList exit;
  };
  // Above every number of the table (the highest is 470 or so, of which each release adds a few).
  static constexpr int64_t kCalls = 1024;

  const CallHooks& calls(int64_t number) const {
    return number >= 0 && number < kCalls ? calls_[static_cast<size_t>(number)] : other_calls_;
  }
  Status add_site(const ir::Program& program, uint32_t function, uint32_t site);

  std::vector<CallHooks> calls_ = std::vector<CallHooks>(kCalls);
  CallHooks other_calls_;  // numbers out of the table: raw_syscalls sees them
  HookList fork_;
  HookList exec_;
  HookList thread_exit_;
  HookList signal_;
  FunctionSites functions_;
  bool asks_calls_ = false;
  bool asks_call_exits_ = false;
  bool may_exit_ = false;
  int64_t only_call_ = -1;
};

}  // namespace polytap
