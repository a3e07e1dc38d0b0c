#include "core/lang/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <string>
#include <vector>

#include "core/base/nearest.h"
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
      diagnostics.error(entry.value_span, fmt::format("Invalid value for {}: expected error, warn or ignore", entry.name),
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

// `#define NAME value`, the name read already.
void define(const std::string& name, std::string_view text, Span span,
            std::map<std::string, NamedConstant, std::less<>>& defines, Diagnostics& diagnostics) {
  const size_t begin = std::min(text.find_first_not_of(" \t"), text.size());
  const size_t end = text.find_last_not_of(" \t\r\n");
  const std::string_view value = end == std::string_view::npos ? "" : text.substr(begin, end + 1 - begin);
  NamedConstant constant;
  constant.number = parse_number(value);
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  if (!constant.number && quoted && value.find('\\') == std::string_view::npos) {
    constant.text = value.substr(1, value.size() - 2);
  } else if (!constant.number && !value.empty()) {
    diagnostics.error(span,
                      "#define of anything but a number or a plain string is not carried out by this version of "
                      "polytap");
    return;
  }
  if (!value.empty()) defines[name] = constant;
}

bool is_kernel_header(std::string_view file) {
  for (const std::string_view folder : {"<linux/", "<net/", "<asm/", "<uapi/", "<asm-generic/"}) {
    if (file.starts_with(folder)) return true;
  }
  return false;
}

}  // namespace

std::map<std::string, NamedConstant, std::less<>> read_defines(const ast::Script& script, Diagnostics& diagnostics) {
  std::map<std::string, NamedConstant, std::less<>> defines;
  const std::vector<bool> active = active_items(script, &diagnostics);
  for (size_t i = 0; i < script.items.size(); ++i) {
    const ast::TopLevel& item = script.items[i];
    const auto* line = std::get_if<ast::Preprocessor>(&item.node);
    if (line == nullptr || !active[i]) continue;
    std::string_view text = line->text;
    const std::string_view directive = next_word(text);
    if (directive == "ifdef" || directive == "ifndef" || directive == "else" || directive == "endif") continue;
    const std::string name(next_word(text));
    if (directive == "define") {
      define(name, text, item.span, defines, diagnostics);
    } else if (directive == "include" && is_kernel_header(name)) {
      diagnostics.warning(item.span, "#include of a kernel header is not needed: the types come from the kernel's BTF",
                          "constants that it #defines are not known; #define them in the script");
    } else {
      diagnostics.error(item.span, fmt::format("#{} is not carried out by this version of polytap", directive),
                        "the kernel's types come from BTF; others can be defined in the script");
    }
  }
  return defines;
}

}  // namespace polytap
