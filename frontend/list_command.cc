#include "frontend/list_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <optional>
#include <utility>

#include "core/base/source.h"
#include "core/kernel/btf_types.h"
#include "core/kernel/glob.h"
#include "core/kernel/tracepoint_catalog.h"
#include "core/lang/parse.h"
#include "core/lang/resolve_events.h"
#include "core/lang/resolve_functions.h"
#include "core/lang/resolve_probes.h"
#include "core/lang/resolve_syscalls.h"
#include "core/lang/resolve_usdt.h"
#include "core/probe/counted_events.h"
#include "core/syscall/table.h"
#include "frontend/question.h"

namespace polytap {

namespace {

std::string type_text(const ProbeArgument& argument) {
  if (argument.form == ProbeArgument::Form::kElsewhere) return argument.type.name;
  return to_string(argument.type);
}

// "tracepoint:syscalls:*open*" or "*open*" (any part may match).
bool matches(std::string_view pattern, std::string_view provider, std::string_view name) {
  const std::string full = fmt::format("{}:{}", provider, name);
  return pattern.empty() || glob_match(pattern, full) || glob_match(pattern, name);
}

void print_site(const ProbeSite& site, bool verbose) {
  fmt::print("{}\n", site.name);
  if (!verbose) return;
  for (const ProbeArgument& argument : site.arguments) {
    if (argument.name.starts_with("common_")) continue;
    const bool result = site.context == ContextKind::kRegisters && site.is_return() && argument.name == "ret";
    fmt::print("    {} {}\n", type_text(argument), result || argument.name == kTracedResult ? "retval" : argument.name);
  }
  if (site.is_function() && site.arguments.empty()) {
    fmt::print("    ({} known: no DWARF, BTF or prototype tells)\n",
               site.is_return() ? "what it returns is not" : "no arguments are");
  }
}

// Functions are listed one file (or the kernel) at a time. Nullopt: PATTERN is not about functions.
std::optional<int> list_functions(const Options& options, const std::string& pattern, const ProbeCatalog& catalog) {
  const auto type = find_provider(pattern.substr(0, pattern.find(':')));
  if (pattern.find(':') == std::string::npos || !type) return std::nullopt;
  ProbeSite kind;
  kind.type = *type;
  if (!kind.is_function() && !kind.is_traced_function()) return std::nullopt;
  const Source source("-l", pattern + " { }");
  Diagnostics diagnostics;
  const ast::Script script = parse(source, diagnostics);
  CompileInput input;
  input.catalog = &catalog;
  input.allow_unsafe = true;  // it is not going to be probed
  if (!options.pids.empty()) input.process = options.pids.front();
  for (const ast::TopLevel& item : script.items) {
    const auto* probe = std::get_if<ast::Probe>(&item.node);
    if (probe == nullptr || diagnostics.has_errors()) continue;
    for (const ast::AttachPoint& point : probe->attach_points) {
      const auto its_type = find_provider(point.provider);
      if (!its_type) continue;
      const std::vector<ProbeSite> sites = *its_type == ProbeType::kUsdt
                                               ? resolve_usdt(point, point.parts, input, diagnostics, diagnostics)
                                               : resolve_functions(point, *its_type, point.parts, options.verbose,
                                                                   false, input, diagnostics, diagnostics);
      std::string before;  // a static probe stands at several places
      for (const ProbeSite& site : sites) {
        if (site.name != before) print_site(site, options.verbose);
        before = site.name;
      }
    }
  }
  fmt::print(stderr, "{}", render(source, diagnostics));
  return diagnostics.has_errors() ? 1 : 0;
}

// What a pattern that may mean functions and static probes stands for: all of a process (-p) without a pattern, all of
// a file with any provider (`*:./a.out:*`), `uprobe:*` and `usdt:*` of a process.
std::vector<std::string> user_patterns(const Options& options) {
  const std::string& pattern = options.list_pattern;
  const bool of_process = !options.pids.empty();
  if (of_process && pattern.empty()) return {"uprobe:*:*", "usdt:*:*"};
  const size_t colon = pattern.find(':');
  if (colon == std::string::npos) return {pattern};
  const std::string rest = pattern.substr(colon + 1);
  if (of_process && rest == "*") return {pattern + ":*"};
  if (pattern.substr(0, colon) == "*" && rest.find('/') != std::string::npos) {
    return {"uprobe:" + rest, "usdt:" + rest};
  }
  return {pattern};
}

// The kernel's functions, for patterns that do not name their provider: those of both ways to enter one.
size_t list_kernel_functions(const Options& options, const ProbeCatalog& catalog) {
  const size_t colon = options.list_pattern.find(':');
  if (colon != std::string::npos && options.list_pattern.find('*') > colon) return 0;
  size_t found = 0;
  for (const ProbeType type : {ProbeType::kKprobe, ProbeType::kFentry}) {
    FunctionQuery query;
    query.function = "*";
    query.with_types = options.verbose;
    const auto sites = catalog.kernel_functions(type, query);
    if (!sites || sites->empty()) break;  // a kernel without kprobes takes no fentry probes either
    for (const ProbeSite& site : *sites) {
      if (!matches(options.list_pattern, provider_name(type), site.function)) continue;
      ++found;
      print_site(site, options.verbose);
    }
  }
  return found;
}

// The probes of the script that was given, each once.
int list_script(const Options& options) {
  Options all = options;
  all.allow_unsafe = true;  // it is not going to be run
  const auto question = load_question(all);
  if (question == nullptr) return 1;
  std::string before;
  for (const ProbeSite& site : question->program().sites) {
    if (site.name == before) continue;
    before = site.name;
    // The script's own functions have their arguments only where it reads them.
    if (options.verbose && site.arguments.empty() && list_functions(all, site.name, *question->catalog)) continue;
    print_site(site, options.verbose);
  }
  return 0;
}

// Those that a script can name, by the kernel's BTF.
size_t list_iterators(const Options& options) {
  size_t found = 0;
  const auto types = make_btf_types();
  for (const std::string& name : types->iterator_names()) {
    if (!matches(options.list_pattern, provider_name(ProbeType::kIter), name)) continue;
    Diagnostics ignored;
    for (const ProbeSite& site : resolve_event({}, ProbeType::kIter, {name}, types.get(), ignored)) {
      ++found;
      print_site(site, options.verbose);
    }
  }
  return found;
}

// Events that are counted, and what comes by the clock: each with its form.
size_t list_events(const Options& options) {
  size_t found = 0;
  const auto show = [&](std::string_view provider, const std::string& name) {
    if (!matches(options.list_pattern, provider, name)) return;
    ++found;
    fmt::print("{}:{}\n", provider, name);
  };
  for (const ProbeType type : {ProbeType::kSoftware, ProbeType::kHardware}) {
    for (const CountedEvent& event : counted_events(type)) {
      show(provider_name(type), fmt::format("{}:", event.name));
      if (!event.alias.empty()) show(provider_name(type), fmt::format("{}:", event.alias));
    }
  }
  for (const ProbeType type : {ProbeType::kInterval, ProbeType::kProfile}) {
    for (const std::string_view unit : {"hz", "ms", "s", "us"}) show(provider_name(type), fmt::format("{}:", unit));
  }
  return found + list_iterators(options);
}

// syscall:NAME, when that is what is asked for: else each call would be there twice.
size_t list_syscalls(const Options& options, const ProbeCatalog& catalog) {
  if (!options.list_pattern.starts_with(kSyscallProbe)) return 0;
  size_t found = 0;
  for (const Syscall& call : syscalls()) {
    const std::string name = fmt::format("{}{}", kSyscallProbe, call.name);
    if (call.event.empty() || !glob_match(options.list_pattern, name)) continue;
    const auto sites = catalog.tracepoints("syscalls", fmt::format("sys_enter_{}", call.event));
    if (!sites.ok() || sites->empty()) continue;
    ++found;
    ProbeSite site = sites->front();
    site.name = name;
    print_site(site, options.verbose);
  }
  return found;
}

// `-l "struct task_struct"`: as the kernel's BTF has it. False: the pattern does not name a type of the kernel.
bool list_type(const std::string& name) {
  const auto types = make_btf_types();
  if (const StructDefinition* definition = types->find_struct(name)) {
    fmt::print("{} {{\n", definition->name);
    for (const Field& field : definition->fields) {
      fmt::print("    {} {}", to_string(field.type), field.name);
      if (field.bit_size != 0) fmt::print(" : {}", field.bit_size);
      fmt::print(";  // offset {}\n", field.offset);
    }
    fmt::print("}};  // size {}\n", definition->size);
    return true;
  }
  const EnumDefinition* definition = name.starts_with("enum ") ? types->find_enum(name) : nullptr;
  if (definition == nullptr) return false;
  fmt::print("{} {{\n", definition->name);
  for (const EnumDefinition::Enumerator& each : definition->enumerators) {
    fmt::print("    {} = {},\n", each.name, each.value);
  }
  fmt::print("}};\n");
  return true;
}

// `tracepoint:sched:*,uprobe:libc:m*` is two. A comma in quotes, parentheses or brackets is the pattern's own.
std::vector<std::string> split_patterns(std::string_view patterns) {
  std::vector<std::string> parts(1);
  int depth = 0;
  bool quoted = false;
  for (const char c : patterns) {
    if (c == '"') quoted = !quoted;
    if (c == '(' || c == '[') ++depth;
    if (c == ')' || c == ']') --depth;
    if (c == ',' && !quoted && depth <= 0) {
      parts.emplace_back();
    } else if (c != ' ' || !parts.back().empty()) {
      parts.back() += c;
    }
  }
  std::erase(parts, "");
  return parts;
}

// `t:sched:*` as `tracepoint:sched:*`.
std::string with_full_provider(const std::string& pattern) {
  const size_t colon = pattern.find(':');
  const std::string provider = pattern.substr(0, colon);
  if (colon == std::string::npos || pattern.starts_with(kSyscallProbe)) return pattern;
  const std::optional<ProbeType> type = find_provider(provider);
  return type ? std::string(provider_name(*type)) + pattern.substr(colon) : pattern;
}

int list_one(const Options& options);

}  // namespace

int list_command(const Options& given) {
  Options options = given;
  // `-l FILE`: what it probes.
  if (!options.has_script && std::filesystem::is_regular_file(options.list_pattern)) {
    options.script_path = std::exchange(options.list_pattern, "");
    options.has_script = true;
  }
  if (options.has_script) return list_script(options);
  if (options.list_pattern.ends_with(".bt")) {
    fmt::print(stderr, "WARNING: there is no file '{0}': taking '{0}' for a pattern of probes\n", options.list_pattern);
  }
  std::vector<std::string> patterns = split_patterns(options.list_pattern);
  if (patterns.empty()) patterns.emplace_back();
  int status = 0;
  for (const std::string& pattern : patterns) {
    options.list_pattern = with_full_provider(pattern);
    status = std::max(status, list_one(options));
  }
  return status;
}

namespace {

// Of a single pattern.
int list_one(const Options& options) {
  const std::string& wanted = options.list_pattern;
  if (wanted.starts_with("struct ") || wanted.starts_with("union ") || wanted.starts_with("enum ")) {
    if (list_type(wanted)) return 0;
    fmt::print(stderr, "The kernel has no '{}' (see /sys/kernel/btf/vmlinux)\n", wanted);
    return 1;
  }
  CatalogOptions places;
  places.debug_directories = options.debug_directories;
  places.traceable_functions = options.traceable_functions;
  const auto catalog = make_catalog(std::move(places));
  const std::vector<std::string> patterns = user_patterns(options);
  std::optional<int> listed;
  for (const std::string& pattern : patterns) {
    const auto status = list_functions(options, pattern, *catalog);
    // Of several kinds one may have none.
    if (status) listed = std::min(listed.value_or(*status), *status);
  }
  if (listed) return *listed;
  size_t found = list_kernel_functions(options, *catalog);
  for (const std::string& name : catalog->tracepoint_names()) {
    if (!matches(options.list_pattern, "tracepoint", name)) continue;
    ++found;
    const size_t colon = name.find(':');
    if (!options.verbose) {
      fmt::print("tracepoint:{}\n", name);
    } else if (const auto sites = catalog->tracepoints(name.substr(0, colon), name.substr(colon + 1)); sites.ok()) {
      for (const ProbeSite& site : *sites) print_site(site, true);
    }
  }
  for (const std::string& name : catalog->raw_tracepoint_names()) {
    if (!matches(options.list_pattern, "rawtracepoint", name)) continue;
    ++found;
    if (!options.verbose) {
      fmt::print("rawtracepoint:{}\n", name);
    } else if (const auto sites = catalog->raw_tracepoints(name); sites.ok()) {
      for (const ProbeSite& site : *sites) print_site(site, true);
    }
  }
  found += list_events(options);
  found += list_syscalls(options, *catalog);
  if (found != 0) return 0;
  fmt::print(stderr, "No probe matches '{}'. Patterns take * ? [...]: try 'tracepoint:syscalls:*open*'.\n",
             options.list_pattern);
  return 1;
}

}  // namespace

}  // namespace polytap
