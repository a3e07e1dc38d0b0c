#include "frontend/question.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string_view>

#include "backends/ebpf/ebpf_backend.h"
#include "backends/ftrace/ftrace_backend.h"
#include "backends/ptrace/ptrace_backend.h"
#include "backends/uprobe/uprobe_backend.h"
#include "core/base/nearest.h"
#include "core/kernel/btf_types.h"
#include "core/kernel/tracepoint_catalog.h"
#include "core/lang/config.h"
#include "core/lang/import.h"

namespace polytap {

namespace {

// They win over config = { ... } in the script.
EnvironmentSettings read_settings() {
  std::vector<std::string_view> environment;
  for (char** each = environ; *each != nullptr; ++each) environment.emplace_back(*each);
  EnvironmentSettings found = settings_from_environment(environment);
  for (const std::string& each : found.complaints) fmt::print(stderr, "WARNING: {}\n", each);
  return found;
}

// BPFTRACE_BTF names another file than the running kernel's own, also for polytap.
Result<std::string> kernel_types_path() {
  const char* given = std::getenv("BPFTRACE_BTF");
  if (given == nullptr || *given == '\0') return std::string(kVmlinuxBtf);
  if (::access(given, R_OK) != 0) return Error::from_errno(fmt::format("BPFTRACE_BTF: read {}", given));
  return std::string(given);
}

// Where #include "file" of a script is looked for first: beside it.
std::string folder_of(const std::string& script) {
  const size_t slash = script.rfind('/');
  return slash == std::string::npos ? "" : script.substr(0, slash + 1);
}

void print_script_options(const Compiled& compiled) {
  fmt::print("Options of the script, behind --:\n");
  for (const auto& [name, description] : compiled.options) fmt::print("  --{:<24} {}\n", name, description);
}

// Whether the script asks for every --name that it was given.
bool takes_options(const Compiled& compiled, const Options& options) {
  std::vector<std::string> names;
  for (const auto& option : compiled.options) names.push_back(option.first);
  for (const auto& [name, value] : options.named_parameters) {
    if (name == "help" || std::find(names.begin(), names.end(), name) != names.end()) continue;
    std::string hint = did_you_mean(name, names);
    if (hint.empty()) hint = names.empty() ? "it calls getopt() nowhere" : "see -- --help";
    fmt::print(stderr, "ERROR: the script has no option --{}\nHINT: {}\n", name, hint);
    return false;
  }
  return true;
}

}  // namespace

Result<Source> read_script(const Options& options) {
  if (options.script_path.empty()) return Source("stdin", options.script_text);
  const bool from_stdin = options.script_path == "-";
  std::ifstream file(from_stdin ? "/dev/stdin" : options.script_path, std::ios::binary);
  if (!file) return Error::from_errno("read script " + options.script_path);
  std::stringstream text;
  text << file.rdbuf();
  if (file.bad()) return Error::from_errno("read script " + options.script_path);
  return Source(from_stdin ? "stdin" : options.script_path, text.str());
}

std::unique_ptr<Question> load_question(const Options& options) {
  auto question = std::make_unique<Question>();
  auto source = read_script(options);
  if (!source) {
    fmt::print(stderr, "ERROR: {}\n", source.error().message());
    return nullptr;
  }
  question->source = std::move(source).value();
  const auto btf_path = kernel_types_path();
  if (!btf_path) {
    fmt::print(stderr, "ERROR: {}\n", btf_path.error().message());
    return nullptr;
  }
  auto btf = make_btf_types(*btf_path);
  CatalogOptions catalog;
  catalog.btf = btf.get();
  catalog.traceable_functions = options.traceable_functions;
  catalog.debug_directories = options.debug_directories;
  question->types = std::move(btf);
  question->catalog = make_catalog(catalog);
  Diagnostics diagnostics;
  const ast::Script script = parse_with_imports(*question->source, diagnostics);
  if (!diagnostics.has_errors()) {
    CompileInput input;
    input.catalog = question->catalog.get();
    input.types = question->types.get();
    input.parameters = options.parameters;
    input.allow_unsafe = options.allow_unsafe;
    if (!options.pids.empty()) input.process = options.pids.front();
    input.named_parameters = options.named_parameters;
    EnvironmentSettings environment = read_settings();
    input.settings = std::move(environment.settings);
    input.settings_kept = std::move(environment.names);
    input.headers = {options.include_folders, options.include_files, folder_of(options.script_path)};
    input.settings.report_faults = options.report_faults;
    input.probe_filter = options.probe_filter;
    question->compiled = compile(script, input, diagnostics);
  }
  for (const Diagnostic& diagnostic : diagnostics.all()) {
    if (diagnostic.severity == Severity::kWarning && options.no_warnings) continue;
    fmt::print(stderr, "{}", render(*question->source, diagnostic));
  }
  if (!question->compiled) return nullptr;
  if (options.help_of_script) print_script_options(*question->compiled);
  if (options.verbose) {
    for (const std::string& note : question->compiled->header_notes) fmt::print(stderr, "headers: {}\n", note);
  }
  return takes_options(*question->compiled, options) ? std::move(question) : nullptr;
}

Result<Target> choose_target(const Options& options, const Question& question) {
  Target target;
  target.counts_events = options.verbose;
  if (options.system_wide) return target;
  target.pids = options.pids;
  for (const pid_t pid : target.pids) {
    if (access(fmt::format("/proc/{}", pid).c_str(), F_OK) != 0) {
      return Error(fmt::format("there is no process {}: give -p the pid of a running one", pid), ESRCH);
    }
  }
  const auto implied = question.compiled->implied_pid;
  if (target.pids.empty() && options.command.empty() && implied && *implied > 0 &&
      access(fmt::format("/proc/{}", *implied).c_str(), F_OK) == 0) {
    target.pids.push_back(static_cast<pid_t>(*implied));
    target.by_predicate = true;
  }
  return target;
}

std::vector<std::unique_ptr<Backend>> all_backends() {
  std::vector<std::unique_ptr<Backend>> backends;
  backends.push_back(make_ebpf_backend());
  backends.push_back(make_ptrace_backend());
  backends.push_back(make_uprobe_backend());
  backends.push_back(make_ftrace_backend());
  return backends;
}

}  // namespace polytap
