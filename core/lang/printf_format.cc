#include "core/lang/printf_format.h"

#include <fmt/format.h>

#include <cctype>

namespace polytap {
namespace {

constexpr std::string_view kConversions = "diuoxXcspfFeEgGaAbr";
// Wider fields are typing errors, and would only cost memory.
constexpr uint32_t kMaxWidth = 1U << 16;

class FormatReader {
 public:
  explicit FormatReader(std::string_view format) : format_(format) {}

  Result<std::vector<FormatPiece>> read() {
    std::vector<FormatPiece> pieces;
    std::string text;
    while (position_ < format_.size()) {
      if (format_[position_] != '%') {
        text += format_[position_++];
      } else if (position_ + 1 < format_.size() && format_[position_ + 1] == '%') {
        text += '%';
        position_ += 2;
      } else if (is_lone_percent()) {
        text += format_[position_++];
      } else {
        if (!text.empty()) pieces.push_back({std::move(text), std::nullopt});
        text.clear();
        ASSIGN_OR_RETURN(auto conversion, read_conversion());
        pieces.push_back({{}, conversion});
      }
    }
    if (!text.empty()) pieces.push_back({std::move(text), std::nullopt});
    return pieces;
  }

 private:
  char peek() const { return position_ < format_.size() ? format_[position_] : '\0'; }
  bool accept(char c) {
    if (peek() != c || position_ >= format_.size()) return false;
    ++position_;
    return true;
  }

  bool is_lone_percent() const {
    return position_ + 1 == format_.size() || std::iscntrl(static_cast<unsigned char>(format_[position_ + 1])) != 0;
  }

  void read_flags(FormatConversion& c) {
    for (;; ++position_) {
      switch (peek()) {
        case '-':
          c.left = true;
          continue;
        case '+':
          c.plus = true;
          continue;
        case ' ':
          c.space = true;
          continue;
        case '#':
          c.alternative = true;
          continue;
        case '0':
          c.zero = true;
          continue;
        case '\'':
          c.grouping = true;
          continue;
        default:
          return;
      }
    }
  }

  std::optional<uint32_t> read_number() {
    if (peek() < '0' || peek() > '9') return std::nullopt;
    uint32_t value = 0;
    for (; peek() >= '0' && peek() <= '9'; ++position_) {
      if (value <= kMaxWidth) value = value * 10 + static_cast<uint32_t>(peek() - '0');
    }
    return value;
  }

  LengthModifier read_length() {
    if (accept('h')) return accept('h') ? LengthModifier::kChar : LengthModifier::kShort;
    if (accept('l')) return accept('l') ? LengthModifier::kLongLong : LengthModifier::kLong;
    if (accept('q')) return LengthModifier::kLongLong;
    if (accept('z')) return LengthModifier::kSize;
    if (accept('j')) return LengthModifier::kMaximum;
    if (accept('t')) return LengthModifier::kPointer;
    return LengthModifier::kNone;
  }

  Result<FormatConversion> read_conversion() {
    const size_t start = position_++;
    FormatConversion c;
    read_flags(c);
    if (accept('*')) {
      c.width_argument = true;
    } else {
      c.width = read_number();
    }
    if (accept('.')) {
      if (accept('*')) {
        c.precision_argument = true;
      } else {
        c.precision = read_number().value_or(0);
      }
    }
    if (c.width.value_or(0) > kMaxWidth || c.precision.value_or(0) > kMaxWidth) {
      return Error(fmt::format("the width of '{}' is above {}", format_.substr(start, position_ - start), kMaxWidth));
    }
    c.length = read_length();
    if (position_ >= format_.size()) {
      return Error(fmt::format("'{}' at the end of the format is not a conversion; write %% for a percent sign",
                               format_.substr(start)));
    }
    c.conversion = format_[position_++];
    if (kConversions.find(c.conversion) == std::string_view::npos) {
      return Error(fmt::format("unknown conversion '{}'; write %% for a percent sign",
                               format_.substr(start, position_ - start)));
    }
    if (c.conversion == 'r') {
      if (accept('x')) {
        c.buffer = BufferStyle::kHex;
      } else if (accept('h')) {
        c.buffer = BufferStyle::kHexPlain;
      }
    }
    return c;
  }

  std::string_view format_;
  size_t position_ = 0;
};

std::string_view spelling(LengthModifier length) {
  switch (length) {
    case LengthModifier::kNone:
      return "";
    case LengthModifier::kChar:
      return "hh";
    case LengthModifier::kShort:
      return "h";
    case LengthModifier::kLong:
      return "l";
    case LengthModifier::kLongLong:
      return "ll";
    case LengthModifier::kSize:
      return "z";
    case LengthModifier::kMaximum:
      return "j";
    case LengthModifier::kPointer:
      return "t";
  }
  return "";
}

}  // namespace

bool FormatConversion::is_integer() const {
  return std::string_view("diuoxX").find(conversion) != std::string_view::npos;
}

bool FormatConversion::is_float() const {
  return std::string_view("fFeEgGaA").find(conversion) != std::string_view::npos;
}

Result<std::vector<FormatPiece>> parse_printf_format(std::string_view format) { return FormatReader(format).read(); }

int64_t apply_length(const FormatConversion& conversion, int64_t value) {
  const bool is_signed = conversion.is_signed();
  switch (conversion.length) {
    case LengthModifier::kChar:
      return is_signed ? static_cast<int64_t>(static_cast<int8_t>(value)) : static_cast<uint8_t>(value);
    case LengthModifier::kShort:
      return is_signed ? static_cast<int64_t>(static_cast<int16_t>(value)) : static_cast<uint16_t>(value);
    default:
      return value;
  }
}

std::string to_string(const FormatConversion& c) {
  std::string out = "%";
  if (c.left) out += '-';
  if (c.plus) out += '+';
  if (c.space) out += ' ';
  if (c.alternative) out += '#';
  if (c.zero) out += '0';
  if (c.grouping) out += '\'';
  if (c.width_argument) out += '*';
  if (c.width) out += fmt::format("{}", *c.width);
  if (c.precision_argument) out += ".*";
  if (c.precision) out += fmt::format(".{}", *c.precision);
  out += spelling(c.length);
  out += c.conversion;
  if (c.buffer == BufferStyle::kHex) out += 'x';
  if (c.buffer == BufferStyle::kHexPlain) out += 'h';
  return out;
}

}  // namespace polytap
