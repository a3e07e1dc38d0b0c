// Visits every expression below a node of the syntax tree, outermost first.
#pragma once

#include <functional>

#include "core/lang/ast.h"

namespace polytap {

using ExpressionVisitor = std::function<void(const ast::Expression&)>;

void walk(const ast::Expression& expression, const ExpressionVisitor& visit);
void walk(const ast::Statement& statement, const ExpressionVisitor& visit);
void walk(const ast::Block& block, const ExpressionVisitor& visit);
// Predicate and body.
void walk(const ast::Probe& probe, const ExpressionVisitor& visit);

}  // namespace polytap
