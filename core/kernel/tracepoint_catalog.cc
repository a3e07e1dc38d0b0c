#include "core/kernel/tracepoint_catalog.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <utility>

#include "core/kernel/btf_types.h"
#include "core/kernel/glob.h"
#include "core/kernel/kernel_functions.h"
#include "core/kernel/tracefs.h"
#include "core/symbol/function_finder.h"
#include "core/symbol/usdt_finder.h"
#include "core/syscall/builtin_events.h"
#include "core/syscall/table.h"

namespace polytap {
namespace {

constexpr uint32_t kWord = 8;

// Every site that needs no tracefs, in order of name.
std::vector<ProbeSite> builtin_sites(std::string_view category, std::string_view event) {
  std::vector<ProbeSite> sites;
  const auto add = [&](ProbeSite site) {
    if (glob_match(category, site.category) && glob_match(event, site.event)) sites.push_back(std::move(site));
  };
  for (ProbeSite& site : builtin_event_sites()) add(std::move(site));
  if (!has_glob(event)) {  // one name: lay out one site, not seven hundred
    const SyscallEvent found = find_syscall_event(event);
    if (found.syscall != nullptr) {
      add(found.is_exit ? syscall_exit_site(*found.syscall) : syscall_enter_site(*found.syscall));
    }
  } else if (glob_match(category, "syscalls")) {
    for (const Syscall& syscall : syscalls()) {
      if (syscall.event.empty()) continue;
      if (glob_match(event, fmt::format("sys_enter_{}", syscall.event))) add(syscall_enter_site(syscall));
      if (glob_match(event, fmt::format("sys_exit_{}", syscall.event))) add(syscall_exit_site(syscall));
    }
  }
  std::ranges::sort(sites, {}, &ProbeSite::name);
  return sites;
}

// The categories of which the tables hold every event.
bool is_complete(std::string_view category) { return category == "syscalls" || category == "raw_syscalls"; }

// The module whose BTF has raw tracepoint EVENT; empty when none has.
std::string module_of_tracepoint(std::string_view event) {
  const std::string name = fmt::format("{0}btf_trace_{1}{0}", '\0', event);
  std::error_code error;
  for (const auto& file : std::filesystem::directory_iterator("/sys/kernel/btf", error)) {
    if (file.path().filename() == "vmlinux") continue;
    const auto bytes = read_kernel_file(file.path());
    if (bytes && bytes->find(name) != std::string::npos) return file.path().filename();
  }
  return {};
}

class TracepointCatalog final : public ProbeCatalog {
 public:
  explicit TracepointCatalog(CatalogOptions options) : options_(std::move(options)) {}

  Result<std::vector<ProbeSite>> tracepoints(std::string_view category, std::string_view event) const override;
  Result<std::vector<ProbeSite>> raw_tracepoints(std::string_view event) const override;
  Result<std::vector<ProbeSite>> user_functions(ProbeType type, const FunctionQuery& query) const override;
  const TypeProvider* module_types(std::string_view module) const override { return user().module_types(module); }
  const TypeProvider* user_types() const override { return user().all_types(); }
  Result<std::vector<ProbeSite>> kernel_functions(ProbeType type, const FunctionQuery& query) const override;
  Result<std::vector<ProbeSite>> usdt_probes(const UsdtQuery& query) const override;
  std::vector<std::string> function_names(ProbeType type, std::string_view module) const override;
  std::vector<std::string> tracepoint_names() const override;
  std::vector<std::string> raw_tracepoint_names() const override;

 private:
  CatalogOptions options_;
  // Filled by the first question.
  mutable std::optional<Result<Tracefs>> tracefs_;
  mutable std::unique_ptr<BtfTypes> own_btf_;
  mutable std::unique_ptr<FunctionFinder> user_;
  mutable std::unique_ptr<KernelFunctions> kernel_;
  mutable std::unique_ptr<UsdtFinder> usdt_;

