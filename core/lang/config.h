// `config = { ... }` and the directives in front of the probes.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/source.h"
#include "core/ir/ir.h"
#include "core/lang/ast.h"
#include "core/lang/checked.h"

namespace polytap {

// What ENVIRONMENT ("NAME=value") sets: every setting as BPFTRACE_NAME or POLYTAP_NAME.
struct EnvironmentSettings {
  ir::Settings settings;
  std::vector<std::string> names;       // those that were set
  std::vector<std::string> complaints;  // of what is wrong
};
EnvironmentSettings settings_from_environment(std::span<const std::string_view> environment);

// For `config.NAME`: a number, a bool or a text; nullopt when there is no such setting.
struct SettingValue {
  std::optional<int64_t> number;
  bool is_bool = false;
  std::string text;
};
std::optional<SettingValue> setting_value(const ir::Settings& settings, std::string_view name);
std::vector<std::string> setting_names();

// The settings of SCRIPT over those in BASE, but for the names in KEPT: whoever runs the script has the last word.
ir::Settings apply_config(const ast::Script& script, ir::Settings base, std::span<const std::string> kept,
                          Diagnostics& diagnostics);

// "perf" and the other modes of ustack and kstack.
std::optional<StackMode> find_stack_mode(std::string_view name);
std::vector<std::string> stack_mode_names();

// `#define NAME value` with a number or a string; other directives are errors.
std::map<std::string, NamedConstant, std::less<>> read_defines(const ast::Script& script, Diagnostics& diagnostics);

}  // namespace polytap
