// Syntax tree to text, in polytap's one layout. parse(print(parse(s))) gives the same tree as parse(s).
#pragma once

#include <string>

#include "core/lang/ast.h"

namespace polytap {

std::string print(const ast::Script& script);
std::string print(const ast::Expression& expression);
std::string print(const ast::TypeName& type);

}  // namespace polytap
