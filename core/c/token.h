// C tokens of preprocessed text. The preprocessor's own lines (#define, #pragma, line marks) are tokens too.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace polytap {

enum class CTokenKind : uint8_t { kEnd, kWord, kNumber, kCharacter, kString, kPunctuation, kDirective };

struct CToken {
  CTokenKind kind = CTokenKind::kEnd;
  std::string_view text;  // as written; a directive: the line without its '#'
  uint32_t offset = 0;    // in the text

  bool is(std::string_view punctuation) const { return kind == CTokenKind::kPunctuation && text == punctuation; }
  bool is_word(std::string_view word) const { return kind == CTokenKind::kWord && text == word; }
};

// All tokens of TEXT, to which they point, with one kEnd behind. What is no token of C becomes punctuation of one byte.
std::vector<CToken> c_tokens(std::string_view text);
std::vector<CToken> c_tokens(std::string&& text) = delete;  // they would point to nothing

// The value of a number's text ("0x10UL", "'a'" is not one); false for what is no integer. IS_UNSIGNED: by its suffix
// or because no signed type holds it.
bool c_integer(std::string_view text, uint64_t& value, bool& is_unsigned);

// What a string or character literal stands for: quotes off, escapes resolved.
std::string c_unquoted(std::string_view text);

}  // namespace polytap
