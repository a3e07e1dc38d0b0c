// `if` and `{ }`, which are statements or values by what follows and how their branches end.
#include "core/lang/parser.h"

namespace polytap {

bool Parser::IfParts::has_value() const {
  if (!then.value) return false;
  return else_if ? else_if->has_value() : otherwise && otherwise->value;
}

std::unique_ptr<Parser::IfParts> Parser::parse_if_parts() {
  const Level level(*this);
  if (!level.ok()) return nullptr;
  auto parts = std::make_unique<IfParts>();
  const Span begin = take().span;
  parts->condition = parse_condition();
  if (!parts->condition) return nullptr;
  std::optional<ast::Block> then = parse_block(BlockUse::kValue, "after the condition of 'if'");
  if (!then) return nullptr;
  parts->then = std::move(*then);
  if (at_word("else")) {
    take();
    if (at_word("if")) {
      parts->else_if = parse_if_parts();
      if (!parts->else_if) return nullptr;
    } else {
      parts->otherwise = parse_block(BlockUse::kValue, "after 'else'");
      if (!parts->otherwise) return nullptr;
    }
  }
  parts->span = since(begin);
  return parts;
}

ast::ExpressionPtr Parser::to_expression(IfParts parts) {
  ast::IfExpression branch;
  branch.condition = std::move(parts.condition);
  branch.if_true = std::move(parts.then);
  if (parts.else_if) {
    branch.if_false.span = parts.else_if->span;
    branch.if_false.value = to_expression(std::move(*parts.else_if));
  } else {
    branch.if_false = std::move(*parts.otherwise);
  }
  return make(std::move(branch), parts.span);
}

ast::StatementPtr Parser::to_statement(IfParts parts) {
  ast::If branch;
  branch.condition = std::move(parts.condition);
  branch.then = std::move(parts.then);
  demote(branch.then);
  if (parts.else_if) {
    branch.otherwise.emplace();
    branch.otherwise->span = parts.else_if->span;
    branch.otherwise->statements.push_back(to_statement(std::move(*parts.else_if)));
  } else if (parts.otherwise) {
    branch.otherwise = std::move(parts.otherwise);
    demote(*branch.otherwise);
  }
  return make_statement(std::move(branch), parts.span);
}

// Makes the value of a block that is a statement its last statement.
void Parser::demote(ast::Block& block) {
  if (!block.value) return;
  ast::ExpressionPtr value = std::move(block.value);
  const Span span = value->span;
  if (!value->parenthesized) {
    if (auto* inner = std::get_if<ast::BlockExpression>(&value->node)) {
      demote(inner->block);
      block.statements.push_back(make_statement(ast::BlockStatement{std::move(inner->block)}, span));
      return;
    }
    if (auto* branch = std::get_if<ast::IfExpression>(&value->node)) {
      ast::If statement;
      statement.condition = std::move(branch->condition);
      statement.then = std::move(branch->if_true);
      demote(statement.then);
      statement.otherwise = std::move(branch->if_false);
      demote(*statement.otherwise);
      block.statements.push_back(make_statement(std::move(statement), span));
      return;
    }
  }
  block.statements.push_back(make_statement(ast::ExpressionStatement{std::move(value)}, span));
}

ast::ExpressionPtr Parser::parse_if_expression() {
  const Span begin = peek().span;
  std::unique_ptr<IfParts> parts = parse_if_parts();
  if (!parts) return nullptr;
  if (!parts->has_value()) {
    error(begin, "this 'if' has no value",
          "every branch, the 'else' among them, must end in an expression without ';'");
    return nullptr;
  }
  return to_expression(std::move(*parts));
}

// `{ 1 } + 2` as a statement would read as two: the block, and then `+2`.
bool Parser::refuse_operator_after_block(Span span) {
  for (const char* op : {"+",  "-",  "*",  "&",  "/",  "%",  "|", "^", "==", "!=", "<", ">",
                         "<=", ">=", "<<", ">>", "&&", "||", "?", ".", "->", "[",  "(", "="}) {
    if (!at(op)) continue;
    error(cover(span, peek().span), "an operator after a block that stands as a statement",
          "put the block in parentheses to use its value, or end its last statement with ';'");
    return true;
  }
  return false;
}

ast::StatementPtr Parser::parse_block_or_if(BlockUse use, ast::Block& block) {
  if (at("{")) {
    std::optional<ast::Block> inner = parse_block(BlockUse::kValue, "");
    if (!inner) return nullptr;
    const Span span = inner->span;
    if (inner->value && use == BlockUse::kValue && at("}")) {
      block.value = make(ast::BlockExpression{std::move(*inner)}, span);
      return nullptr;
    }
    if (inner->value && refuse_operator_after_block(span)) return nullptr;
    demote(*inner);
    return make_statement(ast::BlockStatement{std::move(*inner)}, span);
  }
  std::unique_ptr<IfParts> parts = parse_if_parts();
  if (!parts) return nullptr;
  if (use == BlockUse::kValue && parts->has_value() && at("}")) {
    block.value = to_expression(std::move(*parts));
    return nullptr;
  }
  if (parts->has_value() && refuse_operator_after_block(parts->span)) return nullptr;
  return to_statement(std::move(*parts));
}

}  // namespace polytap
