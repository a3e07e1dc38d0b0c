#include "core/lang/parameters.h"

#include <charconv>

#include "core/lang/literal.h"

namespace polytap {

std::optional<std::string> parameter_text(const std::vector<std::string>& parameters, uint32_t index) {
  if (index == 0 || index > parameters.size()) return std::nullopt;
  return parameters[index - 1];
}

std::optional<int64_t> parse_number(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  int base = 10;
  if (text.starts_with("0x") || text.starts_with("0X")) {
    base = 16;
    text.remove_prefix(2);
  } else if (text.size() > 1 && text.starts_with('0')) {
    base = 8;
  }
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (text.empty() || error != std::errc() || end == text.data()) return std::nullopt;
  if (end != text.data() + text.size()) {
    // 20ms, 1e6, 1_000
    LiteralError wrong;
    const auto literal = read_integer(text, wrong);
    if (!literal || literal->is_unsigned || literal->is_long) return std::nullopt;
    value = literal->value;
  }
  return static_cast<int64_t>(negative ? 0 - value : value);
}

}  // namespace polytap