  const Result<Tracefs>& tracefs() const;
  const BtfTypes& btf() const;
  FunctionFinder& user() const;
  UsdtFinder& usdt() const;
  KernelFunctions& kernel() const;
  ProbeSite raw_site(const std::string& event) const;
};

const Result<Tracefs>& TracepointCatalog::tracefs() const {
  if (!tracefs_) {
    if (options_.source == CatalogOptions::Source::kBuiltin) {
      tracefs_.emplace(Error("tracefs is not to be used"));
    } else if (options_.tracefs_root.empty()) {
      tracefs_.emplace(Tracefs::open());
    } else {
      tracefs_.emplace(Tracefs::open_at(options_.tracefs_root));
    }
  }
  return *tracefs_;
}

const BtfTypes& TracepointCatalog::btf() const {
  if (options_.btf != nullptr) return *options_.btf;
  if (own_btf_ == nullptr) own_btf_ = make_btf_types();
  return *own_btf_;
}

FunctionFinder& TracepointCatalog::user() const {
  if (user_ == nullptr)
    user_ = std::make_unique<FunctionFinder>(ProgramSearch::of_environment(), options_.debug_directories);
  return *user_;
}

UsdtFinder& TracepointCatalog::usdt() const {
  if (usdt_ == nullptr) usdt_ = std::make_unique<UsdtFinder>();
  return *usdt_;
}

KernelFunctions& TracepointCatalog::kernel() const {
  if (kernel_ == nullptr) {
    KernelFunctionFiles files;
    if (const Result<Tracefs>& fs = tracefs()) files.tracefs = fs->root();
    files.traceable = options_.traceable_functions;
    kernel_ = std::make_unique<KernelFunctions>(std::move(files), btf());
  }
  return *kernel_;
}

Result<std::vector<ProbeSite>> TracepointCatalog::user_functions(ProbeType type, const FunctionQuery& query) const {
  return user().find(type, query);
}

Result<std::vector<ProbeSite>> TracepointCatalog::usdt_probes(const UsdtQuery& query) const {
  return usdt().find(query);
}

Result<std::vector<ProbeSite>> TracepointCatalog::kernel_functions(ProbeType type, const FunctionQuery& query) const {
  const bool traced = type == ProbeType::kFentry || type == ProbeType::kFexit;
  return traced ? kernel().find_traced(type, query) : kernel().find(type, query);
}

std::vector<std::string> TracepointCatalog::function_names(ProbeType type, std::string_view module) const {
  if (type == ProbeType::kUsdt) return usdt().names(module);
  const bool user_side = type == ProbeType::kUprobe || type == ProbeType::kUretprobe;
  return user_side ? user().names(module) : kernel().names(module);
}

Result<std::vector<ProbeSite>> read_sites(const Tracefs& tracefs, std::string_view category, std::string_view event) {
  std::vector<ProbeSite> sites;
  std::vector<std::string> categories{std::string(category)};
  if (has_glob(category)) categories = tracefs.categories();
  for (const std::string& in : categories) {
    // The tracers' own records (ftrace:print, ftrace:funcgraph_entry) have formats but cannot be enabled.
    if (in == "ftrace" || !glob_match(category, in)) continue;
    if (!has_glob(event)) {
      Result<EventFormat> format = tracefs.format(in, event);
      if (format) sites.push_back(tracepoint_site(in, std::move(*format)));
      const int code = format ? 0 : format.error().code();
      if (code != 0 && code != ENOENT && code != ENOTDIR && code != EINVAL) return std::move(format).error();
      continue;
    }
    for (const std::string& name : tracefs.events(in)) {
      if (!glob_match(event, name)) continue;
      Result<EventFormat> format = tracefs.format(in, name);
      if (format) {
        sites.push_back(tracepoint_site(in, std::move(*format)));
      } else if (format.error().code() != ENOENT) {  // the module went away meanwhile
        return std::move(format).error();
      }
    }
  }
  std::ranges::sort(sites, {}, &ProbeSite::name);
  return sites;
}

Result<std::vector<ProbeSite>> TracepointCatalog::tracepoints(std::string_view category, std::string_view event) const {
  const Result<Tracefs>& fs = tracefs();
  if (fs) return read_sites(*fs, category, event);
  if (options_.source == CatalogOptions::Source::kTracefs) return fs.error();
  std::vector<ProbeSite> sites = builtin_sites(category, event);
  if (options_.source == CatalogOptions::Source::kBuiltin || is_complete(category)) return sites;
  const bool exact = !has_glob(category) && !has_glob(event) && !sites.empty();
  if (exact) return sites;
  return Error(fmt::format("tracepoint:{}:{}: without tracefs only syscalls:*, raw_syscalls:*, "
                           "sched:sched_process_{{fork,exec,exit}} and signal:signal_deliver are known; {}",
                           category, event, fs.error().message()),
               fs.error().code());
}

ProbeSite TracepointCatalog::raw_site(const std::string& event) const {
  ProbeSite site;
  site.type = ProbeType::kRawTracepoint;
  site.name = "rawtracepoint:" + event;
  site.event = event;
  site.context = ContextKind::kRawArguments;
  auto parameters = btf().raw_tracepoint_parameters(event);
  if (!parameters) {
    site.category = module_of_tracepoint(event);
    return site;
  }
  site.category = "vmlinux";
  for (BtfTypes::Parameter& parameter : *parameters) {
    const size_t index = site.arguments.size();
    ProbeArgument argument;
    argument.name = parameter.name.empty() ? fmt::format("arg{}", index) : std::move(parameter.name);
    argument.type = std::move(parameter.type);
    argument.offset = static_cast<uint32_t>(kWord * index);
    argument.size = std::min(argument.type.size, kWord);
    site.arguments.push_back(std::move(argument));
  }
  site.context_size = static_cast<uint32_t>(kWord * site.arguments.size());
  return site;
}

Result<std::vector<ProbeSite>> TracepointCatalog::raw_tracepoints(std::string_view event) const {
  const Status loaded = btf().load();
  if (!loaded.ok() && !tracefs()) {
    return Error(fmt::format("rawtracepoint:{}: the kernel's raw tracepoints are not known: {}; {}", event,
                             loaded.error().message(), tracefs().error().message()));
  }
  std::vector<ProbeSite> sites;
  if (!has_glob(event) && btf().raw_tracepoint_parameters(event)) {
    sites.push_back(raw_site(std::string(event)));
    return sites;
  }
  for (const std::string& name : raw_tracepoint_names()) {
    if (glob_match(event, name)) sites.push_back(raw_site(name));
  }
  return sites;
}

std::vector<std::string> TracepointCatalog::tracepoint_names() const {
  const Result<Tracefs>& fs = tracefs();
  if (fs) return fs->all_events();
  std::vector<std::string> names;
  if (options_.source == CatalogOptions::Source::kTracefs) return names;
  for (const ProbeSite& site : builtin_event_sites()) names.push_back(fmt::format("{}:{}", site.category, site.event));
  for (const Syscall& syscall : syscalls()) {
    if (syscall.event.empty()) continue;
    names.push_back(fmt::format("syscalls:sys_enter_{}", syscall.event));
    names.push_back(fmt::format("syscalls:sys_exit_{}", syscall.event));
  }
  std::ranges::sort(names);
  return names;
}

std::vector<std::string> TracepointCatalog::raw_tracepoint_names() const {
  std::vector<std::string> from_btf = btf().raw_tracepoint_names();
  std::set<std::string> names(from_btf.begin(), from_btf.end());
  const Result<Tracefs>& fs = tracefs();
  if (fs) {
    for (const std::string& name : fs->all_events()) {
      // syscalls:* hang on the two raw tracepoints sys_enter and sys_exit.
      const size_t colon = name.find(':');
      if (colon != std::string::npos && !name.starts_with("syscalls:")) names.insert(name.substr(colon + 1));
    }
  }
  return {names.begin(), names.end()};
}

}  // namespace

std::unique_ptr<ProbeCatalog> make_catalog(CatalogOptions options) {
  return std::make_unique<TracepointCatalog>(std::move(options));
}

}  // namespace polytap
