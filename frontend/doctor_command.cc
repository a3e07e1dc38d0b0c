#include "frontend/doctor_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include <nlohmann/json.hpp>

#include "backends/ftrace/ftrace_backend.h"
#include "backends/uprobe/uprobe_backend.h"
#include "core/kernel/capabilities.h"
#include "core/kernel/tracepoint_catalog.h"
#include "frontend/question.h"

namespace polytap {

namespace {

std::string_view state_name(CapabilityState state) {
  switch (state) {
    case CapabilityState::kAvailable:
      return "yes";
    case CapabilityState::kLimited:
      return "partly";
    case CapabilityState::kMissing:
      return "no";
  }
  return "";
}

// The plainest question there is, which tells whether a backend can work at all.
struct BackendState {
  std::string name;
  Verdict verdict;
};

// A program that counts one system call, as every backend could.
ir::Program simplest_program(const ProbeCatalog& catalog) {
  ir::Program program;
  auto sites = catalog.tracepoints("syscalls", "sys_enter_openat");
  if (sites && !sites->empty()) {
    program.sites = std::move(sites).value();
    ir::Function function;
    function.name = program.sites.front().name;
    function.sites = {0};
    function.blocks.emplace_back();
    program.functions.push_back(std::move(function));
  }
  return program;
}

void print_text(const std::vector<BackendState>& backends, const std::vector<Capability>& capabilities) {
  for (const BackendState& backend : backends) {
    fmt::print("{:<16} {:<7} {}\n", "backend " + backend.name, backend.verdict.possible ? "yes" : "no",
               backend.verdict.possible ? "can trace your own commands here" : backend.verdict.reason);
  }
  fmt::print("\n");
  for (const Capability& capability : capabilities) {
    fmt::print("{:<16} {:<7} {}\n", capability.name, state_name(capability.state), capability.detail);
    if (!capability.remedy.empty()) fmt::print("{:<24} remedy: {}\n", "", capability.remedy);
  }
}

void print_json(const std::vector<BackendState>& backends, const std::vector<Capability>& capabilities) {
  nlohmann::ordered_json json;
  for (const BackendState& backend : backends) {
    json["backends"].push_back(
        {{"name", backend.name}, {"possible", backend.verdict.possible}, {"reason", backend.verdict.reason}});
  }
  for (const Capability& capability : capabilities) {
    json["capabilities"].push_back({{"name", capability.name},
                                    {"state", state_name(capability.state)},
                                    {"detail", capability.detail},
                                    {"remedy", capability.remedy}});
  }
  fmt::print("{}\n", json.dump(2));
}

// Only tracefs keeps anything beyond the end of a process: BPF programs, perf events and ptrace end with it.
int clean_up() {
  const std::vector<std::string> removed = sweep_stale_instances();
  for (const std::string& name : removed) fmt::print("removed tracing instance {}\n", name);
  const std::vector<std::string> groups = sweep_stale_uprobe_events();
  for (const std::string& name : groups) fmt::print("removed uprobe events {}\n", name);
  if (removed.empty() && groups.empty()) fmt::print("nothing was left behind\n");
  return 0;
}

}  // namespace

int doctor_command(const Options& options, const BackendList& backends) {
  if (options.clean) return clean_up();
  const auto catalog = make_catalog();
  const ir::Program program = simplest_program(*catalog);
  Target target;
  target.will_launch = true;
  std::vector<BackendState> states;
  bool any = false;
  for (const auto& backend : backends) {
    states.push_back({std::string(backend->name()), backend->can_run(program, target)});
    any = any || states.back().verdict.possible;
  }
  const std::vector<Capability> capabilities = detect_capabilities();
  if (options.format == OutputFormat::kJson) {
    print_json(states, capabilities);
  } else {
    print_text(states, capabilities);
  }
  return any ? 0 : 1;
}

}  // namespace polytap
