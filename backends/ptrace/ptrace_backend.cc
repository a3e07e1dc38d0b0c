#include "backends/ptrace/ptrace_backend.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "backends/ptrace/proc_entries.h"
#include "backends/ptrace/ptrace_session.h"
#include "backends/ptrace/seccomp_filter.h"
#include "backends/ptrace/stop_plan.h"
#include "core/probe/cost_model.h"
#include "core/probe/own_probes.h"

namespace polytap {
namespace {

// Tracer and tracee sharing a CPU. A return is waited for from the entry on, which is a stop as well.
constexpr CostModel kCosts = {.tracepoint = 2'500,
                              .user_function = 3'500,
                              .user_return = 8'000,
                              .step = 5,
                              .builtin = 20,
                              .map_read = 80,
                              .map_write = 120,
                              .aggregate = 100,
                              .map_length = 50,
                              .read_memory = 700,
                              .read_string = 900,
                              .stack = 2'000,
                              .emit = 150};
constexpr unsigned kCapSysPtrace = 19;

// The user can ask for commands that outlive polytap, at the price of a stop at every system call.
bool filter_allowed() {
  const char* value = getenv("POLYTAP_PTRACE_SECCOMP");
  return value == nullptr || std::string_view(value) != "0";
}

bool may_trace_others() { return (read_status_value(getpid(), "CapEff", 0, 16).value_or(0) >> kCapSysPtrace & 1) != 0; }

// Why process PID cannot be attached to, or empty.
std::string why_not_attach(pid_t pid) {
  if (kill(pid, 0) != 0 && errno == ESRCH) return fmt::format("there is no process {}", pid);
  if (pid_t tracer = tracing_process(pid); tracer != 0) {
    return fmt::format("process {} is already traced by process {}: end that one first", pid, tracer);
  }
  if (may_trace_others()) return {};
  if (read_status_value(pid, "Uid").value_or(0) != getuid()) {
    return fmt::format("process {} belongs to another user: run polytap as root", pid);
  }
  int scope = 0;
  std::ifstream("/proc/sys/kernel/yama/ptrace_scope") >> scope;
  if (scope > 0) {
    return fmt::format(
        "kernel.yama.ptrace_scope is {}, which keeps process {} from being attached to: run polytap as "
        "root, set it to 0, or launch the command with -c",
        scope, pid);
  }
  return {};
}

// Why no breakpoints can be put into process PID, or empty.
std::string why_no_breakpoints(pid_t pid) {
  if (read_status_value(pid, "Seccomp").value_or(0) == 0) return {};
  return fmt::format(
      "process {} runs under a seccomp filter, which may forbid the system calls that breakpoints need in it; use a "
      "backend that puts probes there from outside (uprobe, ebpf)",
      pid);
}

std::string fidelity_of(const StopPlan& plan, const Target& target, bool filtered) {
  std::string text = "timestamps are taken when the stop is handled; each stop slows the traced thread down";
  auto add = [&](std::string_view note) { text += fmt::format("; {}", note); };
  if (filtered) {
    add("the command and its children end when polytap ends or is killed, for the seccomp filter that stops only the "
        "calls asked for needs its tracer (POLYTAP_PTRACE_SECCOMP=0 stops at every call instead and lets them live)");
  }
  if (!target.pids.empty() && (plan.asks_calls() || !plan.functions().empty())) {
    add("attaching interrupts waiting system calls once: those that signals do not restart (epoll_wait, semop, "
        "io_getevents) return EINTR");
  }
  if (!plan.functions().empty()) {
    add("breakpoints that a killed polytap (SIGKILL) leaves are harmless, but end a process that blocks SIGTRAP or has "
        "set a handler of its own for it");
  }
  if (plan.functions().has_returns()) add("returns into code that is in no file (of a JIT compiler) are missed");
  if (target.has_command() && geteuid() != 0) add("setuid programs run without their privileges");
  if (!plan.signal().empty()) add("SIGKILL is not seen");
  return text;
}

bool needs_tracees(const ir::Program& program) {
  return std::any_of(program.sites.begin(), program.sites.end(),
                     [](const ProbeSite& site) { return !is_own_probe(site); });
}

bool has_user_functions(const ir::Program& program) {
  return std::any_of(program.sites.begin(), program.sites.end(),
                     [](const ProbeSite& site) { return site.is_user_function(); });
}

class PtraceBackend : public Backend {
 public:
  std::string_view name() const override { return "ptrace"; }

  double least_cost_ns(const ir::Program& program) const override { return cost_of(kCosts, program); }

  Verdict can_run(const ir::Program& program, const Target& target) const override {
    Verdict verdict;
    Result<StopPlan> plan = StopPlan::make(program);
    if (!plan.ok()) {
      verdict.reason = plan.error().message();
      return verdict;
    }
    if (target.system_wide() && needs_tracees(program)) {
      verdict.reason = "ptrace cannot watch the whole system: give it a command with -c or a process with -p";
      return verdict;
    }
    if (target.beside_others && has_user_functions(program)) {
      verdict.reason =
          "in the same run as a kernel's uprobe at the same instruction a breakpoint never stops: the kernel takes "
          "both "
          "for its own. compare without --together asks one after the other";
      return verdict;
    }
    for (pid_t pid : target.pids) {
      verdict.reason = why_not_attach(pid);
      if (verdict.reason.empty() && !plan->functions().empty()) verdict.reason = why_no_breakpoints(pid);
      if (!verdict.reason.empty()) return verdict;
    }
    const bool filtered = target.has_command() && filter_allowed() && plan->wants_filter();
    verdict.possible = true;
    verdict.cost_ns = cost_of(kCosts, program);
    // Without the filter, or where ends are asked for, a call stops twice.
    if (plan->asks_calls() && (!filtered || plan->asks_call_exits())) verdict.cost_ns += kCosts.tracepoint;
    verdict.fidelity = fidelity_of(*plan, target, filtered);
    return verdict;
  }

  LaunchNeeds launch_needs(const ir::Program& program) const override {
    LaunchNeeds needs;
    Result<StopPlan> plan = StopPlan::make(program);
    if (plan.ok() && filter_allowed() && plan->wants_filter()) {
      needs.seccomp_filter = make_seccomp_filter(plan->filtered_calls());
    }
    return needs;
  }

  Result<std::unique_ptr<Session>> prepare(const ir::Program& program, const Target& target) override {
    if (target.system_wide() && needs_tracees(program)) {
      return Error("ptrace cannot watch the whole system: give it a command with -c or a process with -p");
    }
    ASSIGN_OR_RETURN(StopPlan plan, StopPlan::make(program));
    ASSIGN_OR_RETURN(RecordQueue queue, RecordQueue::create());
    return std::unique_ptr<Session>(
        std::make_unique<PtraceSession>(program, std::move(plan), std::move(queue), target));
  }
};

}  // namespace

std::unique_ptr<Backend> make_ptrace_backend() { return std::make_unique<PtraceBackend>(); }

}  // namespace polytap
