#include "core/lang/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "core/base/nearest.h"
#include "core/base/result.h"
#include "core/c/headers.h"
#include "core/c/token.h"
#include "core/ir/names.h"
#include "core/lang/conditionals.h"
#include "core/lang/parameters.h"

namespace polytap {
namespace {

using ir::Settings;
using Entry = ast::ConfigBlock::Entry;

// A number or a bool: its limits, and the setting behind it.
struct Number {
  std::string_view name;
  int64_t least = 0;
  int64_t most = 0;
  bool is_bool = false;
  void (*set)(Settings&, int64_t) = nullptr;
  int64_t (*get)(const Settings&) = nullptr;
};

constexpr int64_t kAny = int64_t{1} << 31;
constexpr int64_t kMaxString = 64 * 1024;

#define NUMBER(name, least, most, field)                                                             \
  Number {                                                                                           \
    name, least, most, std::is_same_v<decltype(Settings::field), bool>,                              \
        [](Settings& s, int64_t value) { s.field = static_cast<decltype(Settings::field)>(value); }, \
        [](const Settings& s) { return static_cast<int64_t>(s.field); }                              \
  }
constexpr Number kNumbers[] = {
    NUMBER("cpp_demangle", 0, 1, demangle),
    NUMBER("lazy_symbolication", 0, 1, lazy_symbols),
    NUMBER("log_size", 1024, kAny, verifier_log_bytes),
    NUMBER("max_bpf_progs", 1, kAny, max_programs),
    NUMBER("max_cat_bytes", 1, kAny, max_cat_bytes),
    NUMBER("max_map_keys", 1, int64_t{1} << 24, max_map_entries),
    NUMBER("max_probes", 1, kAny, max_probes),
    NUMBER("max_strlen", 1, kMaxString, max_string),
    NUMBER("max_ustack_bytes", 256, 64 * 1024, max_copied_stack),
    NUMBER("on_stack_limit", 0, kAny, on_stack_limit),
    NUMBER("perf_rb_pages", 1, 1 << 20, ring_pages),
    NUMBER("print_maps_on_exit", 0, 1, print_maps_at_end),
    NUMBER("show_debug_info", 0, 1, debug_info),
};
#undef NUMBER

// Settings whose values are words, and what each word is.
// As the values of ir::MissingProbes from kError on; kAlternative, which holds when nothing is said, is shown as
// "error".
constexpr std::array<std::string_view, 3> kMissingProbes = {"error", "warn", "ignore"};
constexpr size_t kFirstMissing = static_cast<size_t>(ir::MissingProbes::kError);
constexpr std::array<std::string_view, 3> kSymbolCaches = {"PER_PID", "PER_PROGRAM", "NONE"};
// Any text, or of bpftrace's own machinery: scripts that set them run all the same.
constexpr std::string_view kTexts[] = {"license", "str_trunc_trailer"};
constexpr std::string_view kWithoutEffect[] = {"max_type_res_iterations", "probe_inline", "symbol_source",
                                               "use_blazesym"};
// Whether the script may use what bpftrace calls unstable: core/lang/unstable.h looks at them.
constexpr std::string_view kUnstable[] = {"unstable_addr",  "unstable_dw_ustack", "unstable_import",
                                          "unstable_macro", "unstable_map_decl",  "unstable_tseries"};
constexpr std::array<std::string_view, 3> kUnstableWords = {"error", "warn", "enable"};
// bpftrace 0.19 and before have these in the environment.
constexpr std::pair<std::string_view, std::string_view> kOlderNames[] = {
    {"strlen", "max_strlen"}, {"map_keys_max", "max_map_keys"}, {"cat_bytes_max", "max_cat_bytes"}};

std::vector<std::string> names() {
  std::vector<std::string> all = {"cache_user_symbols", "missing_probes", "stack_mode"};
  for (const Number& each : kNumbers) all.emplace_back(each.name);
  all.insert(all.end(), std::begin(kTexts), std::end(kTexts));
  all.insert(all.end(), std::begin(kWithoutEffect), std::end(kWithoutEffect));
  all.insert(all.end(), std::begin(kUnstable), std::end(kUnstable));
  return all;
}

std::string lower_case(std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
  return name;
}

// The place of VALUE among WORDS, in whatever case.
std::optional<size_t> one_of(std::span<const std::string_view> words, const std::string& value) {
  for (size_t i = 0; i < words.size(); ++i) {
    if (lower_case(std::string(words[i])) == lower_case(value)) return i;
  }
  return std::nullopt;
}

Status wrong_word(std::string_view name, std::span<const std::string_view> words) {
  return Error(fmt::format("Invalid value for {}: expected {}", name, fmt::join(words, ", ")));
}

Status set_number(const Number& key, const std::string& value, Settings& settings) {
  std::optional<int64_t> number = parse_number(value);
  if (key.is_bool && value == "true") number = 1;
  if (key.is_bool && value == "false") number = 0;
  if (!number || (key.is_bool && (*number < 0 || *number > 1))) {
    return Error(
        fmt::format("Invalid value for {}: expected {}", key.name, key.is_bool ? "true or false" : "a number"));
  }
  if (*number < key.least || (*number > key.most && key.most != kAny)) {
    if (key.most == kAny) return Error(fmt::format("{} must be at least {}", key.name, key.least));
    return Error(fmt::format("{} must be from {} to {}", key.name, key.least, key.most));
  }
  key.set(settings, std::min(*number, kAny));
  return {};
}

bool is_known(std::string_view name) {
  const std::vector<std::string> all = names();
  return std::ranges::find(all, name) != all.end();
}

// NAME is known.
Status set(std::string_view name, const std::string& value, Settings& settings) {
  for (const Number& key : kNumbers) {
    if (key.name != name) continue;
    TRY(set_number(key, value, settings));
    // Whoever asks for it wants to see it.
    const bool wanted = name == "show_debug_info" && settings.debug_info;
    if (wanted && settings.stack_mode == StackMode::kBpftrace) settings.stack_mode = StackMode::kLines;
    return {};
  }
  if (name == "missing_probes") {
    const auto word = one_of(kMissingProbes, value);
    if (!word) return wrong_word(name, kMissingProbes);
    settings.missing_probes = static_cast<ir::MissingProbes>(*word + kFirstMissing);
  } else if (name == "stack_mode") {
    const auto word = one_of(ir::kStackModeNames, value);
    if (!word) return wrong_word(name, ir::kStackModeNames);
    settings.stack_mode = static_cast<StackMode>(*word);
  } else if (name == "cache_user_symbols") {
    const auto word = one_of(kSymbolCaches, value);
    const auto number = parse_number(value);  // as older scripts have it
    if (!word && (!number || *number < 0 || *number > 1)) return wrong_word(name, kSymbolCaches);
    settings.cache_symbols = word ? *word != 2 : *number != 0;
  } else if (name == "str_trunc_trailer") {
    settings.cut_trailer = value;
  } else if (name == "license") {
    settings.license = value;
  } else if (name.starts_with("unstable_") && !one_of(kUnstableWords, value)) {
    return wrong_word(name, kUnstableWords);
  }
  return {};
}

// What NAME, as older versions of bpftrace have it, and VALUE are today.
std::pair<std::string, std::string> in_todays_words(const std::string& name, const std::string& value) {
  if (name == "no_cpp_demangle") return {"cpp_demangle", value == "1" ? "0" : "1"};
  for (const auto& [older, today] : kOlderNames) {
    if (name == older) return {std::string(today), value};
  }
  return {name, value};
}

void apply(const Entry& entry, std::span<const std::string> kept, Settings& settings, Diagnostics& diagnostics) {
  // bpftrace's environment variables are its keys in upper case with this in front; scripts use both.
  std::string name = lower_case(entry.name);
  if (name.starts_with("bpftrace_")) name = name.substr(9);
  if (!is_known(name)) {
    diagnostics.error(entry.span, fmt::format("Unrecognized config variable: {}", entry.name),
                      did_you_mean(name, names()));
    return;
  }
  Settings ignored;
  const bool is_kept = std::ranges::find(kept, name) != kept.end();
  const Status status = set(name, entry.value, is_kept ? ignored : settings);
  if (!status.ok()) diagnostics.error(entry.value_span, status.error().message());
  if ((name == "probe_inline" && entry.value != "0" && entry.value != "false") ||
      (name == "symbol_source" && lower_case(entry.value) == "dwarf")) {
    diagnostics.warning(entry.span, "A function is probed where it begins, not where it was put into its callers",
                        "for such a place write uprobe:FILE@SOURCE.c:LINE");
  }
}

// Strings are laid out in words.
void round_up(Settings& settings) { settings.max_string = (settings.max_string + 7) & ~7U; }

}  // namespace

std::optional<StackMode> find_stack_mode(std::string_view name) {
  const auto found = std::ranges::find(ir::kStackModeNames, name);
  if (found == ir::kStackModeNames.end()) return std::nullopt;
  return static_cast<StackMode>(found - ir::kStackModeNames.begin());
}

std::vector<std::string> stack_mode_names() { return {ir::kStackModeNames.begin(), ir::kStackModeNames.end()}; }

ir::Settings apply_config(const ast::Script& script, ir::Settings base, std::span<const std::string> kept,
                          Diagnostics& diagnostics) {
  for (const ast::TopLevel& item : script.items) {
    const auto* config = std::get_if<ast::ConfigBlock>(&item.node);
    if (config == nullptr) continue;
    for (const Entry& entry : config->entries) apply(entry, kept, base, diagnostics);
  }
  round_up(base);
  return base;
}

EnvironmentSettings settings_from_environment(std::span<const std::string_view> environment) {
  EnvironmentSettings found;
  for (const std::string_view prefix : {"BPFTRACE_", "POLYTAP_"}) {
    for (const std::string_view variable : environment) {
      if (!variable.starts_with(prefix)) continue;
      const size_t equals = variable.find('=');
      if (equals == std::string_view::npos) continue;
      const auto [name, value] =
          in_todays_words(lower_case(std::string(variable.substr(prefix.size(), equals - prefix.size()))),
                          std::string(variable.substr(equals + 1)));
      if (!is_known(name)) continue;
      const Status status = set(name, value, found.settings);
      if (status.ok()) {
        found.names.push_back(name);
      } else {
        found.complaints.push_back(
            fmt::format("{}: {}; ignored", variable.substr(0, equals), status.error().message()));
      }
    }
  }
  round_up(found.settings);
  return found;
}

std::optional<SettingValue> setting_value(const ir::Settings& settings, std::string_view name) {
  for (const Number& key : kNumbers) {
    if (key.name == name) return SettingValue{key.get(settings), key.is_bool, {}};
  }
  const auto text = [](std::string_view value) { return SettingValue{std::nullopt, false, std::string(value)}; };
  if (name == "missing_probes")
    return text(
        kMissingProbes.at(std::max(static_cast<size_t>(settings.missing_probes), kFirstMissing) - kFirstMissing));
  if (name == "stack_mode") return text(ir::kStackModeNames.at(static_cast<size_t>(settings.stack_mode)));
  if (name == "cache_user_symbols") return text(settings.cache_symbols ? "PER_PID" : "NONE");
  if (name == "str_trunc_trailer") return text(settings.cut_trailer);
  if (name == "license") return text(settings.license);
  return std::nullopt;
}

std::vector<std::string> setting_names() { return names(); }

namespace {

bool is_directive(std::string_view word) {
  constexpr std::string_view kOthers[] = {"if",    "ifdef",  "ifndef", "elif",   "else",
                                          "endif", "pragma", "line",   "warning"};
  return std::find(std::begin(kOthers), std::end(kOthers), word) != std::end(kOthers);
}

}  // namespace

std::map<std::string, NamedConstant, std::less<>> read_defines(const ast::Script& script, Diagnostics& diagnostics) {
  std::map<std::string, NamedConstant, std::less<>> defines;
  CDeclarations own;
  std::vector<std::string> names;
  const std::vector<bool> active = active_items(script, &diagnostics);
  for (size_t i = 0; i < script.items.size(); ++i) {
    const ast::TopLevel& item = script.items[i];
    const auto* line = std::get_if<ast::Preprocessor>(&item.node);
    if (line == nullptr || !active[i]) continue;
    std::string_view text = line->text;
    const std::string_view directive = next_word(text);
    text.remove_prefix(std::min(text.find_first_not_of(" \t"), text.size()));
    if (directive == "define") {
      auto macro = parse_c_macro(text);
      if (!macro) {
        diagnostics.error(item.span, "A #define needs a name: #define NAME value");
      } else if (!macro->second.body.empty()) {
        names.push_back(macro->first);
        own.macros[macro->first] = std::move(macro->second);
      }
    } else if (directive == "undef") {
      own.macros.erase(std::string(next_word(text)));
    } else if (directive == "include") {
      if (!included_file(line->text)) {
        diagnostics.error(item.span, "An #include needs a file", "write #include <file.h> or #include \"file.h\"");
      }
    } else if (directive == "error") {
      diagnostics.error(item.span, fmt::format("#error {}", text));
    } else if (!is_directive(directive)) {
      diagnostics.error(item.span, fmt::format("Unknown preprocessor directive: '#{}'", directive),
                        "known are define, undef, include, if, ifdef, ifndef, elif, else, endif and pragma");
    }
  }
  // What needs a header or the kernel's types has its value only when it is used.
  for (const std::string& name : names) {
    const auto macro = own.macros.find(name);
    if (macro == own.macros.end() || macro->second.takes_arguments) continue;
    NamedConstant constant;
    if (const auto value = evaluate_c(name, own)) {
      constant.number = value->value;
      constant.is_unsigned = value->is_unsigned;
    } else {
      const std::string expanded = expand_c_macros(name, own);
      const std::vector<CToken> tokens = c_tokens(expanded);
      if (tokens.size() != 2 || tokens.front().kind != CTokenKind::kString) continue;
      constant.text = c_unquoted(tokens.front().text);
    }
    defines[name] = std::move(constant);
  }
  return defines;
}

}  // namespace polytap
