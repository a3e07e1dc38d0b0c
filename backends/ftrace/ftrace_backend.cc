#include "backends/ftrace/ftrace_backend.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "backends/ftrace/event_filter.h"
#include "backends/ftrace/fetch_events.h"
#include "backends/ftrace/ftrace_session.h"
#include "backends/ftrace/instance.h"
#include "backends/ftrace/program_check.h"
#include "backends/ftrace/task_events.h"
#include "core/kernel/pid_namespace.h"
#include "core/kernel/tracefs.h"
#include "core/probe/cost_model.h"

namespace polytap {
namespace {

// What writing the record takes; the program runs elsewhere.
constexpr CostModel kCosts = {.tracepoint = 130,
                              .kernel_function = 300,
                              .kernel_return = 500,
                              .read_memory = 50,
                              .read_string = 150,
                              .stack = 600};

std::optional<std::string> why_no_tracefs(const Result<Tracefs>& tracefs) {
  if (!tracefs) return tracefs.error().message();
  const std::string instances = tracefs->root() + "/instances";
  if (access(instances.c_str(), W_OK | X_OK) == 0) return std::nullopt;
  if (errno == ENOENT) return "this kernel's tracefs has no instances (CONFIG_TRACING, Linux 3.10 or later)";
  return fmt::format("{} is not writable: run as root (sudo polytap ...)", instances);
}

// Of a program with kernel functions.
std::optional<std::string> why_no_kprobes(const ir::Program& program, const Tracefs& tracefs) {
  if (std::ranges::none_of(program.sites, &ProbeSite::is_kernel_function)) return std::nullopt;
  const std::string path = fmt::format("{}/{}", tracefs.root(), ftrace::kKprobeEvents);
  if (access(path.c_str(), W_OK) == 0) return std::nullopt;
  if (errno == ENOENT) return fmt::format("this kernel has no {} (CONFIG_KPROBE_EVENTS)", path);
  return fmt::format("{} is not writable: run as root (sudo polytap ...)", path);
}

// tracefs describes event probes in its README whether the kernel was built with them or not; a symbol of theirs tells.
bool has_event_probes() {
  const auto text = read_kernel_file("/proc/kallsyms");
  return text && text->find(" __trace_eprobe_create") != std::string::npos;
}

std::string fidelity_of(const ir::Program& program, const Target& target, const Tracefs& tracefs) {
  std::string text = fmt::format(
      "events are lost, and counted, when they come faster than they are read for longer than {} MiB per CPU last",
      ftrace::FtraceSession::buffer_kb() >> 10);
  if (ftrace::needs_stacks(program)) text += "; kstack begins where the tracepoint is, without what the tracer adds";
  if (target.system_wide() && !ftrace::needs_tasks(program)) return text;
  const auto events = ftrace::TaskEvents::create(tracefs);
  if (events && !events->renames_are_certain()) {
    text += "; comm misses names that one thread gives to another (this kernel's task_rename does not tell whose)";
  }
  return text;
}

std::vector<std::string> notes_of(const ir::Program& program) {
  std::vector<std::string> notes;
  if (ftrace::needs_stacks(program))
    notes.emplace_back("kstack: the instance's option stacktrace, a record behind each event's");
  std::set<std::pair<std::string, std::string>> seen;
  const std::vector<ftrace::FetchPlace> places = ftrace::fetch_places(program);
  for (const ftrace::FetchPlace& place : places) {
    if (!place.event.is_kprobe()) seen.emplace(place.event.site().category, place.event.site().event);
  }
  for (const ProbeSite& site : program.sites) {
    if (site.type != ProbeType::kTracepoint || !seen.emplace(site.category, site.event).second) continue;
    if (const auto filter = ftrace::event_filter(program, site.category, site.event)) {
      notes.push_back(
          fmt::format("{}: the kernel filters by {}; the rest is checked in user space", site.name, *filter));
    }
  }
  for (const ftrace::FetchPlace& place : places) {
    const std::string fetched = place.event.arguments();
    const bool is_kprobe = place.event.is_kprobe();
    const auto filter = is_kprobe ? ftrace::event_filter(program, place.hooks) : std::nullopt;
    std::string text = fmt::format("{}: {}", place.event.site().name,
                                   is_kprobe ? "a probe event in kprobe_events" : "an event probe in dynamic_events");
    if (!fetched.empty()) text += fmt::format(", for which the kernel fetches {}", fetched);
    if (filter) text += fmt::format("; the kernel filters by {}; the rest is checked in user space", *filter);
    notes.push_back(text);
  }
  return notes;
}

class FtraceBackend : public Backend {
 public:
  std::string_view name() const override { return "ftrace"; }

  double least_cost_ns(const ir::Program& program) const override { return cost_of(kCosts, program); }

  Verdict can_run(const ir::Program& program, const Target& target) const override {
    Verdict verdict;
    const Result<Tracefs> tracefs = Tracefs::open();
    if (const auto refusal = ftrace::check_program(program, has_event_probes)) {
      verdict.reason = refusal->reason;
      verdict.where = refusal->where;
      return verdict;
    }
    if (!target.system_wide() && own_pid_namespace()) {
      verdict.reason =
          "polytap runs in a pid namespace of its own, and trace records have the first one's numbers (start the "
          "container with the host's pid namespace, or ask system-wide: -a)";
      return verdict;
    }
    if (const auto reason = why_no_tracefs(tracefs)) {
      verdict.reason = *reason;
      return verdict;
    }
    if (const auto reason = why_no_kprobes(program, *tracefs)) {
      verdict.reason = *reason;
      return verdict;
    }
    if (ftrace::needs_stacks(program) && !ftrace::Instance::can_record_stacks(tracefs->root())) {
      verdict.reason = "kstack: this kernel's tracing instances have no option stacktrace (CONFIG_STACKTRACE)";
      return verdict;
    }
    verdict.possible = true;
    verdict.cost_ns = cost_of(kCosts, program);
    verdict.fidelity = fidelity_of(program, target, *tracefs);
    verdict.notes = notes_of(program);
    return verdict;
  }

  Result<std::unique_ptr<Session>> prepare(const ir::Program& program, const Target& target) override {
    ASSIGN_OR_RETURN(const Tracefs tracefs, Tracefs::open());
    if (const auto refusal = ftrace::check_program(program, has_event_probes)) return Error(refusal->reason);
    ASSIGN_OR_RETURN(auto session, ftrace::FtraceSession::create(program, target, tracefs));
    return std::unique_ptr<Session>(std::move(session));
  }
};

}  // namespace

std::unique_ptr<Backend> make_ftrace_backend() { return std::make_unique<FtraceBackend>(); }

std::vector<std::string> sweep_stale_instances() {
  const Result<Tracefs> tracefs = Tracefs::open();
  if (!tracefs) return {};
  return ftrace::sweep_stale(*tracefs);
}

}  // namespace polytap
