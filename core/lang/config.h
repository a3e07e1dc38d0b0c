// `config = { ... }` and the directives in front of the probes.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/source.h"
#include "core/ir/ir.h"
#include "core/lang/ast.h"
#include "core/lang/checked.h"

namespace polytap {

// The settings of SCRIPT over those in BASE.
ir::Settings apply_config(const ast::Script& script, ir::Settings base, Diagnostics& diagnostics);

// "perf" and the other modes of ustack and kstack.
std::optional<StackMode> find_stack_mode(std::string_view name);
std::vector<std::string> stack_mode_names();

// `#define NAME value` with a number or a string; other directives are errors.
std::map<std::string, NamedConstant, std::less<>> read_defines(const ast::Script& script, Diagnostics& diagnostics);

}  // namespace polytap
