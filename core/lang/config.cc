#include "core/lang/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "core/base/nearest.h"
#include "core/c/headers.h"
#include "core/c/token.h"
#include "core/ir/names.h"
#include "core/lang/conditionals.h"
#include "core/lang/parameters.h"

namespace polytap {
namespace {

using Entry = ast::ConfigBlock::Entry;

enum class Kind : uint8_t { kNumber, kBool, kText };
struct Key {
  std::string_view name;
  Kind kind;
};
// Those without effect here are about bpftrace's own machinery; scripts that set them run all the same.
constexpr Key kKeys[] = {
    {"cache_user_symbols", Kind::kText}, {"cpp_demangle", Kind::kBool},
    {"lazy_symbolication", Kind::kBool}, {"license", Kind::kText},
    {"log_size", Kind::kNumber},         {"max_bpf_progs", Kind::kNumber},
    {"max_cat_bytes", Kind::kNumber},    {"max_map_keys", Kind::kNumber},
    {"max_probes", Kind::kNumber},       {"max_strlen", Kind::kNumber},
    {"missing_probes", Kind::kText},     {"on_stack_limit", Kind::kNumber},
    {"perf_rb_pages", Kind::kNumber},    {"print_maps_on_exit", Kind::kBool},
    {"show_debug_info", Kind::kBool},    {"stack_mode", Kind::kText},
    {"str_trunc_trailer", Kind::kText},  {"unstable_map_decl", Kind::kText},
    {"unstable_import", Kind::kText},    {"unstable_macro", Kind::kText},
    {"unstable_tseries", Kind::kText},
};

constexpr int64_t kMaxString = 64 * 1024;

std::optional<int64_t> flag(const std::string& text) {
  if (text == "true" || text == "1") return 1;
  if (text == "false" || text == "0") return 0;
  return std::nullopt;
}

void apply(const Entry& entry, ir::Settings& settings, Diagnostics& diagnostics) {
  // bpftrace's environment variables are its keys in upper case with this in front; scripts use both.
  std::string name = entry.name;
  std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
  if (name.starts_with("bpftrace_")) name = name.substr(9);
  const auto* key = std::find_if(std::begin(kKeys), std::end(kKeys), [&](const Key& k) { return k.name == name; });
  if (key == std::end(kKeys)) {
    std::vector<std::string> names;
    for (const Key& each : kKeys) names.emplace_back(each.name);
    diagnostics.error(entry.span, fmt::format("Unrecognized config variable: {}", entry.name),
                      did_you_mean(name, names));
    return;
  }
  std::optional<int64_t> number;
  if (key->kind == Kind::kNumber) number = parse_number(entry.value);
  if (key->kind == Kind::kBool) number = flag(entry.value);
  if (key->kind != Kind::kText && (!number || *number < 0)) {
    diagnostics.error(entry.value_span, fmt::format("Invalid value for {}: expected {}", entry.name,
                                                    key->kind == Kind::kBool ? "true or false" : "a number"));
    return;
  }
  if (name == "max_strlen") {
    if (*number < 1 || *number > kMaxString) {
      diagnostics.error(entry.value_span, fmt::format("max_strlen must be from 1 to {}", kMaxString));
      return;
    }
    settings.max_string = static_cast<uint32_t>(*number);
  } else if (name == "max_map_keys") {
    if (*number < 1 || *number > int64_t{1} << 24) {
      diagnostics.error(entry.value_span, fmt::format("max_map_keys must be from 1 to {}", 1 << 24));
      return;
    }
    settings.max_map_entries = static_cast<uint32_t>(*number);
  } else if (name == "print_maps_on_exit") {
    settings.print_maps_at_end = *number != 0;
  } else if (name == "cpp_demangle") {
    settings.demangle = *number != 0;
  } else if (name == "str_trunc_trailer") {
    settings.cut_trailer = entry.value;
  } else if (name == "missing_probes") {
    const std::string& value = entry.value;
    if (value != "error" && value != "warn" && value != "ignore") {
      diagnostics.error(entry.value_span,
                        fmt::format("Invalid value for {}: expected error, warn or ignore", entry.name),
                        did_you_mean(value, std::vector<std::string>{"error", "warn", "ignore"}));
      return;
    }
    using enum ir::MissingProbes;
    settings.missing_probes = value == "error" ? kError : value == "warn" ? kWarn : kIgnore;
  } else if (name == "stack_mode") {
    const auto mode = find_stack_mode(entry.value);
    if (!mode) {
      diagnostics.error(entry.value_span, fmt::format("Invalid stack mode: '{}'", entry.value),
                        did_you_mean(entry.value, stack_mode_names()));
      return;
    }
    settings.stack_mode = *mode;
  } else if (name == "license") {
    settings.license = entry.value;
  }
}

}  // namespace

std::optional<StackMode> find_stack_mode(std::string_view name) {
  const auto found = std::ranges::find(ir::kStackModeNames, name);
  if (found == ir::kStackModeNames.end()) return std::nullopt;
  return static_cast<StackMode>(found - ir::kStackModeNames.begin());
}

std::vector<std::string> stack_mode_names() { return {ir::kStackModeNames.begin(), ir::kStackModeNames.end()}; }

ir::Settings apply_config(const ast::Script& script, ir::Settings base, Diagnostics& diagnostics) {
  for (const ast::TopLevel& item : script.items) {
    const auto* config = std::get_if<ast::ConfigBlock>(&item.node);
    if (config == nullptr) continue;
    for (const Entry& entry : config->entries) apply(entry, base, diagnostics);
  }
  // Strings are laid out in words.
  base.max_string = (base.max_string + 7) & ~7U;
  return base;
}

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
      const std::vector<CToken> tokens = c_tokens(expand_c_macros(name, own));
      if (tokens.size() != 2 || tokens.front().kind != CTokenKind::kString) continue;
      constant.text = c_unquoted(tokens.front().text);
    }
    defines[name] = std::move(constant);
  }
  return defines;
}

}  // namespace polytap
