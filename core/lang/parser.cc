#include "core/lang/parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/lang/parse.h"

namespace polytap {
namespace {

std::string shown(const Token& token) {
  if (token.kind == TokenKind::kEnd) return "the end of the script";
  constexpr size_t kLongest = 40;
  if (token.text.size() <= kLongest && token.text.find('\n') == std::string_view::npos) {
    return fmt::format("'{}'", token.text);
  }
  const size_t length = std::min({kLongest, token.text.find('\n'), token.text.size()});
  return fmt::format("'{}...'", token.text.substr(0, length));
}

}  // namespace

ast::Script parse(const Source& source, Diagnostics& diagnostics) { return Parser(source, diagnostics).parse_script(); }

Parser::Level::Level(Parser& parser)
    : parser_(parser), outer_height_(std::exchange(parser.height_, 0)), ok_(++parser.nesting_ <= kMaxNesting) {
  if (!ok_ && !parser_.given_up_) {
    parser_.error(parser_.peek().span, fmt::format("this nests more than {} levels deep", kMaxNesting),
                  "keep intermediate results in variables");
    parser_.given_up_ = true;
  }
  ok_ = ok_ && !parser_.given_up_;
}

Parser::Level::~Level() {
  --parser_.nesting_;
  parser_.height_ = std::max(parser_.height_, outer_height_);
}

void Parser::count_height(Span span) {
  if (++height_ <= kMaxHeight || given_up_) return;
  error(span, "this expression is too long", "keep intermediate results in variables");
  given_up_ = true;
}

const Token& Parser::peek(size_t ahead) {
  while (ahead_.size() <= ahead) {
    // Once the script is given up, it reads as if it ended here, so that all loops end.
    ahead_.push_back(given_up_ ? Token{} : lex(source_, offset_));
    if (!given_up_) offset_ = ahead_.back().next;
    if (given_up_) ahead_.back().span = {last_end_, last_end_};
  }
  return ahead_[ahead];
}

Token Parser::take() {
  peek();
  Token token = std::move(ahead_.front());
  ahead_.pop_front();
  keep_comments(token.begin);
  if (token.kind == TokenKind::kEnd) {
    ahead_.push_front(token);
  } else {
    last_end_ = token.span.end;
  }
  return token;
}

void Parser::keep_comments(uint32_t end) {
  if (end <= last_end_) return;
  for (ast::Comment& comment : comments_between(source_.text(), last_end_, end)) {
    if (comments_.empty() || comments_.back().begin < comment.begin) comments_.push_back(std::move(comment));
  }
}

bool Parser::accept(std::string_view punctuation) {
  if (!at(punctuation)) return false;
  take();
  return true;
}

bool Parser::expect(std::string_view punctuation, std::string_view where, std::string hint) {
  if (accept(punctuation)) return true;
  if (hint.empty() && at("=") && punctuation == ")") hint = "an assignment is a statement; did you mean '=='?";
  unexpected(fmt::format("'{}' {}", punctuation, where), std::move(hint));
  return false;
}

bool Parser::expect_closing(std::string_view punctuation, Span open, std::string_view where) {
  if (accept(punctuation)) return true;
  const bool reported = given_up_;
  // The line of a string that is never closed may hold the brace: nothing is known to lack.
  if (lost_line_ && punctuation == "}" && peek().kind == TokenKind::kEnd) return false;
  expect(punctuation, where);
  if (!reported && source_.position(open.begin).line != source_.position(peek().span.begin).line) {
    diagnostics_.note(open, fmt::format("this '{}' is not closed", source_.slice(open)));
  }
  return false;
}

uint32_t Parser::position() { return ahead_.empty() ? offset_ : ahead_.front().begin; }

void Parser::continue_at(uint32_t offset) {
  ahead_.clear();
  offset_ = offset;
}

void Parser::error(Span span, std::string message, std::string hint) {
  if (given_up_) return;
  diagnostics_.error(span, std::move(message), std::move(hint));
  if (++errors_ < kMaxErrors) return;
  diagnostics_.note(span, "there are too many errors; the rest of the script was not looked at");
  given_up_ = true;
}

void Parser::unexpected(std::string_view what, std::string hint) {
  const Token& token = peek();
  if (token.kind == TokenKind::kError) {
    lost_line_ = lost_line_ || token.text.starts_with('"');
    error(token.span, token.message, token.hint);
  } else {
    error(token.span, fmt::format("expected {}, found {}", what, shown(token)), std::move(hint));
  }
}

void Parser::skip_statement() {
  size_t braces = 0;
  while (peek().kind != TokenKind::kEnd) {
    if (braces == 0 && at("}")) return;
    const Token token = take();
    if (token.is("{")) ++braces;
    if (token.is("}") && --braces == 0 && !at_word("else")) return;
    if (token.is(";") && braces == 0) return;
  }
}

void Parser::skip_item() {
  const bool c_definition = at_word("struct") || at_word("union") || at_word("enum") || at_word("typedef");
  size_t braces = 0;
  while (peek().kind != TokenKind::kEnd) {
    if (braces == 0 && peek().kind == TokenKind::kPreprocessor) return;
    const Token token = take();
    if (token.is(";") && braces == 0) return;
    if (token.is("{")) ++braces;
    if (token.is("}") && (braces == 0 || --braces == 0) && !(c_definition && c_declarator_follows())) return;
    // The line's end is lost with the quote, and with it a '}'.
    if (token.kind == TokenKind::kError && token.text.starts_with('"') && braces == 0) return;
  }
}

// After the '}' of a definition: attributes, or what would be a C variable.
bool Parser::c_declarator_follows() {
  if (at_word("__attribute__") || at_word("__packed") || at("*")) return true;
  if (at_word("config") && peek(2).is("{")) return false;
  return peek().kind == TokenKind::kIdentifier && (peek(1).is(";") || peek(1).is("[") || peek(1).is("="));
}

}  // namespace polytap
