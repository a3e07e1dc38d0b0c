// The syntax tree as text, without places: what two trees that mean the same have in common. For tests and -d.
#pragma once

#include <string>

#include "core/lang/ast.h"

namespace polytap {

// One line per top-level item, in nested parentheses: (probe (at "BEGIN") (block (call "exit"))).
std::string dump(const ast::Script& script);
std::string dump(const ast::Expression& expression);

}  // namespace polytap
