#include "core/lang/check.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "core/base/nearest.h"
#include "core/lang/builtins.h"
#include "core/lang/checker.h"
#include "core/lang/conditionals.h"
#include "core/lang/config.h"
#include "core/lang/walk.h"

namespace polytap {
namespace {

// Types only ever widen, and there are few steps from int8 to int64; strings grow at most once per assignment in a
// chain of maps.
constexpr int kMaxPasses = 64;

// When max_bpf_progs is not set.
constexpr size_t kMaxPrograms = 1024;

constexpr size_t kMaxRows = 500'000;

// What a probe's body looks at in its context.
struct ContextUse {
  std::set<std::string> fields;
  std::set<std::string> numbered;  // arg0, ...: each site of a USDT probe has them elsewhere
  bool all_fields = false;         // `args` as a whole
  bool types = false;              // it names types, which programs have of their own
  bool variables = false;          // $$params, $$locals: of one place
  bool any() const { return all_fields || !fields.empty() || !numbered.empty(); }
};

ContextUse context_use(const ast::Probe& probe, const CheckedScript& checked) {
  ContextUse use;
  int whole = 0;  // mentions of `args` less those in args.NAME
  const auto look = [&](const ast::Expression& expression) {
    use.types = use.types || std::holds_alternative<ast::Cast>(expression.node) ||
                std::holds_alternative<ast::SizeOf>(expression.node) ||
                std::holds_alternative<ast::OffsetOf>(expression.node);
    use.variables = use.variables || program_variables(expression).has_value();
    if (const auto* access = std::get_if<ast::FieldAccess>(&expression.node)) {
      const auto* object = std::get_if<ast::Identifier>(&access->object->node);
      if (object != nullptr && (object->name == "args" || object->name == "ctx")) use.fields.insert(access->field);
      if (object != nullptr && object->name == "args") --whole;
    } else if (const auto* name = std::get_if<ast::Identifier>(&expression.node)) {
      if (name->name == "retval") use.fields.insert(std::string(kTracedResult));
      if (name->name == "args") ++whole;
      if (argument_number(name->name)) use.numbered.insert(name->name);
    } else if (const auto* call = std::get_if<ast::Call>(&expression.node)) {
      if (call->name == "retval") use.fields.insert(std::string(kTracedResult));
    }
  };
  walk(probe, look);
  for (const auto& [name, subprogram] : checked.subprograms) walk(subprogram.definition->body, look);
  use.all_fields = whole > 0;
  return use;
}

std::string layout_of(const ProbeArgument& argument) {
  return fmt::format("{},{},{},{},{},{},{},{},{}", argument.offset, argument.size, static_cast<int>(argument.form),
                     to_string(argument.type), argument.type.is_signed, static_cast<int>(argument.type.space),
                     argument.index, argument.scale, argument.displacement);
}

// The result of functions of which nothing is known.
const std::string kPlainResult = "word";

// Sites with the same layout can share one function.
std::string layout_key(const ProbeSite& site, const ContextUse& use) {
  std::string key = fmt::format("{}:{}", static_cast<int>(site.type), static_cast<int>(site.context));
  if (use.types && site.is_user_function()) key += ":" + site.module;
  if (use.variables) key += fmt::format(":{}:{}", site.module, site.file_offset);
  if (!use.any()) return key;
  if (site.type == ProbeType::kUsdt) {
    for (const std::string& name : use.numbered) {
      const ProbeArgument* argument = site.find_argument(name);
      key += fmt::format(";{}={}", name, argument == nullptr ? "none" : layout_of(*argument));
    }
    return key;
  }
  key += site.category == "syscalls" || site.category == "raw_syscalls" ? ":syscall" : ":other";
  for (const ProbeArgument& argument : site.arguments) {
    if (use.all_fields) key += fmt::format(";{}={}", argument.name, layout_of(argument));
  }
  for (const std::string& field : use.fields) {
    const bool result = field == kTracedResult;
    const ProbeArgument* argument = result ? site.find_result() : site.find_argument(field);
    const bool plain_result = result && site.context == ContextKind::kRegisters && site.is_return();
    const std::string& unknown = plain_result ? kPlainResult : site.name;
    key += fmt::format(";{}={}", field, argument == nullptr ? unknown : layout_of(*argument));
  }
  return key;
}

// The first of the probe's expressions, and how many there are from it to the last.
std::pair<ast::ExpressionId, size_t> own_expressions(const ast::Probe& probe) {
  ast::ExpressionId first = std::numeric_limits<ast::ExpressionId>::max();
  ast::ExpressionId last = 0;
  walk(probe, [&](const ast::Expression& e) {
    first = std::min(first, e.id);
    last = std::max(last, e.id);
  });
  return first > last ? std::pair(first, size_t{0}) : std::pair(first, size_t{last} - first + 1);
}

void note_left_out(const ResolvedProbe& resolved, CheckedScript& checked) {
  walk(*resolved.probe, [&](const ast::Expression& expression) {
    const auto* map = std::get_if<ast::MapReference>(&expression.node);
    if (map != nullptr) checked.left_out_maps.emplace(map->name, resolved.why_none);
  });
}

void make_functions(ResolvedProbe&& resolved, CheckedScript& checked) {
  if (!resolved.why_none.empty()) note_left_out(resolved, checked);
  std::vector<CheckedFunction>& out = checked.functions;
  const ContextUse use = context_use(*resolved.probe, checked);
  const auto [first, count] = own_expressions(*resolved.probe);
  std::map<std::string, size_t> groups;
  for (size_t i = 0; i < resolved.sites.size(); ++i) {
    const auto [group, is_new] = groups.emplace(layout_key(resolved.sites[i], use), out.size());
    if (is_new) {
      CheckedFunction function;
      function.probe = resolved.probe;
      function.place = resolved.places[i];
      function.first_expression = first;
      function.own_expressions.resize(count);
      out.push_back(std::move(function));
    }
    out[group->second].sites.push_back(std::move(resolved.sites[i]));
  }
}

void add_subprogram(const ast::Subprogram& subprogram, Span span, CheckedScript& checked, Diagnostics& diagnostics) {
  const Span place{span.begin, subprogram.body.span.begin};
  if (find_function(subprogram.name) != nullptr || find_builtin(subprogram.name)) {
    diagnostics.error(place, fmt::format("{} is a function of the language already", subprogram.name),
                      "give it another name");
    return;
  }
  const auto [other, is_new] = checked.subprograms.try_emplace(subprogram.name);
  if (is_new) {
    other->second = {&subprogram, place, false};
  } else {
    diagnostics.error(place, fmt::format("The function {}() is there twice", subprogram.name));
    diagnostics.note(other->second.span, "it was defined here");
  }
}

// Which functions something calls.
void mark_calls(const ast::Script& script, CheckedScript& checked) {
  const auto mark = [&](const ast::Expression& e) {
    const auto* call = std::get_if<ast::Call>(&e.node);
    if (call == nullptr) return;
    const auto found = checked.subprograms.find(call->name);
    if (found != checked.subprograms.end()) found->second.is_called = true;
  };
  for (const ast::TopLevel& item : script.items) {
    if (const auto* probe = std::get_if<ast::Probe>(&item.node)) walk(*probe, mark);
    if (const auto* subprogram = std::get_if<ast::Subprogram>(&item.node)) walk(subprogram->body, mark);
  }
}

void check_top_level(const ast::Script& script, CheckedScript& checked, Diagnostics& diagnostics) {
  bool any_probe = false;
  for (const ast::TopLevel& item : script.items) {
    if (std::holds_alternative<ast::Probe>(item.node)) any_probe = true;
    if (const auto* subprogram = std::get_if<ast::Subprogram>(&item.node)) {
      add_subprogram(*subprogram, item.span, checked, diagnostics);
    }
    if (std::holds_alternative<ast::Import>(item.node)) {
      diagnostics.error(item.span, "A script that is not read from a file or from the command line cannot import");
    }
    const auto* map = std::get_if<ast::MapDeclaration>(&item.node);
    if (map == nullptr) continue;
    const std::vector<std::string> kinds = {"hash", "lruhash", "percpuhash", "percpulruhash"};
    if (std::ranges::find(kinds, map->kind) == kinds.end()) {
      const std::string hint = did_you_mean(map->kind, kinds);
      diagnostics.error(item.span, fmt::format("Invalid bpf map type: {}", map->kind),
                        hint.empty() ? "hash, lruhash, percpuhash and percpulruhash are possible" : hint);
      continue;
    }
    if (checked.find_map(map->name)) {
      diagnostics.error(item.span, fmt::format("The map {} is declared twice", map->name));
      continue;
    }
    const auto entries = map->entries == nullptr ? std::nullopt : constant_value(*map->entries, *checked.types);
    if (!entries || *entries < 1 || *entries > int64_t{1} << 24) {
      diagnostics.error(item.span, "The size of a map must be a constant of at least 1");
      continue;
    }
    MapInfo info;
    info.name = map->name;
    info.max_entries = static_cast<uint32_t>(*entries);
    info.evicts = map->kind.ends_with("lruhash");
    info.per_cpu = map->kind.starts_with("percpu");
    info.span = item.span;
    checked.maps.push_back(std::move(info));
  }
  if (!any_probe) diagnostics.error({}, "The script has no probes");
}

// One pass over all functions; whether a type changed.
bool run_pass(CheckedScript& checked, const CompileInput& input, Diagnostics& diagnostics) {
  bool changed = false;
  for (CheckedFunction& function : checked.functions) {
    Checker checker(checked, function, input, diagnostics);
    checker.run();
    if (&function == &checked.functions.front()) {
      for (const auto& [name, subprogram] : checked.subprograms) {
        if (!subprogram.is_called) checker.check_uncalled(subprogram);
      }
    }
    changed = checker.changed() || changed;
  }
  return changed;
}

// What is still unknown then was never assigned: integers, and maps as they are read.
bool settle(CheckedScript& checked) {
  bool changed = false;
  for (MapInfo& map : checked.maps) {
    if (!map.value.is(TypeKind::kNone) || !map.key_known) continue;
    map.value = types::int64();
    map.assumed = true;
    changed = true;
  }
  return changed;
}

// Bytes of a map's key or value; core/ir/verify.cc has the same limit.
constexpr uint32_t kMaxEntry = 1U << 20;

void check_map_sizes(const CheckedScript& checked, Diagnostics& diagnostics) {
  for (const MapInfo& map : checked.maps) {
    uint64_t key = 0;
    for (const Type& type : map.key) key += type.storage_size();
    if (map.per_cpu && !map.value.is(TypeKind::kNone) && !map.value.is(TypeKind::kAggregation)) {
      diagnostics.error(
          map.span,
          fmt::format("{} is declared with a value for each CPU, and holds values of type '{}'", map.name,
                      to_string(map.value)),
          fmt::format("only aggregations can be merged; declare it as {}", map.evicts ? "lruhash" : "hash"));
    }
    if (key <= kMaxEntry && map.value.storage_size() <= kMaxEntry) continue;
    diagnostics.error(map.span, fmt::format("The keys or values of {} are too large: at most {} bytes are possible",
                                            map.name, kMaxEntry));
  }
}

// Maps that are read, and to which no probe assigns. Where a probe's sites were left out its body was not looked at.
void check_undefined_maps(const CheckedScript& checked, bool all_probes, Diagnostics& diagnostics) {
  std::vector<std::string> defined;
  for (const MapInfo& map : checked.maps) {
    if (!map.assumed) defined.push_back(map.name);
  }
  for (const MapInfo& map : checked.maps) {
    if (!map.assumed || !all_probes || checked.skipped_maps.contains(map.name)) continue;
    const std::string hint = did_you_mean(map.name, defined);
    // bpftrace 0.27 reads zeros without a word.
    diagnostics.warning(map.span, fmt::format("Undefined map: {}: nothing assigns to it, and 0 is read", map.name),
                        hint);
  }
}

void warn_of_missing_parameters(const CheckedScript& checked, Diagnostics& diagnostics) {
  if (checked.asks_parameter_count) return;
  for (const auto& [index, span] : checked.missing_parameters) {
    if (checked.asked_parameters.contains(index)) continue;
    diagnostics.warning(span, fmt::format("Positional parameter ${} is not given: it is 0, or an empty text", index));
  }
}

void drop_unused_maps(CheckedScript& checked, Diagnostics& diagnostics) {
  std::erase_if(checked.maps, [&](const MapInfo& map) {
    const bool unused = map.value.is(TypeKind::kNone) && !map.key_known;
    if (unused && !checked.skipped_maps.contains(map.name)) {
      diagnostics.warning(map.span, fmt::format("Unused map: {}", map.name));
    }
    return unused;
  });
}

// A variable has no type when what is assigned to it is wrong.
bool follows(const Diagnostic& fault) { return fault.message.starts_with("Nothing tells the type of"); }

// A wildcard's functions find the same faults.
void report(const Diagnostics& found, bool complete, Diagnostics& out) {
  const bool errors_elsewhere = std::ranges::any_of(
      found.all(), [](const Diagnostic& each) { return each.severity == Severity::kError && !follows(each); });
  std::set<std::tuple<uint32_t, uint32_t, std::string>> seen;
  for (const Diagnostic& each : found.all()) {
    if (errors_elsewhere && follows(each)) continue;
    // It may be defined in a probe that could not be resolved.
    if (!complete && each.message.starts_with("Undefined map")) continue;
    // Messages of one place that differ by the site's name only are one too many as well.
    if (!seen.emplace(each.span.begin, each.span.end, each.message.substr(0, 16)).second) continue;
    if (each.severity == Severity::kError) out.error(each.span, each.message, each.hint);
    if (each.severity == Severity::kWarning) out.warning(each.span, each.message, each.hint);
    if (each.severity == Severity::kNote) out.note(each.span, each.message);
  }
}

// #include "file" names a file of the user's own: that it is not there is told at once.
void check_own_headers(const ast::Script& script, const HeaderOptions& options, Diagnostics& diagnostics) {
  std::vector<std::string> folders = {options.script_folder.empty() ? "." : options.script_folder};
  folders.insert(folders.end(), options.folders.begin(), options.folders.end());
  for (const char* folder : {"/usr/include", "/usr/local/include", "/usr/include/x86_64-linux-gnu"}) {
    folders.emplace_back(folder);
  }
  const std::vector<bool> active = active_items(script, nullptr);
  for (size_t i = 0; i < script.items.size(); ++i) {
    const auto* line = std::get_if<ast::Preprocessor>(&script.items[i].node);
    const auto file = line == nullptr || !active[i] ? std::nullopt : included_file(line->text);
    if (!file || file->front() != '"') continue;
    const std::string name = file->substr(1, file->size() - 2);
    const bool found = std::any_of(folders.begin(), folders.end(), [&](const std::string& folder) {
      return access((name.starts_with('/') ? name : folder + "/" + name).c_str(), R_OK) == 0;
    });
    if (!found) {
      diagnostics.error(script.items[i].span, fmt::format("{} was not found", *file),
                        "-I names a folder in which to look for headers");
    }
  }
}

// What was wrong with the headers, if they were needed. Those of the kernel may be missing: BTF stands in.
void report_headers(const ast::Script& script, const Headers& headers, Diagnostics& diagnostics) {
  if (!headers.were_read() || !headers.any()) return;
  for (const ast::TopLevel& item : script.items) {
    const auto* line = std::get_if<ast::Preprocessor>(&item.node);
    const auto file = line == nullptr ? std::nullopt : included_file(line->text);
    if (!file || is_kernel_header(*file)) continue;
    const auto& missing = headers.missing();
    if (!headers.trouble().empty()) {
      diagnostics.warning(item.span, fmt::format("The headers were not read in full: {}", headers.trouble()));
      return;
    }
    if (std::find(missing.begin(), missing.end(), *file) == missing.end() &&
        std::find(missing.begin(), missing.end(), file->substr(1, file->size() - 2)) == missing.end()) {
      continue;
    }
    diagnostics.warning(item.span, fmt::format("{} was not found", *file),
                        "-I names a folder in which to look for headers");
  }
}

}  // namespace

CheckedScript check(const ast::Script& script, std::vector<ResolvedProbe> probes, const CompileInput& input,
                    Diagnostics& diagnostics) {
  CheckedScript checked;
  checked.settings = input.settings;
  checked.parameters = input.parameters;
  checked.types =
      std::make_unique<ScriptTypes>(script, input.types, diagnostics, input.headers, input.catalog->user_types());
  checked.defines = read_defines(script, diagnostics);
  check_own_headers(script, input.headers, diagnostics);
  check_top_level(script, checked, diagnostics);
  mark_calls(script, checked);
  bool complete = true;
  size_t sites = 0;
  for (const ResolvedProbe& probe : probes) {
    const size_t before = std::exchange(sites, sites + probe.sites.size());
    const uint32_t limit = checked.settings.max_probes;
    if (limit == 0 || before > limit || sites <= limit) continue;
    diagnostics.error(probe.probe->span, fmt::format("The script has more than {} probes", limit),
                      "raise max_probes, or let the patterns match fewer");
  }
  const bool all_probes = std::ranges::none_of(probes, [](const ResolvedProbe& probe) { return probe.sites.empty(); });
  for (const ResolvedProbe& probe : probes) complete = complete && (!probe.sites.empty() || !diagnostics.has_errors());
  size_t rows = 0;
  for (ResolvedProbe& probe : probes) {
    const size_t before = checked.functions.size();
    make_functions(std::move(probe), checked);
    for (size_t i = before; i < checked.functions.size(); ++i) rows += checked.functions[i].own_expressions.size();
    if (rows > kMaxRows) {
      diagnostics.error(checked.functions.back().place,
                        fmt::format("The script is too large: its probes have more than {} expressions", kMaxRows),
                        "probes of one clause that see different contexts count each");
      return checked;
    }
  }
  const size_t programs = checked.settings.max_programs != 0 ? checked.settings.max_programs : kMaxPrograms;
  if (checked.functions.size() > programs) {
    diagnostics.error(checked.functions[programs].place,
                      fmt::format("The script needs more than {} programs, one for each probe clause", programs),
                      "raise max_bpf_progs, or put the attach points of equal clauses together");
    return checked;
  }
  Diagnostics found;
  for (int pass = 0; pass < kMaxPasses; ++pass) {
    found = Diagnostics();
    if (!run_pass(checked, input, found) && !settle(checked)) break;
  }
  // What is wrong elsewhere may be why nothing is assigned.
  if (!found.has_errors()) check_undefined_maps(checked, all_probes, found);
  warn_of_missing_parameters(checked, found);
  report(found, complete, diagnostics);
  if (!diagnostics.has_errors()) drop_unused_maps(checked, diagnostics);
  report_headers(script, checked.types->headers(), diagnostics);
  check_map_sizes(checked, diagnostics);
  return checked;
}

}  // namespace polytap
