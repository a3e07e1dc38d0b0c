#include "backends/ptrace/stop_plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <string_view>

#include "core/ir/function_needs.h"
#include "core/probe/own_probes.h"
#include "core/syscall/table.h"

namespace polytap {
namespace {

constexpr uint32_t kCommonPidOffset = 4;
constexpr uint32_t kCommonEnd = 8;  // common_type, common_flags, common_preempt_count, common_pid
constexpr uint32_t kNoEnd = std::numeric_limits<uint32_t>::max();

// The fields of an event other than a system call's that a stop can fill in.
struct SchedulerEvent {
  std::string_view category;
  std::string_view event;
  std::vector<std::string_view> fields;
};

const std::vector<SchedulerEvent>& scheduler_events() {
  static const std::vector<SchedulerEvent> events = {
      {"sched", "sched_process_fork", {"parent_comm", "parent_pid", "child_comm", "child_pid"}},
      {"sched", "sched_process_exec", {"filename", "pid", "old_pid"}},
      {"sched", "sched_process_exit", {"comm", "pid", "prio", "group_dead"}},
      {"signal", "signal_deliver", {"sig", "errno", "code"}},
  };
  return events;
}

Error refusal(const ProbeSite& site, std::string_view why) { return Error(fmt::format("{}: {}", site.name, why)); }

bool overrides(const ir::Function& function) {
  for (const ir::Block& block : function.blocks) {
    for (const ir::Instruction& instruction : block.instructions) {
      if (std::holds_alternative<ir::OverrideResult>(instruction.operation)) return true;
    }
  }
  return false;
}

Status check_common_fields(const ProbeSite& site, const ir::FunctionNeeds& needs) {
  if (needs.touches(0, kCommonPidOffset)) {
    return refusal(site, "common_type, common_flags and common_preempt_count are not visible at a ptrace stop");
  }
  return {};
}

// Every field that the function reads must be one of VISIBLE.
Status check_fields(const ProbeSite& site, const ir::FunctionNeeds& needs,
                    const std::vector<std::string_view>& visible) {
  for (const ProbeArgument& argument : site.arguments) {
    if (argument.offset < kCommonEnd || !needs.touches(argument.offset, argument.offset + argument.size)) continue;
    if (std::ranges::find(visible, argument.name) == visible.end()) {
      return refusal(site, fmt::format("field {} is not visible at a ptrace stop", argument.name));
    }
  }
  return {};
}

Status check_surroundings(const ir::Function& function, const ir::FunctionNeeds& needs) {
  auto refuse = [&](std::string_view what) -> Error {
    return Error(
        fmt::format("{}: {} is not visible at a ptrace stop, which shows the process's own memory, registers "
                    "and /proc entries only",
                    function.name, what));
  };
  if (needs.kernel_memory) return refuse("kernel memory");
  if (needs.kernel_stack) return refuse("the kernel stack (kstack)");
  if (needs.uses(ir::Builtin::kCurrentTask)) return refuse("the kernel's task_struct (curtask)");
  if (needs.uses(ir::Builtin::kJiffies)) return refuse("the kernel's tick count (jiffies)");
  return {};
}

}  // namespace

Result<StopPlan> StopPlan::make(const ir::Program& program) {
  StopPlan plan;
  for (uint32_t index = 0; index < program.functions.size(); index++) {
    for (uint32_t site : program.functions[index].sites) TRY(plan.add_site(program, index, site));
  }
  size_t asked = 0;
  for (int64_t number = 0; number < kCalls; number++) {
    const CallHooks& hooks = plan.calls(number);
    if (hooks.enter.empty() && hooks.exit.empty()) continue;
    plan.only_call_ = asked++ == 0 ? number : -1;
  }
  return plan;
}

Status StopPlan::add_site(const ir::Program& program, uint32_t function, uint32_t index) {
  const ProbeSite& site = program.sites[index];
  const ir::FunctionNeeds needs = ir::needs_of(program.functions[function]);
  TRY(check_surroundings(program.functions[function], needs));
  // What ends the session from END ends nothing early.
  may_exit_ = may_exit_ || (needs.exits && site.type != ProbeType::kEnd);
  if (is_own_probe(site)) return {};
  const bool enters_call = site.type == ProbeType::kTracepoint && site.event.starts_with("sys_enter");
  if (!enters_call && overrides(program.functions[function])) {
    return refusal(site,
                   "override() takes the place of a system call: ptrace can do it where one is entered (sys_enter_*)");
  }
  if (site.is_user_function()) return functions_.add(site, {function, index});
  if (site.type != ProbeType::kTracepoint) {
    return refusal(
        site, "ptrace stops answer user functions and tracepoints of system calls, signals, fork, exec and exit only");
  }
  TRY(check_common_fields(site, needs));

  Hook hook{function, index, site.category == "raw_syscalls",
            needs.decodes || needs.touches(kSyscallArgumentsOffset, kNoEnd), needs.decodes};
  if (hook.raw && (site.event == "sys_enter" || site.event == "sys_exit")) {
    const bool is_exit = site.event == "sys_exit";
    for (CallHooks& calls : calls_) (is_exit ? calls.exit : calls.enter).add(hook);
    (is_exit ? other_calls_.exit : other_calls_.enter).add(hook);
    asks_calls_ = true;
    asks_call_exits_ = asks_call_exits_ || is_exit;
    return {};
  }
  if (site.category == "syscalls") {
    const SyscallEvent event = find_syscall_event(site.event);
    if (event.syscall == nullptr) return refusal(site, "no system call of that name is known for x86-64");
    // Kernels from 6.19 on append copies of user strings behind the arguments.
    const uint32_t words = event.is_exit ? 1 : event.syscall->argument_count;
    if (needs.touches(kSyscallArgumentsOffset + 8 * words, kNoEnd)) {
      return refusal(site,
                     "the fields behind the arguments are not visible at a ptrace stop; read the argument itself");
    }
    CallHooks& calls = calls_[event.syscall->number];
    (event.is_exit ? calls.exit : calls.enter).add(hook);
    asks_calls_ = true;
    asks_call_exits_ = asks_call_exits_ || event.is_exit;
    return {};
  }
  const std::vector<SchedulerEvent>& events = scheduler_events();
  auto found = std::ranges::find_if(events, [&](const SchedulerEvent& event) {
    return event.category == site.category && event.event == site.event;
  });
  if (found == events.end()) return refusal(site, "ptrace stops see system calls, signals, fork, exec and exit only");
  TRY(check_fields(site, needs, found->fields));
  hook.reads_values = needs.touches(kCommonEnd, kNoEnd);
  HookList* const lists[] = {&fork_, &exec_, &thread_exit_, &signal_};
  lists[found - events.begin()]->add(hook);
  return {};
}

std::vector<uint32_t> StopPlan::filtered_calls() const {
  std::vector<uint32_t> numbers;
  for (uint32_t number = 0; number < kCalls; number++) {
    if (!calls_[number].enter.empty() || !calls_[number].exit.empty()) numbers.push_back(number);
  }
  return numbers;
}

bool StopPlan::wants_filter() const {
  // Breakpoints are to outlive polytap, which calls under a filter do not.
  if (!asks_calls_ || may_exit_ || !functions_.empty()) return false;
  // Where nearly every call's end is asked for, each call costs two stops with a filter as without.
  constexpr size_t kNearlyAll = 300;
  const auto exits =
      static_cast<size_t>(std::ranges::count_if(calls_, [](const CallHooks& hooks) { return !hooks.exit.empty(); }));
  return exits < kNearlyAll;
}

}  // namespace polytap
