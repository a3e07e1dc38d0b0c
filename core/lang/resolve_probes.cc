#include "core/lang/resolve_probes.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <functional>
#include <iterator>

#include "core/base/nearest.h"
#include "core/kernel/glob.h"
#include "core/lang/config.h"
#include "core/lang/functions.h"
#include "core/lang/literal.h"
#include "core/lang/program_variables.h"
#include "core/lang/resolve_events.h"
#include "core/lang/resolve_functions.h"
#include "core/lang/resolve_syscalls.h"
#include "core/lang/resolve_usdt.h"
#include "core/lang/walk.h"

namespace polytap {
namespace {

struct Provider {
  ProbeType type;
  std::string_view name;
  std::string_view alias;
  std::string_view other;  // an older name
  bool supported = false;
};

constexpr Provider kProviders[] = {
    {ProbeType::kBegin, "begin", "", "", true},
    {ProbeType::kEnd, "end", "", "", true},
    {ProbeType::kInterval, "interval", "i", "", true},
    {ProbeType::kTracepoint, "tracepoint", "t", "", true},
    {ProbeType::kRawTracepoint, "rawtracepoint", "rt", "", true},
    {ProbeType::kProfile, "profile", "p", "", true},
    {ProbeType::kKprobe, "kprobe", "k", "", true},
    {ProbeType::kKretprobe, "kretprobe", "kr", "", true},
    {ProbeType::kFentry, "fentry", "f", "kfunc", true},
    {ProbeType::kFexit, "fexit", "fr", "kretfunc", true},
    {ProbeType::kUprobe, "uprobe", "u", "", true},
    {ProbeType::kUretprobe, "uretprobe", "ur", "", true},
    {ProbeType::kUsdt, "usdt", "U", "", true},
    {ProbeType::kSoftware, "software", "s", "", true},
    {ProbeType::kHardware, "hardware", "h", "", true},
    {ProbeType::kWatchpoint, "watchpoint", "w", "asyncwatchpoint", true},
    {ProbeType::kIter, "iter", "it", "", true},
    {ProbeType::kSelf, "self", "", "", true},
    {ProbeType::kTest, "test", "", "", true},
    {ProbeType::kBench, "bench", "", "", true},
    // The events of a call by the call's name: polytap's own.
    {ProbeType::kTracepoint, "syscall", "", "", true},
};

std::string lower_case(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(), [](unsigned char c) { return std::tolower(c); });
  return result;
}

const Provider* find_row(std::string_view name) {
  // The one alias that differs from another's name by case only.
  if (name == "U") return &kProviders[12];
  const std::string lower = lower_case(name);
  for (const Provider& provider : kProviders) {
    if (lower == provider.name || (!provider.alias.empty() && lower == provider.alias) ||
        (!provider.other.empty() && lower == provider.other)) {
      return &provider;
    }
  }
  return nullptr;
}

std::string supported_providers() {
  std::vector<std::string_view> names;
  for (const Provider& provider : kProviders) {
    if (provider.supported) names.push_back(provider.name);
  }
  return fmt::format("{} are", fmt::join(names, ", "));
}

bool has_wildcard(std::string_view text) { return text.find_first_of("*?[") != std::string_view::npos; }

// Whether types of arguments matter to the probe's body: `args`, `retval`.
bool uses_arguments(const ast::Probe& probe) {
  bool found = false;
  walk(probe, [&](const ast::Expression& expression) {
    const auto* name = std::get_if<ast::Identifier>(&expression.node);
    const auto* call = std::get_if<ast::Call>(&expression.node);
    found = found || (name != nullptr && (name->name == "args" || name->name == "retval")) ||
            (call != nullptr && call->name == "retval");
  });
  return found;
}

// The same of the program's variables. A function of the script may look at them, too.
bool uses_variables(const ast::Probe& probe) {
  bool found = false;
  walk(probe, [&](const ast::Expression& expression) {
    const auto* call = std::get_if<ast::Call>(&expression.node);
    found =
        found || program_variables(expression).has_value() || (call != nullptr && find_function(call->name) == nullptr);
  });
  return found;
}

class Resolver {
 public:
  Resolver(const CompileInput& input, ir::MissingProbes missing, Diagnostics& diagnostics)
      : input_(input), missing_policy_(missing), diagnostics_(diagnostics) {}

