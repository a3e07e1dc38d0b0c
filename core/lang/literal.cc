#include "core/lang/literal.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>

namespace polytap {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_octal(char c) { return c >= '0' && c <= '7'; }
bool is_word(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; }

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return result;
}

struct DurationUnit {
  std::string_view suffix;
  uint64_t nanoseconds;
};
constexpr std::array<DurationUnit, 7> kDurations = {{{"ns", 1},
                                                     {"us", 1'000},
                                                     {"ms", 1'000'000},
                                                     {"s", 1'000'000'000},
                                                     {"m", 60'000'000'000},
                                                     {"h", 3'600'000'000'000},
                                                     {"d", 86'400'000'000'000}}};

constexpr std::string_view kSuffixHint = "suffixes are C's (u, l, ul, ll, ull) and durations (ns, us, ms, s, m, h, d)";

class IntegerReader {
 public:
  IntegerReader(std::string_view text, LiteralError& error) : text_(text), error_(error) {}

  std::optional<ast::IntegerLiteral> read() {
    literal_.text = std::string(text_);
    const bool hexadecimal = text_.size() > 1 && text_[0] == '0' && (text_[1] | 0x20) == 'x';
    if (text_.size() > 1 && text_[0] == '0' && (text_[1] | 0x20) == 'b') {
      return fail({0, 2}, "there are no binary literals", "write the number in hexadecimal: 0x...");
    }
    if (hexadecimal) position_ = 2;
    const bool octal = !hexadecimal && text_.size() > 1 && text_[0] == '0' && (is_digit(text_[1]) || text_[1] == '_');
    if (!digits(hexadecimal ? 16 : octal ? 8 : 10)) return std::nullopt;
    const bool decimal = !hexadecimal && !octal;
    if (decimal && position_ < text_.size() && (text_[position_] | 0x20) == 'e' && !exponent()) return std::nullopt;
    if (!suffix(decimal)) return std::nullopt;
    return literal_;
  }

 private:
  std::nullopt_t fail(Span at, std::string message, std::string hint) {
    error_ = {at, std::move(message), std::move(hint)};
    return std::nullopt;
  }
  std::nullopt_t overflow() {
    return fail({0, static_cast<uint32_t>(text_.size())}, fmt::format("{} does not fit in 64 bits", text_),
                "the greatest integer is 18446744073709551615");
  }
  bool multiply_add(uint64_t factor, uint64_t addend) {
    return !__builtin_mul_overflow(literal_.value, factor, &literal_.value) &&
           !__builtin_add_overflow(literal_.value, addend, &literal_.value);
  }

  bool digits(int base) {
    const size_t first = position_;
    for (; position_ < text_.size(); ++position_) {
      const char c = text_[position_];
      if (c == '_' && position_ > first) continue;
      const int value = base == 16 ? hex_value(c) : is_digit(c) ? c - '0' : -1;
      if (value < 0) break;
      if (value >= base) {
        const auto at = static_cast<uint32_t>(position_);
        fail({at, at + 1}, fmt::format("'{}' is not an octal digit", c),
             "a leading 0 makes a number octal; leave it out for a decimal one");
        return false;
      }
      if (!multiply_add(static_cast<uint64_t>(base), static_cast<uint64_t>(value))) {
        overflow();
        return false;
      }
    }
    if (position_ == first) {
      fail({0, static_cast<uint32_t>(text_.size())}, "digits are missing after '0x'", "write for example 0x10");
      return false;
    }
    if (text_[position_ - 1] == '_') {
      const auto at = static_cast<uint32_t>(position_);
      fail({at - 1, at}, "'_' must stand between digits", "write for example 1_000");
      return false;
    }
    return true;
  }

  bool exponent() {
    const size_t e = position_++;
    unsigned power = 0;
    const size_t first = position_;
    while (position_ < text_.size() && (is_digit(text_[position_]) || text_[position_] == '_')) {
      if (is_digit(text_[position_]))
        power = std::min(power * 10 + static_cast<unsigned>(text_[position_] - '0'), 100U);
      ++position_;
    }
    if (position_ > first && text_[position_ - 1] == '_') {
      const auto at = static_cast<uint32_t>(position_);
      fail({at - 1, at}, "'_' must stand between digits", "write for example 1e1_0");
      return false;
    }
    if (position_ == first) {
      fail({static_cast<uint32_t>(e), static_cast<uint32_t>(e + 1)}, "an exponent must be a number without a sign",
           "write for example 1e6; there are no fractions");
      return false;
    }
    for (unsigned i = 0; i < power && literal_.value != 0; ++i) {
      if (!multiply_add(10, 0)) {
        overflow();
        return false;
      }
    }
    return true;
  }

  bool suffix(bool decimal) {
    if (position_ == text_.size()) return true;
    const std::string_view rest = text_.substr(position_);
    for (const DurationUnit& unit : kDurations) {
      if (decimal && rest == unit.suffix) {
        literal_.is_duration = true;
        if (multiply_add(unit.nanoseconds, 0)) return true;
        overflow();
        return false;
      }
    }
    const std::string c = lower(rest);
    if (c == "u" || c == "l" || c == "ll" || c == "ul" || c == "lu" || c == "ull" || c == "llu") {
      literal_.is_unsigned = c.find('u') != std::string::npos;
      literal_.is_long = c.find('l') != std::string::npos;
      return true;
    }
    fail({static_cast<uint32_t>(position_), static_cast<uint32_t>(text_.size())},
         fmt::format("'{}' is not a suffix of integers", rest), std::string(kSuffixHint));
    return false;
  }

  std::string_view text_;
  LiteralError& error_;
  size_t position_ = 0;
  ast::IntegerLiteral literal_;
};

// What a one-letter escape stands for, or -1.
int simple_escape(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    case 'a':
      return '\a';
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'v':
      return '\v';
    case 'e':
      return 0x1b;
    case '\\':
    case '"':
    case '\'':
    case '?':
      return c;
    default:
      return -1;
  }
}

}  // namespace

size_t integer_length(std::string_view text) {
  size_t length = 0;
  while (length < text.size() && is_word(text[length])) ++length;
  return length;
}

std::optional<ast::IntegerLiteral> read_integer(std::string_view text, LiteralError& error) {
  return IntegerReader(text, error).read();
}

std::optional<std::string> unescape(std::string_view text, LiteralError& error) {
  std::string value;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      value += text[i];
      continue;
    }
    const auto begin = static_cast<uint32_t>(i++);
    const char c = i < text.size() ? text[i] : '\0';
    const auto fail = [&](std::string message, std::string hint) {
      error = {{begin, static_cast<uint32_t>(std::min(i + 1, text.size()))}, std::move(message), std::move(hint)};
      return std::nullopt;
    };
    if (c == '\n') continue;  // as in C, a backslash joins the lines
    if (const int simple = simple_escape(c); simple >= 0) {
      value += static_cast<char>(simple);
    } else if (is_octal(c)) {
      unsigned code = 0;
      size_t digits = 0;
      for (; digits < 3 && i + digits < text.size() && is_octal(text[i + digits]); ++digits) {
        code = code * 8 + static_cast<unsigned>(text[i + digits] - '0');
      }
      i += digits - 1;
      if (code > 0xff) return fail("an octal escape must not exceed \\377", "a string is made of bytes");
      value += static_cast<char>(code);
    } else if (c == 'x') {
      unsigned code = 0;
      size_t digits = 0;
      for (; digits < 2 && i + 1 + digits < text.size() && hex_value(text[i + 1 + digits]) >= 0; ++digits) {
        code = code * 16 + static_cast<unsigned>(hex_value(text[i + 1 + digits]));
      }
      if (digits == 0) return fail("hexadecimal digits are missing after '\\x'", "write for example \\x41");
      i += digits;
      value += static_cast<char>(code);
    } else {
      return fail(fmt::format("unknown escape sequence '{}'", text.substr(begin, 2)),
                  "write \\\\ for a backslash; the escapes are \\n \\t \\r \\a \\b \\f \\v \\e \\\" \\\\ \\NNN \\xHH");
    }
  }
  return value;
}

std::string quote(std::string_view value) {
  std::string text = "\"";
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      text += "\\n";
    } else if (c == '\t') {
      text += "\\t";
    } else if (c == '\r') {
      text += "\\r";
    } else if (c == '"' || c == '\\') {
      text += '\\';
      text += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      text += fmt::format("\\{:03o}", byte);
    } else {
      text += c;
    }
  }
  return text + '"';
}

}  // namespace polytap
