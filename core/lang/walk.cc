#include "core/lang/walk.h"

#include "core/ir/ir.h"

namespace polytap {
namespace {

void walk(const ast::ExpressionPtr& expression, const ExpressionVisitor& visit) {
  if (expression != nullptr) polytap::walk(*expression, visit);
}

void walk(const std::vector<ast::ExpressionPtr>& expressions, const ExpressionVisitor& visit) {
  for (const ast::ExpressionPtr& expression : expressions) walk(expression, visit);
}

void walk(const ast::TypeName& type, const ExpressionVisitor& visit) {
  walk(type.of, visit);
  for (const ast::TypeName& element : type.elements) walk(element, visit);
}

}  // namespace

void walk(const ast::Expression& expression, const ExpressionVisitor& visit) {
  visit(expression);
  std::visit(
      ir::Overloaded{
          [&](const ast::MapReference& e) { walk(e.key, visit); },
          [&](const ast::Call& e) { walk(e.arguments, visit); },
          [&](const ast::Unary& e) { walk(e.operand, visit); },
          [&](const ast::Binary& e) { walk(e.left, visit), walk(e.right, visit); },
          [&](const ast::Ternary& e) { walk(e.condition, visit), walk(e.if_true, visit), walk(e.if_false, visit); },
          [&](const ast::FieldAccess& e) { walk(e.object, visit); },
          [&](const ast::Index& e) { walk(e.object, visit), walk(e.index, visit); },
          [&](const ast::Cast& e) { walk(e.type, visit), walk(e.operand, visit); },
          [&](const ast::TupleLiteral& e) { walk(e.elements, visit); },
          [&](const ast::RecordLiteral& e) {
            for (const auto& element : e.elements) walk(element.value, visit);
          },
          [&](const ast::SizeOf& e) {
            if (e.type) walk(*e.type, visit);
            walk(e.expression, visit);
          },
          [&](const ast::OffsetOf& e) {
            if (e.type) walk(*e.type, visit);
            walk(e.expression, visit);
          },
          [&](const ast::IfExpression& e) {
            walk(e.condition, visit), walk(e.if_true, visit), walk(e.if_false, visit);
          },
          [&](const ast::BlockExpression& e) { walk(e.block, visit); },
          [&](const ast::Comptime& e) { walk(e.expression, visit); },
          [&](const ast::TypeExpression& e) { walk(e.type, visit); },
          [](const auto&) {},
      },
      expression.node);
}

void walk(const ast::Statement& statement, const ExpressionVisitor& visit) {
  std::visit(ir::Overloaded{
                 [&](const ast::ExpressionStatement& s) { walk(s.expression, visit); },
                 [&](const ast::Assignment& s) { walk(s.target, visit), walk(s.value, visit); },
                 [&](const ast::Declaration& s) {
                   if (s.type) walk(*s.type, visit);
                   walk(s.value, visit);
                 },
                 [&](const ast::If& s) {
                   walk(s.condition, visit), walk(s.then, visit);
                   if (s.otherwise) walk(*s.otherwise, visit);
                 },
                 [&](const ast::While& s) { walk(s.condition, visit), walk(s.body, visit); },
                 [&](const ast::ForMap& s) { walk(s.map, visit), walk(s.body, visit); },
                 [&](const ast::ForRange& s) { walk(s.from, visit), walk(s.to, visit), walk(s.body, visit); },
                 [&](const ast::Unroll& s) { walk(s.count, visit), walk(s.body, visit); },
                 [&](const ast::ReturnStatement& s) { walk(s.value, visit); },
                 [&](const ast::Discard& s) { walk(s.value, visit); },
                 [&](const ast::BlockStatement& s) { walk(s.block, visit); },
                 [](const auto&) {},
             },
             statement.node);
}

void walk(const ast::Block& block, const ExpressionVisitor& visit) {
  for (const ast::StatementPtr& statement : block.statements) walk(*statement, visit);
  walk(block.value, visit);
}

void walk(const ast::Probe& probe, const ExpressionVisitor& visit) {
  walk(probe.predicate, visit);
  walk(probe.body, visit);
}

}  // namespace polytap