  void resolve(const ast::Probe& probe, ResolvedProbe& out) {
    missing_ = Diagnostics();
    looks_at_arguments_ = uses_arguments(probe);
    looks_at_variables_ = uses_variables(probe);
    for (const ast::AttachPoint& point : probe.attach_points) resolve(point, out);
    drop_repeated(out);
    if (out.sites.empty() && !missing_.all().empty()) out.why_none = missing_.all().front().message;
    report_missing(!out.sites.empty());
  }

 private:
  // A list of functions of which some exist is written for several versions of a program.
  void report_missing(bool others_found) {
    using enum ir::MissingProbes;
    if (missing_policy_ == kIgnore) return;
    const bool warn = missing_policy_ == kWarn || (missing_policy_ == kAlternative && others_found);
    if (!warn) {
      diagnostics_.append(missing_);
      return;
    }
    for (const Diagnostic& each : missing_.all()) diagnostics_.warning(each.span, each.message, each.hint);
  }

  // With $1 in front of the first colon.
  void resolve_named_by_parameter(const ast::AttachPoint& point, ResolvedProbe& out) {
    const auto replaced = replace_parameters(point.provider, point.span);
    if (!replaced) return;
    ast::AttachPoint whole;
    whole.span = point.span;
    whole.text = *replaced + point.text.substr(point.provider.size());
    std::string_view rest = *replaced;
    const size_t colon = rest.find(':');
    whole.provider = std::string(rest.substr(0, colon));
    while (rest.find(':') != std::string_view::npos) {
      rest.remove_prefix(rest.find(':') + 1);
      whole.parts.emplace_back(rest.substr(0, rest.find(':')));
    }
    whole.parts.insert(whole.parts.end(), point.parts.begin(), point.parts.end());
    resolve(whole, out);
  }

  void resolve(const ast::AttachPoint& point, ResolvedProbe& out) {
    if (point.provider.find('$') != std::string::npos && !input_.parameters.empty()) {
      resolve_named_by_parameter(point, out);
      return;
    }
    const Provider* provider = find_row(point.provider);
    if (provider == nullptr) {
      unknown_provider(point);
      return;
    }
    if (!provider->supported) {
      diagnostics_.error(point.span,
                         fmt::format("{} probes are not carried out by this version of polytap", provider->name),
                         supported_providers());
      return;
    }
    std::vector<std::string> parts;
    for (const std::string& part : point.parts) {
      auto replaced = replace_parameters(part, point.span);
      if (!replaced) return;
      parts.push_back(std::move(*replaced));
    }
    const size_t before = out.sites.size();
    switch (provider->type) {
      case ProbeType::kBegin:
      case ProbeType::kEnd:
        special(point, provider->type, parts, out);
        break;
      case ProbeType::kInterval:
      case ProbeType::kProfile:
      case ProbeType::kSoftware:
      case ProbeType::kHardware:
      case ProbeType::kWatchpoint:
      case ProbeType::kIter:
      case ProbeType::kSelf:
      case ProbeType::kTest:
      case ProbeType::kBench:
        std::ranges::move(resolve_event(point, provider->type, parts, input_.types, diagnostics_),
                          std::back_inserter(out.sites));
        break;
      case ProbeType::kTracepoint:
        if (provider->name == "syscall") {
          std::ranges::move(resolve_syscalls(point, parts, input_, diagnostics_, missing_),
                            std::back_inserter(out.sites));
        } else {
          tracepoint(point, parts, out);
        }
        break;
      case ProbeType::kUsdt:
        std::ranges::move(resolve_usdt(point, parts, input_, diagnostics_, missing_), std::back_inserter(out.sites));
        break;
      case ProbeType::kKprobe:
      case ProbeType::kKretprobe:
      case ProbeType::kFentry:
      case ProbeType::kFexit:
      case ProbeType::kUprobe:
      case ProbeType::kUretprobe:
        std::ranges::move(resolve_functions(point, provider->type, parts, looks_at_arguments_, looks_at_variables_,
                                            input_, diagnostics_, missing_),
                          std::back_inserter(out.sites));
        break;
      default:
        raw_tracepoint(point, parts, out);
        break;
    }
    for (size_t i = before; i < out.sites.size(); ++i) {
      out.places.push_back(point.span);
      if (stands_for_other_library(point, out.sites[i])) stand_ins_.push_back(i);
    }
  }

