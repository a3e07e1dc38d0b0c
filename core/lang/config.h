// `config = { ... }` and the directives in front of the probes.
#pragma once

#include "core/base/source.h"
#include "core/ir/ir.h"
#include "core/lang/ast.h"
#include "core/lang/checked.h"

namespace polytap {

// The settings of SCRIPT over those in BASE.
ir::Settings apply_config(const ast::Script& script, ir::Settings base, Diagnostics& diagnostics);

// `#define NAME value` with a number or a string; other directives are errors.
std::map<std::string, NamedConstant, std::less<>> read_defines(const ast::Script& script, Diagnostics& diagnostics);

}  // namespace polytap
