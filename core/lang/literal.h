// The values of integer and string literals.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/lang/ast.h"

namespace polytap {

// What is wrong with a literal, and where in its text.
struct LiteralError {
  Span at;  // relative to the literal's begin
  std::string message;
  std::string hint;
};

// Length of the integer literal at the begin of TEXT, trailing letters and digits included ("12abc" is one wrong
// literal, not two tokens). TEXT begins with a digit.
size_t integer_length(std::string_view text);

// Reads decimal, octal (0NNN), hexadecimal (0xNN), scientific (1e6) integers with `_` between digits, C's suffixes and
// durations (ns us ms s m h d; the value is then in nanoseconds).
std::optional<ast::IntegerLiteral> read_integer(std::string_view text, LiteralError& error);

// Resolves the escapes in TEXT, what stands between the quotes.
std::optional<std::string> unescape(std::string_view text, LiteralError& error);

// A string literal, quotes included, that reads as VALUE.
std::string quote(std::string_view value);

}  // namespace polytap