  // Since glibc 2.34 libc has what other libraries had (resolve_functions() looks there).
  static bool stands_for_other_library(const ast::AttachPoint& point, const ProbeSite& site) {
    if (!site.is_user_function() || point.parts.empty()) return false;
    const auto file = [](std::string_view path) { return path.substr(path.rfind('/') + 1); };
    const std::string_view written = file(point.parts.front());
    const bool other = std::ranges::any_of(std::array{"libpthread", "libdl", "librt", "libutil"},
                                           [&](std::string_view name) { return written.starts_with(name); });
    return other && file(site.module).starts_with("libc.so");
  }

  // A list for older and newer systems names both libraries: what is called there once fires once.
  void drop_repeated(ResolvedProbe& out) {
    for (size_t i = stand_ins_.size(); i-- > 0;) {
      const size_t at = stand_ins_[i];
      const ProbeSite& site = out.sites[at];
      const auto same = std::ranges::count_if(out.sites, [&](const ProbeSite& other) {
        return other.type == site.type && other.module == site.module && other.file_offset == site.file_offset;
      });
      if (same < 2) continue;
      out.sites.erase(out.sites.begin() + static_cast<std::ptrdiff_t>(at));
      out.places.erase(out.places.begin() + static_cast<std::ptrdiff_t>(at));
    }
    stand_ins_.clear();
  }

  void unknown_provider(const ast::AttachPoint& point) {
    std::vector<std::string> names;
    for (const Provider& provider : kProviders) names.emplace_back(provider.name);
    std::string hint;
    // A function's or a category's name alone is the commonest slip.
    if (!point.parts.empty()) {
      const auto known = input_.catalog->tracepoint_names();
      const std::string name = point.provider + ":" + point.parts.front();
      if (std::find(known.begin(), known.end(), name) != known.end()) hint = fmt::format("write 'tracepoint:{}'", name);
    }
    if (hint.empty()) hint = did_you_mean(lower_case(point.provider), names);
    diagnostics_.error(point.span, fmt::format("Invalid probe type: {}", point.provider), hint);
  }

  std::optional<std::string> replace_parameters(const std::string& part, Span span) {
    std::string out;
    for (size_t i = 0; i < part.size();) {
      if (part[i] != '$' || i + 1 >= part.size()) {
        out += part[i++];
        continue;
      }
      if (part[i + 1] == '#') {
        out += fmt::format("{}", input_.parameters.size());
        i += 2;
        continue;
      }
      size_t end = i + 1;
      size_t number = 0;
      while (end < part.size() && part[end] >= '0' && part[end] <= '9' && number < 10000) {
        number = number * 10 + static_cast<size_t>(part[end++] - '0');
      }
      if (end == i + 1) {
        out += part[i++];
        continue;
      }
      if (number == 0 || number > input_.parameters.size()) {
        diagnostics_.error(span,
                           fmt::format("The probe needs the parameter ${}, and {} given", number,
                                       input_.parameters.empty() ? "none was" : "too few were"),
                           "positional parameters come behind the script");
        return std::nullopt;
      }
      out += input_.parameters[number - 1];
      i = end;
    }
    return out;
  }

  void special(const ast::AttachPoint& point, ProbeType type, const std::vector<std::string>& parts,
               ResolvedProbe& out) {
    if (!parts.empty()) {
      diagnostics_.error(point.span, fmt::format("{} takes no arguments", point.provider));
      return;
    }
    ProbeSite site;
    site.type = type;
    site.name = type == ProbeType::kBegin ? "BEGIN" : "END";
    out.sites.push_back(std::move(site));
  }

