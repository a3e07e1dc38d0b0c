#include "backends/uprobe/uprobe_backend.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "backends/uprobe/places.h"
#include "backends/uprobe/uprobe_session.h"
#include "core/kernel/capabilities.h"
#include "core/kernel/tracefs.h"
#include "core/probe/cost_model.h"

namespace polytap {
namespace {

using uprobe::Place;
using uprobe::Way;

// What the kernel does before it goes on; the program runs elsewhere. A machine that leaves a virtual machine at each
// trap takes ten times as long.
constexpr CostModel kCosts = {
    .user_function = 1'300, .user_return = 1'800, .read_memory = 300, .read_string = 900, .stack = 900};
// The kernel runs the PMU's probes of all CPUs one after the other at each firing.
constexpr long kMostCpusForPmu = 8;

std::optional<std::string> why_no_tracefs() {
  const Result<Tracefs> tracefs = Tracefs::open();
  if (!tracefs) return tracefs.error().message();
  const std::string path = tracefs->root() + "/uprobe_events";
  if (access(path.c_str(), W_OK) == 0) return std::nullopt;
  if (errno == ENOENT) return fmt::format("this kernel has no {} (CONFIG_UPROBE_EVENTS)", path);
  return fmt::format("{} is not writable: run as root (sudo polytap ...)", path);
}

std::optional<std::string> why_no_perf() {
  const Privileges privileges = current_privileges();
  if (privileges.cap_perfmon || privileges.cap_sys_admin) return std::nullopt;
  const auto paranoid = read_kernel_file("/proc/sys/kernel/perf_event_paranoid");
  std::string setting = paranoid ? *paranoid : "unknown";
  while (setting.ends_with('\n')) setting.pop_back();
  return fmt::format(
      "perf's uprobes need CAP_PERFMON, whatever kernel.perf_event_paranoid says (it is {}): run as root (sudo polytap "
      "...)",
      setting);
}

struct Choice {
  std::optional<std::string> refusal;
  std::optional<Span> where;
  Way way = Way::kTracefs;
  std::string note;
};

Choice choose_way(const std::vector<Place>& places, const Target& target) {
  Choice choice;
  const auto no_tracefs = why_no_tracefs();
  const auto reads =
      std::ranges::find_if(places, [](const Place& place) { return !place.captures.captures().empty(); });
  const long cpus = sysconf(_SC_NPROCESSORS_ONLN);
  if (reads != places.end()) {
    if (no_tracefs) {
      choice.refusal = fmt::format(
          "what the script reads through pointers must be fetched by the kernel, through tracefs' uprobe_events: {}",
          *no_tracefs);
      choice.where = reads->captures.captures().front().span;
    }
    choice.note = "tracefs uprobe_events, since the script reads through pointers";
  } else if (!target.system_wide() && !no_tracefs) {
    choice.note = "tracefs uprobe_events, which children inherit: other processes do not stop at the probes";
  } else if (cpus > kMostCpusForPmu && !no_tracefs) {
    choice.note = fmt::format("tracefs uprobe_events: one probe for all {} CPUs", cpus);
  } else {
    choice.way = Way::kPerfPmu;
    choice.note = "perf uprobe PMU, since the script reads registers only";
    if (!target.system_wide()) {
      choice.note +=
          fmt::format("; every process stops at the probes, the target's are picked out here ({})", *no_tracefs);
    }
    const auto pmu = uprobe::uprobe_pmu_type();
    if (!pmu) choice.refusal = pmu.error().message();
  }
  return choice;
}

std::vector<std::string> notes_of(const std::vector<Place>& places, const Choice& choice) {
  std::vector<std::string> notes = {choice.note};
  constexpr size_t kMostShown = 8;
  for (const Place& place : places) {
    if (place.captures.captures().empty()) continue;
    if (notes.size() > kMostShown) {
      notes.emplace_back("and so on for the other probes");
      break;
    }
    std::string text;
    for (const FetchField& field : place.captures.fields()) {
      if (!field.tells_only) text += (text.empty() ? "" : " ") + field.argument;
    }
    notes.push_back(fmt::format("{}: the kernel fetches {}", place.site->name, text));
  }
  return notes;
}

std::string fidelity_of(const std::vector<Place>& places) {
  std::string text = fmt::format(
      "firings are lost, and counted, when they come faster than they are read for longer than {} MiB per CPU last",
      uprobe::Rings::sample_bytes() >> 20);
  bool reads = false;
  bool stacks = false;
  for (const Place& place : places) {
    reads |= !place.captures.captures().empty();
    stacks |= place.unwinds();
  }
  if (reads) {
    text += fmt::format(
        "; a firing with a string of more than {} bytes counts as lost; memory that cannot be read is seen as zeros",
        kLongestFetchedString);
  }
  if (stacks) text += fmt::format("; ustack reaches {} KiB of stack", uprobe::kSampledStack >> 10);
  return text;
}

class UprobeBackend : public Backend {
 public:
  std::string_view name() const override { return "uprobe"; }

  double least_cost_ns(const ir::Program& program) const override { return cost_of(kCosts, program); }

  Verdict can_run(const ir::Program& program, const Target& target) const override {
    Verdict verdict;
    if (const auto refusal = uprobe::check_program(program)) {
      verdict.reason = refusal->reason;
      verdict.where = refusal->where;
      return verdict;
    }
    if (const auto reason = why_no_perf()) {
      verdict.reason = *reason;
      return verdict;
    }
    const std::vector<Place> places = uprobe::find_places(program);
    const Choice choice = choose_way(places, target);
    if (choice.refusal) {
      verdict.reason = *choice.refusal;
      verdict.where = choice.where;
      return verdict;
    }
    verdict.possible = true;
    verdict.cost_ns = cost_of(kCosts, program);
    verdict.fidelity = fidelity_of(places);
    verdict.notes = notes_of(places, choice);
    return verdict;
  }

  Result<std::unique_ptr<Session>> prepare(const ir::Program& program, const Target& target) override {
    if (const auto refusal = uprobe::check_program(program)) return Error(refusal->reason);
    const Choice choice = choose_way(uprobe::find_places(program), target);
    if (choice.refusal) return Error(*choice.refusal);
    ASSIGN_OR_RETURN(auto session, uprobe::UprobeSession::create(program, target, choice.way));
    return std::unique_ptr<Session>(std::move(session));
  }
};

}  // namespace

std::unique_ptr<Backend> make_uprobe_backend() { return std::make_unique<UprobeBackend>(); }

std::vector<std::string> sweep_stale_uprobe_events() {
  const Result<Tracefs> tracefs = Tracefs::open();
  if (!tracefs) return {};
  return sweep_stale_groups(*tracefs, uprobe::kUprobeEvents);
}

}  // namespace polytap
