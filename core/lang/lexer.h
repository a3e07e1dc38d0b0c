// Script text to tokens, one at a time from any place: attach points have their own lexical rules (paths, wildcards,
// `//` in them), so the parser moves between the two and no token stream exists ahead of it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/base/source.h"
#include "core/lang/ast.h"

namespace polytap {

enum class TokenKind : uint8_t {
  kEnd,
  kError,  // `message` says what is wrong
  kIdentifier,
  kVariable,        // $x
  kMap,             // @ or @x
  kParameter,       // $1; integer.value is the number
  kParameterCount,  // $#
  kInteger,
  kString,        // string_value holds what it means
  kPreprocessor,  // a whole line (continued lines too) that begins with #
  kPunctuation,
};

struct Token {
  TokenKind kind = TokenKind::kEnd;
  Span span;
  std::string_view text;  // as written
  ast::IntegerLiteral integer;
  std::string string_value;
  std::string message;  // kError
  std::string hint;     // kError
  uint32_t begin = 0;   // where it begins, even when `span` shows what is wrong within it
  uint32_t next = 0;    // where the token after it is to be looked for

  bool is(std::string_view punctuation) const { return kind == TokenKind::kPunctuation && text == punctuation; }
  bool is_word(std::string_view word) const { return kind == TokenKind::kIdentifier && text == word; }
};

// Skips blanks and comments from OFFSET on. An unterminated comment is not skipped.
uint32_t skip_blanks(std::string_view text, uint32_t offset);

// The comments in the blanks of TEXT from BEGIN to END; the interpreter line (#!) counts as one.
std::vector<ast::Comment> comments_between(std::string_view text, uint32_t begin, uint32_t end);

// The first token at or after OFFSET. Its views point into SOURCE.
Token lex(const Source& source, uint32_t offset);

}  // namespace polytap
