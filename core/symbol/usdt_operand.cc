#include "core/symbol/usdt_operand.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

namespace polytap {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// Decimal or 0x..., with a sign.
std::optional<int64_t> parse_integer(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  const bool hex = text.starts_with("0x");
  if (hex) text.remove_prefix(2);
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, hex ? 16 : 10);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return static_cast<int64_t>(negative ? 0 - value : value);
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (size_t end = text.find(at); end != std::string_view::npos; end = text.find(at)) {
    parts.push_back(trim(text.substr(0, end)));
    text.remove_prefix(end + 1);
  }
  parts.push_back(trim(text));
  return parts;
}

// Blanks part the operands, except within ( ) and [ ].
std::vector<std::string_view> split_operands(std::string_view text) {
  std::vector<std::string_view> operands;
  size_t begin = 0;
  int depth = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    const char c = i < text.size() ? text[i] : ' ';
    if (c == '(' || c == '[') ++depth;
    if (c == ')' || c == ']') --depth;
    if (!is_blank(c) || (depth > 0 && i < text.size())) continue;
    if (i > begin) operands.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  return operands;
}

// "8", "-4", "4f": the part in front of the @. False when it is no size of an integer.
bool read_size(std::string_view text, UsdtOperand& operand) {
  const auto size = parse_integer(text);
  if (!size) return false;
  operand.is_signed = *size < 0;
  operand.size = static_cast<uint32_t>(operand.is_signed ? -*size : *size);
  return operand.size == 1 || operand.size == 2 || operand.size == 4 || operand.size == 8;
}

// "16", "symbol", "symbol+16", "-8": what stands in front of the parenthesis. False for anything else.
bool read_displacement(std::string_view text, UsdtOperand& operand) {
  if (text.empty()) return true;
  if (const auto number = parse_integer(text)) {
    operand.displacement = *number;
    return true;
  }
  const size_t sign = text.find_first_of("+-", 1);
  operand.symbol = std::string(text.substr(0, sign));
  const char first = operand.symbol.front();
  if (std::isalpha(static_cast<unsigned char>(first)) == 0 && first != '_' && first != '.') return false;
  if (sign == std::string_view::npos) return true;
  const auto number = parse_integer(text.substr(sign));
  if (number) operand.displacement = *number;
  return number.has_value();
}

using Kind = UsdtOperand::Kind;

bool read_x86(std::string_view text, UsdtOperand& operand) {
  if (text.starts_with('$')) {
    const auto number = parse_integer(text.substr(1));
    if (number) operand.displacement = *number;
    operand.kind = Kind::kConstant;
    return number.has_value();
  }
  if (text.starts_with('%') && text.find(':') == std::string_view::npos) {
    operand.kind = Kind::kRegister;
    operand.base = std::string(text.substr(1));
    return true;
  }
  operand.kind = Kind::kMemory;
  const size_t open = text.find('(');
  if (text.find(':') != std::string_view::npos || !read_displacement(trim(text.substr(0, open)), operand)) return false;
  if (open == std::string_view::npos) return true;
  if (!text.ends_with(')')) return false;
  const auto parts = split(text.substr(open + 1, text.size() - open - 2), ',');
  if (parts.size() > 3) return false;
  const auto name = [](std::string_view part) { return std::string(part.substr(part.starts_with('%') ? 1 : 0)); };
  operand.base = name(parts[0]);
  if (parts.size() > 1) operand.index = name(parts[1]);
  const auto scale = parts.size() > 2 ? parse_integer(parts[2]) : std::optional<int64_t>(1);
  if (!scale || (*scale != 1 && *scale != 2 && *scale != 4 && *scale != 8)) return false;
  operand.scale = static_cast<uint32_t>(*scale);
  return true;
}

bool is_aarch64_register(std::string_view name) {
  if (name == "sp" || name == "wsp" || name == "xzr" || name == "wzr") return true;
  if (name.size() < 2 || (name[0] != 'x' && name[0] != 'w')) return false;
  const auto number = parse_integer(name.substr(1));
  return number && *number >= 0 && *number <= 30;
}

// "[x0]", "[sp, 12]", "[x0, x1]", "[x0, x1, lsl 3]"
bool read_aarch64_memory(std::string_view text, UsdtOperand& operand) {
  operand.kind = Kind::kMemory;
  if (!text.ends_with(']')) return false;
  const auto parts = split(text.substr(1, text.size() - 2), ',');
  if (parts.size() > 3 || !is_aarch64_register(parts[0])) return false;
  operand.base = std::string(parts[0]);
  if (parts.size() == 1) return true;
  std::string_view second = parts[1];
  if (second.starts_with('#')) second.remove_prefix(1);
  if (const auto number = parse_integer(second)) {
    operand.displacement = *number;
    return parts.size() == 2;
  }
  // w registers come with an extension, which no scale says.
  if (!is_aarch64_register(second) || second[0] != 'x') return false;
  operand.index = std::string(second);
  if (parts.size() == 2) return true;
  std::string_view shift = parts[2];
  if (!shift.starts_with("lsl") && !shift.starts_with("LSL")) return false;
  shift = trim(shift.substr(3));
  if (shift.starts_with('#')) shift.remove_prefix(1);
  const auto bits = parse_integer(shift);
  if (!bits || *bits < 0 || *bits > 4) return false;
  operand.scale = 1U << *bits;
  return true;
}

bool read_aarch64(std::string_view text, UsdtOperand& operand) {
  if (text.starts_with('[')) return read_aarch64_memory(text, operand);
  std::string_view number = text;
  if (number.starts_with('#')) number.remove_prefix(1);
  if (const auto value = parse_integer(number)) {
    operand.kind = Kind::kConstant;
    operand.displacement = *value;
    return true;
  }
  operand.kind = Kind::kRegister;
  operand.base = std::string(text);
  return is_aarch64_register(text);
}

}  // namespace

std::vector<UsdtOperand> parse_usdt_operands(std::string_view text, Machine machine) {
  std::vector<UsdtOperand> operands;
  for (const std::string_view part : split_operands(text)) {
    UsdtOperand operand;
    // Old assemblers' notes have no size: a word then.
    const size_t at = part.find('@');
    const std::string_view place = at == std::string_view::npos ? part : part.substr(at + 1);
    bool known = at == std::string_view::npos || read_size(part.substr(0, at), operand);
    known = known && !place.empty() &&
            (machine == Machine::kX8664 ? read_x86(place, operand) : read_aarch64(place, operand));
    if (!known) operand.kind = Kind::kOther;
    operand.text = std::string(part);
    operands.push_back(std::move(operand));
  }
  return operands;
}

}  // namespace polytap
