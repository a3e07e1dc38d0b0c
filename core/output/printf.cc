#include "core/output/printf.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cstdio>
#include <utility>

namespace polytap {
namespace {

// Widths that come as arguments are data: bounded, so that a wild one cannot ask for gigabytes.
constexpr int64_t kMaxWidth = 1 << 16;

void append_padded(std::string& out, std::string_view text, uint32_t width, bool left) {
  const size_t padding = width > text.size() ? width - text.size() : 0;
  if (!left) out.append(padding, ' ');
  out += text;
  if (left) out.append(padding, ' ');
}

void append_hex_bytes(std::string& out, Bytes bytes, BufferStyle style) {
  bool first = true;
  for (const std::byte b : bytes) {
    if (style == BufferStyle::kHexPlain && !first) out += ' ';
    if (style == BufferStyle::kHex) out += "\\x";
    fmt::format_to(std::back_inserter(out), "{:02x}", std::to_integer<unsigned>(b));
    first = false;
  }
}

// %u, %x and %o of a negative value show as many bits as its type has in C, where what is narrower than int grows to
// int. %lu and the like show all 64.
uint64_t as_unsigned(int64_t value, const Type& type, LengthModifier length) {
  const bool is_narrow = type.is_integral() && type.size != 0 && type.size <= 4 && length == LengthModifier::kNone;
  return is_narrow && value < 0 ? static_cast<uint32_t>(value) : static_cast<uint64_t>(value);
}

std::string thousands(std::string_view digits) {
  std::string text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i != 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

bool is_plain(const FormatConversion& c) {
  return !c.left && !c.plus && !c.space && !c.alternative && !c.zero && !c.grouping && !c.width && !c.width_argument &&
         !c.precision && !c.precision_argument;
}

// Kinds whose text %r shapes.
bool is_bytes(const Type& type) { return type.is(TypeKind::kBuffer) || type.is(TypeKind::kString); }

}  // namespace

Result<PrintfFormatter> PrintfFormatter::create(std::string_view format, std::span<const Type> types,
                                                ValueRenderer& values) {
  ASSIGN_OR_RETURN(auto parsed, parse_printf_format(format));
  PrintfFormatter formatter(values);
  uint32_t next = 0;
  for (FormatPiece& piece : parsed) {
    Piece made;
    if (!piece.conversion) {
      made.text = std::move(piece.text);
      formatter.pieces_.push_back(std::move(made));
      continue;
    }
    const FormatConversion& c = *piece.conversion;
    made.conversion = c;
    made.field = next;
    if (next + c.arguments() > types.size()) {
      return Error(fmt::format("the format '{}' takes more than the {} arguments it has", format, types.size()));
    }
    if (c.width_argument) made.width_type = types[next++];
    if (c.precision_argument) made.precision_type = types[next++];
    made.type = types[next++];
    made.way = Way::kGeneral;
    const bool is_whole = c.length != LengthModifier::kChar && c.length != LengthModifier::kShort;
    if (is_plain(c) && c.conversion == 's') made.way = Way::kPlainText;
    if (is_plain(c) && is_whole && c.is_signed()) made.way = Way::kPlainSigned;
    if (is_plain(c) && is_whole && c.conversion == 'u') made.way = Way::kPlainUnsigned;
    formatter.pieces_.push_back(std::move(made));
  }
  return formatter;
}

void PrintfFormatter::append(std::string& out, std::span<const Bytes> fields) const {
  for (const Piece& piece : pieces_) {
    switch (piece.way) {
      case Way::kLiteral:
        out += piece.text;
        break;
      case Way::kPlainSigned: {
        const fmt::format_int digits(value_number(piece.type, fields[piece.field]));
        out.append(digits.data(), digits.size());
        break;
      }
      case Way::kPlainUnsigned: {
        const fmt::format_int digits(
            as_unsigned(value_number(piece.type, fields[piece.field]), piece.type, piece.conversion.length));
        out.append(digits.data(), digits.size());
        break;
      }
      case Way::kPlainText:
        values_->text(out, piece.type, fields[piece.field]);
        break;
      case Way::kGeneral:
        general(out, piece, fields);
        break;
    }
  }
}

void PrintfFormatter::general(std::string& out, const Piece& piece, std::span<const Bytes> fields) const {
  const FormatConversion& c = piece.conversion;
  Resolved resolved{c.left, c.width.value_or(0), c.precision};
  uint32_t next = piece.field;
  if (c.width_argument) {
    const int64_t width = std::clamp(value_number(piece.width_type, fields[next++]), -kMaxWidth, kMaxWidth);
    if (width < 0) resolved.left = true;
    resolved.width = static_cast<uint32_t>(width < 0 ? -width : width);
  }
  if (c.precision_argument) {
    const int64_t precision = std::min(value_number(piece.precision_type, fields[next++]), kMaxWidth);
    if (precision >= 0) resolved.precision = static_cast<uint32_t>(precision);
  }
  const Bytes value = fields[next];
  if (c.is_integer()) return integer(out, piece, resolved, value);
  if (c.is_float()) return floating(out, piece, resolved, value);
  std::string text;
  switch (c.conversion) {
    case 'c':
      text += static_cast<char>(value_number(piece.type, value));
      break;
    case 'p': {
      const int64_t address = value_number(piece.type, value);
      text = address == 0 ? "(nil)" : fmt::format("0x{:x}", static_cast<uint64_t>(address));
      break;
    }
    case 'b':
      binary(text, piece, value);
      break;
    case 'r':
      if (c.buffer != BufferStyle::kEscaped && is_bytes(piece.type)) {
        const bool is_string = piece.type.is(TypeKind::kString);
        append_hex_bytes(text, is_string ? std::as_bytes(std::span(string_text(value))) : buffer_content(value),
                         c.buffer);
        break;
      }
      [[fallthrough]];
    default:
      values_->text(text, piece.type, value);
      if (resolved.precision) text.resize(std::min<size_t>(text.size(), *resolved.precision));
  }
  append_padded(out, text, resolved.width, resolved.left);
}

void PrintfFormatter::integer(std::string& out, const Piece& piece, const Resolved& resolved, Bytes value) const {
  const FormatConversion& c = piece.conversion;
  const int64_t number = apply_length(c, value_number(piece.type, value));
  const uint64_t magnitude = !c.is_signed() ? as_unsigned(number, piece.type, c.length)
                             : number < 0   ? 0 - static_cast<uint64_t>(number)
                                            : static_cast<uint64_t>(number);
  std::string digits;
  std::string_view prefix;
  switch (c.conversion) {
    case 'x':
      digits = fmt::format("{:x}", magnitude);
      if (c.alternative && magnitude != 0) prefix = "0x";
      break;
    case 'X':
      digits = fmt::format("{:X}", magnitude);
      if (c.alternative && magnitude != 0) prefix = "0X";
      break;
    case 'o':
      digits = fmt::format("{:o}", magnitude);
      break;
    default:
      digits = fmt::format("{}", magnitude);
      if (c.is_signed()) prefix = number < 0 ? "-" : c.plus ? "+" : c.space ? " " : "";
  }
  // C: no digits at all for 0 with precision 0, except that %#o always begins with a 0.
  if (resolved.precision && *resolved.precision == 0 && magnitude == 0) digits.clear();
  if (resolved.precision.value_or(0) > digits.size()) digits.insert(0, *resolved.precision - digits.size(), '0');
  if (c.conversion == 'o' && c.alternative && !digits.starts_with('0')) digits.insert(0, 1, '0');
  if (c.grouping && (c.is_signed() || c.conversion == 'u')) digits = thousands(digits);
  const size_t length = prefix.size() + digits.size();
  // C: a precision or a minus sign turns the zero flag off.
  if (c.zero && !resolved.left && !resolved.precision && resolved.width > length) {
    digits.insert(0, resolved.width - length, '0');
  }
  append_padded(out, std::string(prefix) + digits, resolved.width, resolved.left);
}

// The language has no floating point: the integer's value, shown with C's formats.
void PrintfFormatter::floating(std::string& out, const Piece& piece, const Resolved& resolved, Bytes value) const {
  const FormatConversion& c = piece.conversion;
  std::string format = "%";
  if (resolved.left) format += '-';
  if (c.plus) format += '+';
  if (c.space) format += ' ';
  if (c.alternative) format += '#';
  if (c.zero) format += '0';
  format += "*.*";
  format += c.conversion;
  const int64_t number = value_number(piece.type, value);
  const double shown =
      shows_sign(piece.type) ? static_cast<double>(number) : static_cast<double>(static_cast<uint64_t>(number));
  const int width = static_cast<int>(resolved.width);
  const int precision = resolved.precision ? static_cast<int>(*resolved.precision) : -1;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
  const int length = std::snprintf(nullptr, 0, format.c_str(), width, precision, shown);
  if (length <= 0) return;
  const size_t start = out.size();
  out.resize(start + static_cast<size_t>(length) + 1);
  std::snprintf(out.data() + start, static_cast<size_t>(length) + 1, format.c_str(), width, precision, shown);
#pragma GCC diagnostic pop
  out.pop_back();
}

// %b: a time is shown as its text, a number by its binary digits.
void PrintfFormatter::binary(std::string& out, const Piece& piece, Bytes value) const {
  if (!piece.type.is_integral() && !piece.type.is(TypeKind::kPointer)) return values_->text(out, piece.type, value);
  const FormatConversion& c = piece.conversion;
  const uint64_t number = as_unsigned(apply_length(c, value_number(piece.type, value)), piece.type, c.length);
  if (c.alternative && number != 0) out += "0b";
  fmt::format_to(std::back_inserter(out), "{:b}", number);
}

}  // namespace polytap
