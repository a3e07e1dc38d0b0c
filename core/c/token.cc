#include "core/c/token.h"

#include <algorithm>
#include <array>
#include <cctype>

namespace polytap {
namespace {

bool is_word_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$'; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }
bool is_word_part(char c) { return is_word_start(c) || is_digit(c); }

class Tokenizer {
 public:
  explicit Tokenizer(std::string_view text) : text_(text) {}

  std::vector<CToken> run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '\n') {
        line_start_ = true;
        ++at_;
      } else if (std::isspace(static_cast<unsigned char>(c)) != 0 || c == '\0') {
        ++at_;
      } else if (!skip_comment()) {
        token();
      }
    }
    tokens_.push_back({CTokenKind::kEnd, {}, static_cast<uint32_t>(text_.size())});
    return std::move(tokens_);
  }

 private:
  bool skip_comment() {
    if (text_.substr(at_).starts_with("//")) {
      at_ = std::min(text_.find('\n', at_), text_.size());
      return true;
    }
    if (!text_.substr(at_).starts_with("/*")) return false;
    const size_t end = text_.find("*/", at_ + 2);
    at_ = end == std::string_view::npos ? text_.size() : end + 2;
    return true;
  }

  void token() {
    const char c = text_[at_];
    const bool directive = c == '#' && line_start_;
    line_start_ = false;
    if (directive) {
      take_directive();
    } else if (c == '"' || c == '\'') {
      take_quoted(at_);
    } else if (is_word_start(c)) {
      size_t end = at_;
      while (end < text_.size() && is_word_part(text_[end])) ++end;
      // L"...", u8'c'
      if (end < text_.size() && end - at_ <= 2 && (text_[end] == '"' || text_[end] == '\'') && is_prefix(end)) {
        take_quoted(end);
      } else {
        take(CTokenKind::kWord, end);
      }
    } else if (is_digit(c) || (c == '.' && at_ + 1 < text_.size() && is_digit(text_[at_ + 1]))) {
      take_number();
    } else {
      take(CTokenKind::kPunctuation, at_ + punctuation_length());
    }
  }

  bool is_prefix(size_t end) const {
    const std::string_view prefix = text_.substr(at_, end - at_);
    return prefix == "L" || prefix == "u" || prefix == "U" || prefix == "u8";
  }

  void take(CTokenKind kind, size_t end) {
    tokens_.push_back({kind, text_.substr(at_, end - at_), static_cast<uint32_t>(at_)});
    at_ = end;
  }

  void take_directive() {
    size_t end = at_;
    while (end < text_.size() && (text_[end] != '\n' || (end > at_ && text_[end - 1] == '\\'))) ++end;
    const size_t begin = at_ + 1;
    tokens_.push_back({CTokenKind::kDirective, text_.substr(begin, end - begin), static_cast<uint32_t>(at_)});
    at_ = end;
  }

  void take_quoted(size_t quote) {
    const char mark = text_[quote];
    size_t end = quote + 1;
    while (end < text_.size() && text_[end] != mark && text_[end] != '\n') end += text_[end] == '\\' ? 2 : 1;
    end = std::min(end + 1, text_.size());
    take(mark == '"' ? CTokenKind::kString : CTokenKind::kCharacter, end);
  }

  void take_number() {
    size_t end = at_ + 1;
    while (end < text_.size()) {
      const bool exponent = std::string_view("eEpP").find(text_[end - 1]) != std::string_view::npos &&
                            (text_[end] == '+' || text_[end] == '-') && !text_.substr(at_).starts_with("0x") &&
                            !text_.substr(at_).starts_with("0X");
      if (!is_word_part(text_[end]) && text_[end] != '.' && !exponent) break;
      ++end;
    }
    take(CTokenKind::kNumber, end);
  }

  size_t punctuation_length() const {
    static constexpr std::string_view kLong[] = {"...", "<<=", ">>=", "->", "++", "--", "<<", ">>",
                                                 "<=",  ">=",  "==",  "!=", "&&", "||", "*=", "/=",
                                                 "%=",  "+=",  "-=",  "&=", "^=", "|=", "##"};
    const std::string_view rest = text_.substr(at_);
    for (const std::string_view each : kLong) {
      if (rest.starts_with(each)) return each.size();
    }
    return 1;
  }

  std::string_view text_;
  size_t at_ = 0;
  bool line_start_ = true;
  std::vector<CToken> tokens_;
};

int digit_value(char c) {
  if (is_digit(c)) return c - '0';
  const int lower = std::tolower(static_cast<unsigned char>(c));
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

// The escape sequence behind a backslash at AT, which moves behind it.
char escape(std::string_view text, size_t& at) {
  const char c = text[at++];
  if (c == 'x') {
    unsigned value = 0;
    while (at < text.size() && digit_value(text[at]) >= 0) {
      value = value * 16 + static_cast<unsigned>(digit_value(text[at++]));
    }
    return static_cast<char>(value);
  }
  if (c >= '0' && c <= '7') {
    unsigned value = static_cast<unsigned>(c - '0');
    for (int i = 0; i < 2 && at < text.size() && text[at] >= '0' && text[at] <= '7'; ++i) {
      value = value * 8 + static_cast<unsigned>(text[at++] - '0');
    }
    return static_cast<char>(value);
  }
  constexpr std::string_view kNames = "abefnrtv";
  constexpr std::string_view kValues = "\a\b\033\f\n\r\t\v";
  const size_t found = kNames.find(c);
  return found == std::string_view::npos ? c : kValues[found];
}

}  // namespace

std::vector<CToken> c_tokens(std::string_view text) { return Tokenizer(text).run(); }

bool c_integer(std::string_view text, uint64_t& value, bool& is_unsigned) {
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.starts_with("0b") || text.starts_with("0B")) {
    base = 2;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text[0] == '0') {
    base = 8;
  }
  value = 0;
  size_t at = 0;
  for (; at < text.size() && digit_value(text[at]) >= 0 && digit_value(text[at]) < base; ++at) {
    const auto digit = static_cast<uint64_t>(digit_value(text[at]));
    if (value > (UINT64_MAX - digit) / static_cast<uint64_t>(base)) return false;
    value = value * static_cast<uint64_t>(base) + digit;
  }
  if (at == 0) return false;
  const std::string_view suffix = text.substr(at);
  if (suffix.size() > 3 || suffix.find_first_not_of("uUlL") != std::string_view::npos) return false;
  is_unsigned = suffix.find_first_of("uU") != std::string_view::npos || value > uint64_t{INT64_MAX};
  return true;
}

std::string c_unquoted(std::string_view text) {
  const size_t quote = text.find_first_of("\"'");
  if (quote == std::string_view::npos) return {};
  const char mark = text[quote];
  std::string result;
  for (size_t at = quote + 1; at < text.size() && text[at] != mark;) {
    if (text[at] == '\\' && at + 1 < text.size()) {
      result += escape(text, ++at);
    } else {
      result += text[at++];
    }
  }
  return result;
}

}  // namespace polytap
