// Operands: literals, names, calls, maps, what stands in parentheses, blocks.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/lang/parser.h"

namespace polytap {
namespace {

// Words that begin something other than an operand.
constexpr std::array<std::string_view, 11> kKeywords = {"break",  "continue", "else",  "for",   "import", "let",
                                                        "return", "unroll",   "while", "macro", "fn"};

bool is_keyword(std::string_view word) {
  return std::find(kKeywords.begin(), kKeywords.end(), word) != kKeywords.end();
}

}  // namespace

ast::ExpressionPtr Parser::parse_primary() {
  const Token& token = peek();
  switch (token.kind) {
    case TokenKind::kInteger: {
      Token literal = take();
      return make(std::move(literal.integer), literal.span);
    }
    case TokenKind::kString: {
      Token literal = take();
      return make(ast::StringLiteral{std::move(literal.string_value)}, literal.span);
    }
    case TokenKind::kVariable: {
      const Token variable = take();
      return make(ast::Variable{std::string(variable.text)}, variable.span);
    }
    case TokenKind::kParameter: {
      const Token parameter = take();
      return make(ast::PositionalParameter{static_cast<uint32_t>(parameter.integer.value)}, parameter.span);
    }
    case TokenKind::kParameterCount:
      return make(ast::ParameterCount{}, take().span);
    case TokenKind::kMap:
      return parse_map();
    case TokenKind::kIdentifier:
      return parse_word();
    default:
      break;
  }
  if (token.is("(")) return parse_parenthesis();
  if (token.is("{")) {
    const Span begin = token.span;
    std::optional<ast::Block> block = parse_block(BlockUse::kValue, "");
    if (!block) return nullptr;
    if (!block->value) {
      error(since(begin), "this block has no value", "end it with an expression without ';'");
      return nullptr;
    }
    const Span span = block->span;
    return make(ast::BlockExpression{std::move(*block)}, span);
  }
  unexpected("an expression");
  return nullptr;
}

ast::ExpressionPtr Parser::parse_word() {
  const Token& token = peek();
  if (token.is_word("true") || token.is_word("false")) {
    const Token word = take();
    return make(ast::BoolLiteral{word.text == "true"}, word.span);
  }
  if (token.is_word("if")) return parse_if_expression();
  if (token.is_word("sizeof") && peek(1).is("(")) return parse_sizeof();
  if (token.is_word("offsetof") && peek(1).is("(")) return parse_offsetof();
  if (is_keyword(token.text)) {
    unexpected("an expression", fmt::format("'{}' is a keyword", token.text));
    return nullptr;
  }
  const bool names_type = token.is_word("struct") || token.is_word("union") || token.is_word("enum");
  if (names_type || token.is_word("typeof")) {
    const Span begin = token.span;
    std::optional<ast::TypeName> type = parse_type();
    if (!type) return nullptr;
    return make(ast::TypeExpression{std::move(*type)}, since(begin));
  }
  if (peek(1).is("(")) return parse_call();
  const Token word = take();
  return make(ast::Identifier{std::string(word.text)}, word.span);
}

ast::ExpressionPtr Parser::parse_call() {
  ast::Call call;
  const Token name = take();
  call.name = std::string(name.text);
  call.name_span = name.span;
  const Span open = take().span;
  const bool in_arguments = std::exchange(in_arguments_, true);
  const bool parsed = parse_list(")", open, "after the arguments", call.arguments);
  in_arguments_ = in_arguments;
  if (!parsed) return nullptr;
  return make(std::move(call), since(name.span));
}

ast::ExpressionPtr Parser::parse_map() {
  const Token name = take();
  ast::MapReference map;
  map.name = std::string(name.text);
  if (at("[")) {
    const Span open = take().span;
    map.has_key = true;
    if (!parse_list("]", open, "after the key", map.key)) return nullptr;
    if (map.key.empty()) {
      error(since(open), "the key is missing",
            fmt::format("write {}[key], or {} for the whole map", name.text, name.text));
      return nullptr;
    }
  }
  return make(std::move(map), since(name.span));
}

bool Parser::parse_list(std::string_view close, Span open, std::string_view where,
                        std::vector<ast::ExpressionPtr>& elements) {
  const bool in_predicate = std::exchange(in_predicate_, false);
  bool parsed = true;
  while (!at(close)) {
    ast::ExpressionPtr element = in_arguments_ ? parse_type_or_expression() : parse_expression();
    if (!element) {
      parsed = false;
      break;
    }
    elements.push_back(std::move(element));
    if (!accept(",")) break;
  }
  in_predicate_ = in_predicate;
  return parsed && expect_closing(close, open, where);
}

// Calls such as typeinfo(int32 *) and container_of($p, struct list, next) take types.
ast::ExpressionPtr Parser::parse_type_or_expression() {
  const TypeScan scan = scan_type(0);
  const bool ends = scan.found && (peek(scan.end).is(",") || peek(scan.end).is(")"));
  // A lone word may be a macro's parameter as well; the checker knows.
  if (!ends || !scan.certain || (scan.end == 1 && peek(0).text != "typeof")) return parse_expression();
  const Span begin = peek().span;
  std::optional<ast::TypeName> type = parse_type();
  if (!type) return nullptr;
  return make(ast::TypeExpression{std::move(*type)}, since(begin));
}

bool Parser::cast_follows() {
  if (!at("(")) return false;
  const TypeScan scan = scan_type(1);
  if (!scan.found || !peek(scan.end).is(")")) return false;
  const Token& next = peek(scan.end + 1);
  switch (next.kind) {
    case TokenKind::kIdentifier:
      if (next.is_word("else") || next.is_word("for") || next.is_word("while")) return false;
      [[fallthrough]];
    case TokenKind::kVariable:
    case TokenKind::kMap:
    case TokenKind::kParameter:
    case TokenKind::kParameterCount:
    case TokenKind::kInteger:
    case TokenKind::kString:
      return scan.certain || peek().span.begin != condition_at_;
    default:
      break;
  }
  // `(pid) - 1` subtracts, `(uint8) - 1` casts; only what must be a type may stand before an operator.
  if (next.is("(") || next.is("!") || next.is("~")) return scan.certain || peek().span.begin != condition_at_;
  const bool operand =
      next.is("-") || next.is("+") || next.is("*") || next.is("&") || next.is("++") || next.is("--") || next.is("{");
  return scan.certain && operand;
}

ast::ExpressionPtr Parser::parse_parenthesis() {
  const Span open = take().span;
  const bool in_predicate = std::exchange(in_predicate_, false);
  const bool in_arguments = std::exchange(in_arguments_, false);
  const auto parse_inside = [&]() -> ast::ExpressionPtr {
    if (accept(")")) return make(ast::TupleLiteral{}, since(open));
    if (peek().kind == TokenKind::kIdentifier && peek(1).is("=")) return parse_record(open);
    ast::ExpressionPtr first = parse_expression();
    if (!first) return nullptr;
    if (!at(",")) {
      if (!expect_closing(")", open, "after the expression")) return nullptr;
      first->parenthesized = true;
      first->span = since(open);
      return first;
    }
    take();
    ast::TupleLiteral tuple;
    tuple.elements.push_back(std::move(first));
    if (!parse_list(")", open, "after the tuple's elements", tuple.elements)) return nullptr;
    return make(std::move(tuple), since(open));
  };
  ast::ExpressionPtr expression = parse_inside();
  in_predicate_ = in_predicate;
  in_arguments_ = in_arguments;
  return expression;
}

ast::ExpressionPtr Parser::parse_record(Span open) {
  ast::RecordLiteral record;
  while (!at(")")) {
    if (peek().kind != TokenKind::kIdentifier || !peek(1).is("=")) {
      unexpected("'name = value'", "either all elements have names (a record) or none (a tuple)");
      return nullptr;
    }
    const Token name = take();
    take();
    const bool twice = std::any_of(record.elements.begin(), record.elements.end(),
                                   [&](const auto& element) { return element.name == name.text; });
    if (twice) {
      error(name.span, fmt::format("'{}' is in this record twice", name.text), "give each element its own name");
      return nullptr;
    }
    ast::ExpressionPtr value = parse_expression();
    if (!value) return nullptr;
    record.elements.push_back({std::string(name.text), std::move(value)});
    if (!accept(",")) break;
  }
  if (!expect_closing(")", open, "after the record's elements")) return nullptr;
  return make(std::move(record), since(open));
}

ast::ExpressionPtr Parser::parse_sizeof() {
  const Span begin = take().span;
  const Span open = take().span;
  const bool in_predicate = std::exchange(in_predicate_, false);
  ast::SizeOf size;
  const TypeScan scan = scan_type(0);
  bool parsed = false;
  if (scan.found && scan.certain && peek(scan.end).is(")")) {
    size.type = parse_type();
    parsed = size.type.has_value();
  } else {
    size.expression = parse_expression();
    parsed = size.expression != nullptr;
  }
  in_predicate_ = in_predicate;
  if (!parsed || !expect_closing(")", open, "after the operand of sizeof")) return nullptr;
  return make(std::move(size), since(begin));
}

ast::ExpressionPtr Parser::parse_offsetof() {
  const Span begin = take().span;
  const Span open = take().span;
  const bool in_predicate = std::exchange(in_predicate_, false);
  ast::OffsetOf offset;
  const TypeScan scan = scan_type(0);
  bool parsed = false;
  if (scan.found && scan.certain && peek(scan.end).is(",")) {
    offset.type = parse_type();
    parsed = offset.type.has_value();
  } else {
    offset.expression = parse_expression();
    parsed = offset.expression != nullptr;
  }
  in_predicate_ = in_predicate;
  if (!parsed || !expect(",", "between the type and its field", "write offsetof(struct name, field)")) return nullptr;
  do {
    if (peek().kind != TokenKind::kIdentifier) {
      unexpected("a field's name", "write offsetof(struct name, field.inner)");
      return nullptr;
    }
    offset.path.emplace_back(take().text);
  } while (accept("."));
  if (!expect_closing(")", open, "after the field")) return nullptr;
  return make(std::move(offset), since(begin));
}

}  // namespace polytap
