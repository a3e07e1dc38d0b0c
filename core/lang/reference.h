// `&$x` and `&@m`: references to what the script itself keeps. They are followed while the script is compiled; there is
// no number that they could be.
#pragma once

#include "core/lang/ast.h"

namespace polytap {

// X of `&X`; null for anything else.
const ast::Expression* referenced(const ast::Expression& e);
// X of `*X`; null for anything else.
const ast::Expression* dereferenced(const ast::Expression& e);
// The map of `@m`, `@m[key]` and `&@m`; null for anything else.
const ast::MapReference* named_map(const ast::Expression& e);

}  // namespace polytap
