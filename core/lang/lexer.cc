#include "core/lang/lexer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>

#include "core/lang/literal.h"

namespace polytap {
namespace {

bool is_word_start(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Longest first.
constexpr std::array<std::string_view, 2> kThree = {"<<=", ">>="};
constexpr std::array<std::string_view, 20> kTwo = {"==", "!=", "<=", ">=", "<<", ">>", "&&", "||", "++", "--",
                                                   "->", "..", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="};
constexpr std::string_view kOne = "{}()[];,:?=<>+-*/%&|^!~.";

size_t punctuation_length(std::string_view text) {
  for (const std::string_view p : kThree) {
    if (text.starts_with(p)) return 3;
  }
  for (const std::string_view p : kTwo) {
    if (text.starts_with(p)) return 2;
  }
  return kOne.find(text[0]) != std::string_view::npos ? 1 : 0;
}

class Cursor {
 public:
  Cursor(const Source& source, uint32_t offset) : text_(source.text()), begin_(skip_blanks(text_, offset)) {}

  Token next() {
    if (begin_ >= text_.size()) {
      // What lacks at the end is best shown behind the last thing written.
      size_t end = text_.size();
      while (end > 0 && std::isspace(static_cast<unsigned char>(text_[end - 1])) != 0) --end;
      Token token;
      token.span = {static_cast<uint32_t>(end), static_cast<uint32_t>(end)};
      token.begin = begin_;
      token.next = begin_;
      return token;
    }
    const char c = text_[begin_];
    if (is_word_start(c)) return word(TokenKind::kIdentifier, 1);
    if (is_digit(c)) return integer();
    if (c == '"') return string();
    if (c == '$') return dollar();
    if (c == '@') return word(TokenKind::kMap, 1);
    if (c == '#') return preprocessor();
    if (rest().starts_with("/*")) {
      return error({begin_, begin_ + 2}, end(), "this comment is never closed", "end it with */");
    }
    if (const size_t length = punctuation_length(rest()); length != 0) {
      return token(TokenKind::kPunctuation, begin_ + length);
    }
    return stray();
  }

 private:
  std::string_view rest() const { return text_.substr(begin_); }
  uint32_t end() const { return static_cast<uint32_t>(text_.size()); }
  char at(size_t offset) const { return offset < text_.size() ? text_[offset] : '\0'; }

  Token token(TokenKind kind, size_t end) const {
    Token result;
    result.kind = kind;
    result.span = {begin_, static_cast<uint32_t>(end)};
    result.text = text_.substr(begin_, end - begin_);
    result.begin = begin_;
    result.next = static_cast<uint32_t>(end);
    return result;
  }

  Token error(Span span, size_t next, std::string message, std::string hint) const {
    Token result = token(TokenKind::kError, next);
    result.span = span;
    result.message = std::move(message);
    result.hint = std::move(hint);
    return result;
  }

  Token word(TokenKind kind, size_t sigil) const {
    size_t end = begin_ + sigil;
    if (kind != TokenKind::kMap || is_word_start(at(end))) {
      while (is_word(at(end))) ++end;
    }
    return token(kind, end);
  }

  Token integer() const {
    const std::string_view text = rest().substr(0, integer_length(rest()));
    LiteralError wrong;
    std::optional<ast::IntegerLiteral> value = read_integer(text, wrong);
    if (!value) return literal_error(wrong, begin_, begin_ + text.size());
    Token result = token(TokenKind::kInteger, begin_ + text.size());
    result.integer = std::move(*value);
    return result;
  }

  Token literal_error(LiteralError& wrong, uint32_t base, size_t next) const {
    return error({base + wrong.at.begin, base + wrong.at.end}, next, std::move(wrong.message), std::move(wrong.hint));
  }

  Token string() const {
    size_t end = begin_ + 1;
    while (end < text_.size() && text_[end] != '"' && text_[end] != '\n') {
      end += text_[end] == '\\' && end + 1 < text_.size() ? 2 : 1;
    }
    if (at(end) != '"') {
      return error({begin_, static_cast<uint32_t>(end)}, end, "this string is never closed",
                   "end it with \" on the same line; write \\n for a new line and \\\" for a quote");
    }
    LiteralError wrong;
    std::optional<std::string> value = unescape(text_.substr(begin_ + 1, end - begin_ - 1), wrong);
    if (!value) return literal_error(wrong, begin_ + 1, end + 1);
    Token result = token(TokenKind::kString, end + 1);
    result.string_value = std::move(*value);
    return result;
  }

  Token dollar() const {
    size_t end = begin_ + 1;
    if (at(end) == '#') return token(TokenKind::kParameterCount, end + 1);
    if (is_digit(at(end))) return parameter();
    if (at(end) == '$') ++end;  // $$locals, $$params
    if (is_word_start(at(end))) return word(TokenKind::kVariable, end - begin_);
    return error({begin_, static_cast<uint32_t>(end)}, end, "a name is missing after '$'",
                 "variables are $name, the script's parameters $1, $2 ... and their count $#");
  }

  Token parameter() const {
    size_t end = begin_ + 1;
    uint64_t index = 0;
    while (is_digit(at(end))) index = std::min<uint64_t>(index * 10 + static_cast<uint64_t>(at(end++) - '0'), 1U << 20);
    while (is_word(at(end))) ++end;
    const Span span{begin_, static_cast<uint32_t>(end)};
    const std::string_view text = text_.substr(begin_, end - begin_);
    if (!is_digit(text.back())) {
      return error(span, end, fmt::format("'{}' is no name: it begins with a digit", text),
                   "begin it with a letter or _");
    }
    if (index == 0 || index >= 1U << 20) {
      return error(span, end, fmt::format("there is no parameter {}", text), "the script's parameters are $1, $2 ...");
    }
    Token result = token(TokenKind::kParameter, end);
    result.integer.value = index;
    return result;
  }

  // C's rules for where the line ends: a backslash continues it, a comment of several lines belongs to it.
  Token preprocessor() const {
    if (at(begin_ + 1) == '!') {
      const size_t end = std::min(text_.find('\n', begin_), text_.size());
      return error({begin_, static_cast<uint32_t>(end)}, end, "the interpreter is named in the first line only",
                   "move this line to the top of the script");
    }
    size_t line = begin_;
    while (line > 0 && (text_[line - 1] == ' ' || text_[line - 1] == '\t')) --line;
    if (line > 0 && text_[line - 1] != '\n') {
      return error({begin_, begin_ + 1}, begin_ + 1, "stray '#'",
                   "preprocessor lines begin with '#' on a line of their own");
    }
    size_t end = begin_;
    bool in_string = false;
    while (end < text_.size() && text_[end] != '\n') {
      if (text_[end] == '"') in_string = !in_string;
      if (text_[end] == '\\' && end + 1 < text_.size()) {
        end += 2;
      } else if (!in_string && text_.substr(end).starts_with("//")) {
        end = std::min(text_.find('\n', end), text_.size());
      } else if (!in_string && text_.substr(end).starts_with("/*")) {
        const size_t close = text_.find("*/", end + 2);
        if (close == std::string_view::npos) {
          const auto at_comment = static_cast<uint32_t>(end);
          return error({at_comment, at_comment + 2}, text_.size(), "this comment is never closed", "end it with */");
        }
        end = close + 2;
      } else {
        ++end;
      }
    }
    Token result = token(TokenKind::kPreprocessor, end);
    while (!result.text.empty() && std::isspace(static_cast<unsigned char>(result.text.back())) != 0) {
      result.text.remove_suffix(1);
      --result.span.end;
    }
    return result;
  }

  Token stray() const {
    const char c = text_[begin_];
    const auto byte = static_cast<unsigned char>(c);
    size_t end = begin_ + 1;
    while (byte >= 0x80 && (static_cast<unsigned char>(at(end)) & 0xc0U) == 0x80U) ++end;
    const Span span{begin_, static_cast<uint32_t>(end)};
    if (c == '\'') {
      size_t close = end;
      while (close < text_.size() && text_[close] != '\'' && text_[close] != '\n') ++close;
      if (close == begin_ + 2 && at(close) == '\'') {
        return error({begin_, begin_ + 3}, close + 1, "there are no character literals",
                     fmt::format("write \"{0}\" for a string or {1} for the code of '{0}'", text_[begin_ + 1],
                                 static_cast<unsigned>(static_cast<unsigned char>(text_[begin_ + 1]))));
      }
      return error(span, end, "stray '", "strings stand in double quotes");
    }
    if (text_.substr(begin_, end - begin_) == "\xe2\x80\x9c" || text_.substr(begin_, end - begin_) == "\xe2\x80\x9d") {
      return error(span, end, "stray typographic quote", "strings stand in plain double quotes: \"");
    }
    if (byte < 0x20 || byte == 0x7f) return error(span, end, fmt::format("stray byte 0x{:02x}", byte), "leave it out");
    return error(span, end, fmt::format("stray '{}'", text_.substr(begin_, end - begin_)),
                 "it has no meaning outside strings and comments");
  }

  std::string_view text_;
  uint32_t begin_;
};

}  // namespace

uint32_t skip_blanks(std::string_view text, uint32_t offset) {
  size_t at = offset;
  if (at == 0 && text.starts_with("\xef\xbb\xbf")) at = 3;  // a byte order mark
  if (at < 4 && text.substr(at).starts_with("#!")) at = std::min(text.find('\n', at), text.size());
  while (at < text.size()) {
    if (std::isspace(static_cast<unsigned char>(text[at])) != 0) {
      ++at;
    } else if (text.substr(at).starts_with("\\\n")) {
      at += 2;  // a line goes on, as in C and in a shell's quotes
    } else if (text.substr(at).starts_with("//")) {
      at = std::min(text.find('\n', at), text.size());
    } else if (text.substr(at).starts_with("/*")) {
      const size_t close = text.find("*/", at + 2);
      if (close == std::string_view::npos) break;
      at = close + 2;
    } else {
      break;
    }
  }
  return static_cast<uint32_t>(at);
}

std::vector<ast::Comment> comments_between(std::string_view text, uint32_t begin, uint32_t end) {
  std::vector<ast::Comment> comments;
  for (size_t at = begin; at < end;) {
    const std::string_view rest = text.substr(at);
    const bool interpreter = at == 0 && rest.starts_with("#!");
    if (!interpreter && !rest.starts_with("//") && !rest.starts_with("/*")) {
      ++at;
      continue;
    }
    const size_t stop = rest.starts_with("/*") ? text.find("*/", at + 2) + 2 : text.find('\n', at);
    ast::Comment comment;
    comment.begin = static_cast<uint32_t>(at);
    comment.text = text.substr(at, std::min<size_t>(stop, end) - at);
    while (std::isspace(static_cast<unsigned char>(comment.text.back())) != 0) comment.text.pop_back();
    const size_t line = at == 0 ? std::string_view::npos : text.rfind('\n', at - 1);
    const std::string_view before = text.substr(line + 1, at - line - 1);
    comment.own_line = before.find_first_not_of(" \t\r") == std::string_view::npos;
    at += comment.text.size();
    const size_t next = std::min(text.find_first_not_of(" \t\r\n", at), text.size());
    const std::string_view after = text.substr(at, next - at);
    comment.blank_after = std::count(after.begin(), after.end(), '\n') > 1;
    comments.push_back(std::move(comment));
  }
  return comments;
}

Token lex(const Source& source, uint32_t offset) { return Cursor(source, offset).next(); }

}  // namespace polytap