  void append(const ast::AttachPoint& point, Result<std::vector<ProbeSite>> found, bool wildcard,
              const std::string& what, const std::string& name, ResolvedProbe& out,
              const std::function<std::string()>& hint) {
    if (!found.ok()) {
      diagnostics_.error(point.span, found.error().message());
      return;
    }
    if (found->empty()) {
      if (wildcard) {
        missing_.error(point.span, fmt::format("No {} matches '{}'", what, name), hint());
      } else {
        missing_.error(point.span, fmt::format("No such {}: '{}'", what, name), hint());
      }
      return;
    }
    for (ProbeSite& site : *found) {
      site.from_pattern = wildcard;
      out.sites.push_back(std::move(site));
    }
  }

  void tracepoint(const ast::AttachPoint& point, const std::vector<std::string>& parts, ResolvedProbe& out) {
    if (parts.size() != 2 || parts[0].empty() || parts[1].empty()) {
      diagnostics_.error(point.span, "A tracepoint is written tracepoint:category:event", tracepoint_form_hint(parts));
      return;
    }
    const std::string name = parts[0] + ":" + parts[1];
    append(point, input_.catalog->tracepoints(parts[0], parts[1]), has_wildcard(name), "tracepoint", name, out,
           [&] { return tracepoint_hint(parts[0], parts[1]); });
  }

  std::string tracepoint_form_hint(const std::vector<std::string>& parts) {
    if (parts.size() != 1) return {};
    for (const std::string& name : input_.catalog->tracepoint_names()) {
      if (std::string_view(name).substr(name.find(':') + 1) == parts[0])
        return fmt::format("write 'tracepoint:{}'", name);
    }
    return {};
  }

  std::string tracepoint_hint(const std::string& category, const std::string& event) {
    std::vector<std::string> categories;
    std::vector<std::string> events;
    std::string elsewhere;
    for (const std::string& name : input_.catalog->tracepoint_names()) {
      const size_t colon = name.find(':');
      if (colon == std::string::npos) continue;
      const std::string its_category = name.substr(0, colon);
      const std::string its_event = name.substr(colon + 1);
      if (categories.empty() || categories.back() != its_category) categories.push_back(its_category);
      if (its_category == category) events.push_back(its_event);
      if (its_event == event) elsewhere = name;
    }
    if (!elsewhere.empty()) return fmt::format("did you mean 'tracepoint:{}'?", elsewhere);
    if (!events.empty()) {
      if (const auto near = nearest(event, events))
        return fmt::format("did you mean 'tracepoint:{}:{}'?", category, *near);
      return fmt::format("'polytap -l tracepoint:{}:*' lists what there is", category);
    }
    if (const auto near = nearest(category, categories)) return fmt::format("did you mean the category '{}'?", *near);
    return {};
  }

  void raw_tracepoint(const ast::AttachPoint& point, const std::vector<std::string>& parts, ResolvedProbe& out) {
    if (parts.empty() || parts.size() > 2 || parts.back().empty()) {
      diagnostics_.error(point.span, "A raw tracepoint is written rawtracepoint:event or rawtracepoint:module:event");
      return;
    }
    auto found = input_.catalog->raw_tracepoints(parts.back());
    if (found.ok() && parts.size() == 2) {
      std::erase_if(*found, [&](const ProbeSite& site) { return !glob_match(parts.front(), site.category); });
    }
    const bool pattern = has_wildcard(parts.front()) || has_wildcard(parts.back());
    append(point, std::move(found), pattern, "raw tracepoint", fmt::format("{}", fmt::join(parts, ":")), out,
           [&] { return did_you_mean(parts.back(), input_.catalog->raw_tracepoint_names()); });
  }

