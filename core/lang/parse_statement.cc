// Blocks and what stands in them.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/lang/parser.h"

namespace polytap {
namespace {

struct CompoundOperator {
  std::string_view text;
  ast::BinaryOp op;
};
constexpr std::array<CompoundOperator, 10> kCompound = {{{"+=", ast::BinaryOp::kAdd},
                                                         {"-=", ast::BinaryOp::kSub},
                                                         {"*=", ast::BinaryOp::kMul},
                                                         {"/=", ast::BinaryOp::kDiv},
                                                         {"%=", ast::BinaryOp::kMod},
                                                         {"<<=", ast::BinaryOp::kShiftLeft},
                                                         {">>=", ast::BinaryOp::kShiftRight},
                                                         {"&=", ast::BinaryOp::kAnd},
                                                         {"|=", ast::BinaryOp::kOr},
                                                         {"^=", ast::BinaryOp::kXor}}};

const CompoundOperator* compound_operator(const Token& token) {
  const auto* found = std::find_if(kCompound.begin(), kCompound.end(), [&](const auto& o) { return token.is(o.text); });
  return found == kCompound.end() ? nullptr : found;
}

bool is_assignable(const ast::Expression& target) {
  if (target.parenthesized) return false;
  if (const auto* unary = std::get_if<ast::Unary>(&target.node)) return unary->op == ast::UnaryOp::kDereference;
  return std::holds_alternative<ast::Variable>(target.node) || std::holds_alternative<ast::MapReference>(target.node) ||
         std::holds_alternative<ast::FieldAccess>(target.node) || std::holds_alternative<ast::Index>(target.node);
}

}  // namespace

ast::StatementPtr Parser::make_statement(decltype(ast::Statement::node) node, Span span) {
  auto statement = std::make_unique<ast::Statement>();
  statement->span = span;
  statement->node = std::move(node);
  return statement;
}

std::optional<ast::Block> Parser::parse_block(BlockUse use, std::string_view where) {
  const Level level(*this);
  if (!level.ok()) return std::nullopt;
  const Span open = peek().span;
  const bool single = !at("{") && peek().kind != TokenKind::kEnd && peek().kind != TokenKind::kPunctuation;
  if (!expect("{", where, single ? "a block stands in braces, even of a single statement" : "")) return std::nullopt;
  const bool in_predicate = std::exchange(in_predicate_, false);
  const bool in_arguments = std::exchange(in_arguments_, false);
  ast::Block block;
  while (!at("}") && peek().kind != TokenKind::kEnd) parse_block_item(use, block);
  in_predicate_ = in_predicate;
  in_arguments_ = in_arguments;
  if (!expect_closing("}", open, "at the end of the block")) return std::nullopt;
  block.span = since(open);
  return block;
}

void Parser::parse_block_item(BlockUse use, ast::Block& block) {
  if (accept(";")) return;
  if (at_word("import")) {
    const Span begin = peek().span;
    std::optional<ast::Import> import = parse_import();
    if (import && end_statement("after the import", nullptr)) {
      ast::TopLevel item;
      item.span = since(begin);
      item.node = std::move(*import);
      hoisted_.push_back(std::move(item));
      return;
    }
    skip_statement();
    return;
  }
  const uint32_t before = position();
  ast::StatementPtr statement = parse_statement(use, block);
  if (statement) {
    block.statements.push_back(std::move(statement));
  } else if (!block.value) {
    // What was taken up to the error may hold the block's begin; what is left is skipped in whole statements.
    skip_statement();
    if (position() == before && !at("}")) take();
  }
}

// Null with block.value set when what was parsed is the block's value; null without on an error.
ast::StatementPtr Parser::parse_statement(BlockUse use, ast::Block& block) {
  const Token& token = peek();
  if (token.kind == TokenKind::kPreprocessor) {
    error(token.span, "a preprocessor line in a block", "preprocessor lines go before the probes");
    return nullptr;
  }
  if (token.is("{") || token.is_word("if")) return parse_block_or_if(use, block);
  if (token.is_word("while")) return parse_while();
  if (token.is_word("for")) return parse_for();
  if (token.is_word("unroll")) return parse_unroll();
  if (token.is_word("else")) {
    unexpected("a statement", "an 'else' follows the '}' of its 'if'");
    return nullptr;
  }
  return parse_simple_statement(use, block);
}

// The statements that end in ';'.
ast::StatementPtr Parser::parse_simple_statement(BlockUse use, ast::Block& block) {
  const Span begin = peek().span;
  if (at_word("let")) return parse_declaration();
  if (at_word("return")) return parse_return();
  if (at_word("break") || at_word("continue")) {
    const Token word = take();
    if (!end_statement(word.text == "break" ? "after 'break'" : "after 'continue'", nullptr)) return nullptr;
    if (word.text == "break") return make_statement(ast::Break{}, begin);
    return make_statement(ast::Continue{}, begin);
  }
  if (at_word("_") && peek(1).is("=")) {
    take();
    take();
    ast::ExpressionPtr value = parse_expression();
    if (!value || !end_statement("after the expression", nullptr)) return nullptr;
    const Span span = cover(begin, value->span);
    return make_statement(ast::Discard{std::move(value)}, span);
  }
  ast::ExpressionPtr expression = parse_expression();
  if (!expression) return nullptr;
  if (at("=") || compound_operator(peek()) != nullptr) return parse_assignment(std::move(expression));
  const Span span = expression->span;
  if (use == BlockUse::kValue && at("}")) {
    block.value = std::move(expression);
    return nullptr;
  }
  if (!end_statement("after the statement", expression.get())) return nullptr;
  return make_statement(ast::ExpressionStatement{std::move(expression)}, span);
}

ast::StatementPtr Parser::parse_assignment(ast::ExpressionPtr target) {
  if (!is_assignable(*target)) {
    std::string hint = "variables are $name, maps @name";
    if (const auto* name = std::get_if<ast::Identifier>(&target->node)) {
      hint = fmt::format("write ${0} for a variable or @{0} for a map", name->name);
    } else if (std::holds_alternative<ast::Binary>(target->node)) {
      hint = "did you mean '=='?";
    }
    error(target->span, "this cannot be assigned to", std::move(hint));
    return nullptr;
  }
  const Token op = take();
  ast::Assignment assignment;
  if (const CompoundOperator* compound = compound_operator(op)) assignment.op = compound->op;
  assignment.value = parse_expression();
  if (!assignment.value || !end_statement("after the assignment", assignment.value.get())) return nullptr;
  const Span span = cover(target->span, assignment.value->span);
  assignment.target = std::move(target);
  return make_statement(std::move(assignment), span);
}

ast::StatementPtr Parser::parse_declaration() {
  const Span begin = take().span;
  if (peek().kind != TokenKind::kVariable) {
    unexpected("a variable after 'let'", peek().kind == TokenKind::kMap
                                             ? "maps are declared outside of the probes: let @name = hash(100);"
                                             : "write let $name = value;");
    return nullptr;
  }
  ast::Declaration declaration;
  const Token name = take();
  declaration.name = std::string(name.text);
  declaration.name_span = name.span;
  if (accept(":")) {
    declaration.type = parse_type();
    if (!declaration.type) return nullptr;
  }
  if (accept("=")) {
    declaration.value = parse_expression();
    if (!declaration.value) return nullptr;
  }
  const Span span = since(begin);
  if (!end_statement("after the declaration", declaration.value.get())) return nullptr;
  return make_statement(std::move(declaration), span);
}

ast::StatementPtr Parser::parse_return() {
  const Span begin = take().span;
  ast::ReturnStatement result;
  if (!at(";") && !at("}")) {
    result.value = parse_expression();
    if (!result.value) return nullptr;
  }
  const Span span = since(begin);
  if (!end_statement("after 'return'", result.value.get())) return nullptr;
  return make_statement(std::move(result), span);
}

bool Parser::end_statement(std::string_view after, const ast::Expression* written) {
  if (at("}") || accept(";") || statement_begins_on_next_line()) return true;
  std::string hint;
  const bool bare_name = written != nullptr && std::holds_alternative<ast::Identifier>(written->node);
  const Token& token = peek();
  if (token.kind == TokenKind::kError) {
    unexpected("';'");
    return false;
  }
  if (bare_name && (token.kind == TokenKind::kString || token.kind == TokenKind::kVariable ||
                    token.kind == TokenKind::kMap || token.kind == TokenKind::kInteger)) {
    const auto& name = std::get_if<ast::Identifier>(&written->node)->name;
    hint = fmt::format("arguments stand in parentheses: {}(...)", name);
  } else if (source_.position(token.span.begin).line != source_.position(last_end_).line) {
    // Shown where the ';' is to be written, not on the line that follows.
    const uint32_t begin = last_end_ == 0 ? 0 : last_end_ - 1;
    error({begin, last_end_}, fmt::format("expected ';' {}", after), "statements end in ';'");
    return false;
  } else if (token.is("=")) {
    hint = "did you mean '=='?";
  }
  unexpected(fmt::format("';' or '}}' {}", after), std::move(hint));
  return false;
}

// Where the ';' may be left out (examples in bpftrace's documentation do so): no expression goes on with a name.
bool Parser::statement_begins_on_next_line() {
  const Token& token = peek();
  const bool name =
      token.kind == TokenKind::kIdentifier || token.kind == TokenKind::kVariable || token.kind == TokenKind::kMap;
  return name && source_.position(token.span.begin).line != source_.position(last_end_).line;
}

ast::ExpressionPtr Parser::parse_condition() {
  condition_at_ = peek().span.begin;
  return parse_expression();
}

ast::StatementPtr Parser::parse_while() {
  const Span begin = take().span;
  ast::While loop;
  loop.condition = parse_condition();
  if (!loop.condition) return nullptr;
  const Span head = since(begin);
  std::optional<ast::Block> body = parse_block(BlockUse::kStatement, "after the condition of 'while'");
  if (!body) return nullptr;
  loop.body = std::move(*body);
  return make_statement(std::move(loop), head);
}

ast::StatementPtr Parser::parse_unroll() {
  const Span begin = take().span;
  ast::Unroll loop;
  loop.count = parse_condition();
  if (!loop.count) return nullptr;
  const Span head = since(begin);
  std::optional<ast::Block> body = parse_block(BlockUse::kStatement, "after the count of 'unroll'");
  if (!body) return nullptr;
  loop.body = std::move(*body);
  return make_statement(std::move(loop), head);
}

ast::StatementPtr Parser::parse_for() {
  const Span begin = take().span;
  const bool parenthesized = at("(");
  const Span open = peek().span;
  accept("(");
  if (peek().kind != TokenKind::kVariable) {
    unexpected("a variable after 'for'", "write for ($kv : @map) { } or for ($i : 0..10) { }");
    return nullptr;
  }
  const Token variable = take();
  if (!expect(":", "after the loop's variable", "write for ($kv : @map) { } or for ($i : 0..10) { }")) return nullptr;
  // The range may stand in parentheses of its own: only then is there a ".." before they close.
  bool inner = false;
  Span inner_open = peek().span;
  if (at("(")) {
    size_t depth = 0;
    for (size_t i = 0; !inner && peek(i).kind != TokenKind::kEnd && !peek(i).is("{") && !peek(i).is(";"); ++i) {
      if (peek(i).is("(")) ++depth;
      if (peek(i).is(")") && --depth == 0) break;
      inner = depth == 1 && peek(i).is("..");
    }
    if (inner) take();
  }
  ast::ExpressionPtr from = parse_binary(1);
  if (!from) return nullptr;
  ast::ExpressionPtr to;
  if (accept("..")) {
    to = parse_binary(1);
    if (!to || (inner && !expect_closing(")", inner_open, "after the range"))) return nullptr;
  }
  if (parenthesized && !expect_closing(")", open, "after what 'for' goes over")) return nullptr;
  const Span head = since(begin);
  std::optional<ast::Block> body = parse_block(BlockUse::kStatement, "after the head of 'for'");
  if (!body) return nullptr;
  std::string name(variable.text);
  if (to) {
    return make_statement(
        ast::ForRange{std::move(name), variable.span, std::move(from), std::move(to), std::move(*body)}, head);
  }
  return make_statement(ast::ForMap{std::move(name), variable.span, std::move(from), std::move(*body)}, head);
}

}  // namespace polytap
