#include "core/lang/reference.h"

namespace polytap {
namespace {

const ast::Expression* operand_of(const ast::Expression& e, ast::UnaryOp op) {
  const auto* unary = std::get_if<ast::Unary>(&e.node);
  return unary != nullptr && unary->op == op ? unary->operand.get() : nullptr;
}

}  // namespace

const ast::Expression* referenced(const ast::Expression& e) { return operand_of(e, ast::UnaryOp::kAddress); }

const ast::Expression* dereferenced(const ast::Expression& e) { return operand_of(e, ast::UnaryOp::kDereference); }

const ast::MapReference* named_map(const ast::Expression& e) {
  const ast::Expression* operand = referenced(e);
  const auto* map = std::get_if<ast::MapReference>(operand == nullptr ? &e.node : &operand->node);
  return map != nullptr && operand != nullptr && map->has_key ? nullptr : map;
}

}  // namespace polytap