  bool looks_at_arguments_ = false;  // the probe that is resolved
  bool looks_at_variables_ = false;
  const CompileInput& input_;
  ir::MissingProbes missing_policy_;
  Diagnostics& diagnostics_;
  std::vector<size_t> stand_ins_;  // of the probe's sites: found in libc instead of the library that it names
  Diagnostics missing_;            // of the current probe: there is nothing of that name
};

}  // namespace

std::optional<ProbeType> find_provider(std::string_view name) {
  const Provider* row = find_row(name);
  return row == nullptr ? std::nullopt : std::optional(row->type);
}

std::string_view provider_name(ProbeType type) {
  for (const Provider& provider : kProviders) {
    if (provider.type == type) return provider.name;
  }
  return "";
}

Result<uint64_t> parse_period(const std::vector<std::string>& parts) {
  if (parts.empty() || parts.size() > 2) return Error("An interval needs a unit and a number");
  std::string unit = parts.size() == 2 ? parts[0] : "";
  const std::string& text = parts.back();
  uint64_t number = 0;
  LiteralError wrong;
  const bool digits = !text.empty() && text.find_first_of("xXuUlL") == std::string::npos;
  if (const auto literal = digits ? read_integer(text, wrong) : std::nullopt) {
    if (literal->is_duration && parts.size() == 2) {
      return Error(fmt::format("'{}' is not the number of an interval", text));
    }
    number = literal->value;
    if (parts.size() == 1) unit = "ns";
  } else {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || parts.size() == 2) {
      return Error(fmt::format("'{}' is not the number of an interval", text));
    }
    unit = std::string(end, text.data() + text.size());
  }
  if (number == 0) return Error("An interval must be longer than 0");
  uint64_t factor = 0;
  if (unit == "ns") factor = 1;
  if (unit == "us") factor = 1'000;
  if (unit == "ms") factor = 1'000'000;
  if (unit == "s") factor = 1'000'000'000;
  if (unit == "hz") return std::max<uint64_t>(1, 1'000'000'000 / number);
  if (factor == 0) return Error(fmt::format("'{}' is not a unit of time", unit));
  if (number > UINT64_MAX / 2 / factor) return Error("The interval is too long");
  return number * factor;
}

namespace {

// Leaves the sites whose names match GLOB.
void keep_matching(ResolvedProbe& probe, std::string_view glob) {
  ResolvedProbe kept;
  kept.probe = probe.probe;
  for (size_t i = 0; i < probe.sites.size(); ++i) {
    if (!glob_match(glob, probe.sites[i].name)) continue;
    kept.sites.push_back(std::move(probe.sites[i]));
    kept.places.push_back(probe.places[i]);
  }
  probe = std::move(kept);
}

}  // namespace

std::vector<ResolvedProbe> resolve_probes(const ast::Script& script, const CompileInput& input,
                                          Diagnostics& diagnostics) {
  std::vector<ResolvedProbe> result;
  Diagnostics reported_later;  // by whoever applies them all
  const ir::Settings settings = apply_config(script, input.settings, input.settings_kept, reported_later);
  Resolver resolver(input, settings.missing_probes, diagnostics);
  for (const ast::TopLevel& item : script.items) {
    const auto* probe = std::get_if<ast::Probe>(&item.node);
    if (probe == nullptr) continue;
    ResolvedProbe resolved;
    resolved.probe = probe;
    resolver.resolve(*probe, resolved);
    if (!input.probe_filter.empty()) {
      keep_matching(resolved, input.probe_filter);
      if (resolved.sites.empty()) continue;
    }
    result.push_back(std::move(resolved));
  }
  const bool none = std::ranges::all_of(result, [](const ResolvedProbe& probe) { return probe.sites.empty(); });
  if (none && !result.empty() && !diagnostics.has_errors()) {
    diagnostics.error(result.front().probe->span, "None of the script's probes is there: nothing would ever fire",
                      "missing_probes lets single probes be missing, not all");
  }
  if (result.empty() && !input.probe_filter.empty() && !diagnostics.has_errors()) {
    diagnostics.error({}, fmt::format("No probe of the script matches '{}'", input.probe_filter));
  }
  return result;
}

}  // namespace polytap
