// Operators: ternary, binary by precedence, unary, postfix.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/lang/parser.h"

namespace polytap {
namespace {

using ast::BinaryOp;
using ast::UnaryOp;

struct BinaryOperator {
  std::string_view text;
  BinaryOp op;
  int precedence;  // C's; higher binds tighter
};
constexpr std::array<BinaryOperator, 18> kBinary = {{{"||", BinaryOp::kLogicalOr, 1},
                                                     {"&&", BinaryOp::kLogicalAnd, 2},
                                                     {"|", BinaryOp::kOr, 3},
                                                     {"^", BinaryOp::kXor, 4},
                                                     {"&", BinaryOp::kAnd, 5},
                                                     {"==", BinaryOp::kEqual, 6},
                                                     {"!=", BinaryOp::kNotEqual, 6},
                                                     {"<", BinaryOp::kLess, 7},
                                                     {"<=", BinaryOp::kLessEqual, 7},
                                                     {">", BinaryOp::kGreater, 7},
                                                     {">=", BinaryOp::kGreaterEqual, 7},
                                                     {"<<", BinaryOp::kShiftLeft, 8},
                                                     {">>", BinaryOp::kShiftRight, 8},
                                                     {"+", BinaryOp::kAdd, 9},
                                                     {"-", BinaryOp::kSub, 9},
                                                     {"*", BinaryOp::kMul, 10},
                                                     {"/", BinaryOp::kDiv, 10},
                                                     {"%", BinaryOp::kMod, 10}}};

const BinaryOperator* binary_operator(const Token& token) {
  if (token.kind != TokenKind::kPunctuation) return nullptr;
  const auto* found = std::find_if(kBinary.begin(), kBinary.end(), [&](const auto& o) { return o.text == token.text; });
  return found == kBinary.end() ? nullptr : found;
}

struct UnaryOperator {
  std::string_view text;
  UnaryOp op;
};
constexpr std::array<UnaryOperator, 8> kUnary = {{{"-", UnaryOp::kNegate},
                                                  {"!", UnaryOp::kNot},
                                                  {"~", UnaryOp::kComplement},
                                                  {"*", UnaryOp::kDereference},
                                                  {"&", UnaryOp::kAddress},
                                                  {"+", UnaryOp::kPlus},
                                                  {"++", UnaryOp::kPreIncrement},
                                                  {"--", UnaryOp::kPreDecrement}}};

}  // namespace

ast::ExpressionPtr Parser::parse_expression() {
  const Level level(*this);
  if (!level.ok()) return nullptr;
  ast::ExpressionPtr condition = parse_binary(1);
  if (!condition || !accept("?")) return condition;
  ast::Ternary ternary;
  if (!at(":")) {
    ternary.if_true = parse_expression();
    if (!ternary.if_true) return nullptr;
  }
  if (!expect(":", "between the values of '?'")) return nullptr;
  ternary.if_false = parse_expression();
  if (!ternary.if_false) return nullptr;
  const Span span = cover(condition->span, ternary.if_false->span);
  ternary.condition = std::move(condition);
  return make(std::move(ternary), span);
}

bool Parser::ends_predicate() { return in_predicate_ && at("/") && peek(1).is("{"); }

ast::ExpressionPtr Parser::parse_binary(int least_precedence) {
  ast::ExpressionPtr left = parse_unary();
  while (left) {
    const BinaryOperator* found = binary_operator(peek());
    if (found == nullptr || found->precedence < least_precedence || ends_predicate()) return left;
    take();
    ast::ExpressionPtr right = parse_binary(found->precedence + 1);
    if (!right) return nullptr;
    const Span span = cover(left->span, right->span);
    left = make(ast::Binary{found->op, std::move(left), std::move(right)}, span);
    if (given_up_) return nullptr;
  }
  return nullptr;
}

ast::ExpressionPtr Parser::parse_unary() {
  const Token& token = peek();
  if (token.is_word("comptime")) {
    const Level level(*this);
    const Span begin = take().span;
    ast::ExpressionPtr operand = level.ok() ? parse_unary() : nullptr;
    if (!operand) return nullptr;
    const Span span = cover(begin, operand->span);
    return make(ast::Comptime{std::move(operand)}, span);
  }
  const auto* found = std::find_if(kUnary.begin(), kUnary.end(), [&](const auto& o) { return token.is(o.text); });
  if (found == kUnary.end()) return cast_follows() ? parse_cast() : parse_postfix();
  const Level level(*this);
  const Span begin = take().span;
  ast::ExpressionPtr operand = level.ok() ? parse_unary() : nullptr;
  if (!operand) return nullptr;
  const Span span = cover(begin, operand->span);
  return make(ast::Unary{found->op, std::move(operand)}, span);
}

ast::ExpressionPtr Parser::parse_cast() {
  const Level level(*this);
  if (!level.ok()) return nullptr;
  const Span begin = take().span;
  std::optional<ast::TypeName> type = parse_type();
  if (!type || !expect(")", "after the type")) return nullptr;
  ast::ExpressionPtr operand = parse_unary();
  if (!operand) return nullptr;
  const Span span = cover(begin, operand->span);
  return make(ast::Cast{std::move(*type), std::move(operand)}, span);
}

ast::ExpressionPtr Parser::parse_postfix() {
  ast::ExpressionPtr object = parse_primary();
  while (object) {
    if (given_up_) return nullptr;
    if (at(".") || at("->")) {
      object = parse_field(std::move(object));
    } else if (at("[")) {
      const Span open = take().span;
      const bool in_predicate = std::exchange(in_predicate_, false);
      ast::ExpressionPtr index = parse_expression();
      in_predicate_ = in_predicate;
      if (!index || !expect_closing("]", open, "after the index")) return nullptr;
      const Span span = since(object->span);
      object = make(ast::Index{std::move(object), std::move(index)}, span);
    } else if (at("++") || at("--")) {
      const UnaryOp op = take().is("++") ? UnaryOp::kPostIncrement : UnaryOp::kPostDecrement;
      const Span span = since(object->span);
      object = make(ast::Unary{op, std::move(object)}, span);
    } else {
      return object;
    }
  }
  return nullptr;
}

ast::ExpressionPtr Parser::parse_field(ast::ExpressionPtr object) {
  const Token op = take();
  const Token& token = peek();
  ast::FieldAccess access;
  access.arrow = op.is("->");
  if (token.kind == TokenKind::kIdentifier) {
    access.field = std::string(token.text);
  } else if (!access.arrow && token.kind == TokenKind::kInteger) {
    const bool fraction = !object->parenthesized && std::holds_alternative<ast::IntegerLiteral>(object->node);
    if (fraction) {
      error(cover(object->span, token.span), "there are no floating-point numbers",
            "count in smaller units, for example microseconds (or use a duration: 1500us)");
      return nullptr;
    }
    if (token.text.find_first_not_of("0123456789") != std::string_view::npos ||
        (token.text.size() > 1 && token.text[0] == '0')) {
      error(token.span, fmt::format("'{}' is no index of a tuple's element", token.text),
            "elements are .0, .1, .2 ...");
      return nullptr;
    }
    access.field = std::string(token.text);
  } else {
    unexpected(fmt::format("a field's name after '{}'", op.text));
    return nullptr;
  }
  access.field_span = take().span;
  const Span span = since(object->span);
  access.object = std::move(object);
  return make(std::move(access), span);
}

}  // namespace polytap
