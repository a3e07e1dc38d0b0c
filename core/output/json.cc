#include "core/output/json.h"

#include <fmt/format.h>

namespace polytap {
namespace {

// Whether the bits between the first and the last set one fit into the 53 of a double.
bool fits_double(uint64_t magnitude) {
  if (magnitude == 0) return true;
  const int trailing = __builtin_ctzll(magnitude);
  const int leading = __builtin_clzll(magnitude);
  return 64 - trailing - leading <= 53;
}

// Bytes of the UTF-8 character at the start of TEXT (RFC 3629: no surrogates, no overlong forms); 0 when it is none.
size_t utf8_length(std::string_view text) {
  const auto byte = [&](size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto continues = [&](size_t i) { return (byte(i) & 0xc0U) == 0x80U; };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return continues(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    if (first == 0xe0 && byte(1) < 0xa0) return 0;
    if (first == 0xed && byte(1) > 0x9f) return 0;
    return continues(1) && continues(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    if (first == 0xf0 && byte(1) < 0x90) return 0;
    if (first == 0xf4 && byte(1) > 0x8f) return 0;
    return continues(1) && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

bool is_plain(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x20 && byte < 0x80 && c != '"' && c != '\\';
}

void append_escape(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned char>(c));
  }
}

}  // namespace

void append_json_string(std::string& out, std::string_view text) {
  out += '"';
  size_t i = 0;
  while (i < text.size()) {
    size_t end = i;
    while (end < text.size() && is_plain(text[end])) ++end;
    out.append(text, i, end - i);
    i = end;
    if (i == text.size()) break;
    if (static_cast<unsigned char>(text[i]) < 0x80) {
      append_escape(out, text[i++]);
      continue;
    }
    const size_t length = utf8_length(text.substr(i));
    if (length == 0) {
      out += "\xef\xbf\xbd";
      ++i;
    } else {
      out.append(text, i, length);
      i += length;
    }
  }
  out += '"';
}

void append_json_integer(std::string& out, uint64_t value) {
  const fmt::format_int digits(value);
  const bool as_number = fits_double(value);
  if (!as_number) out += '"';
  out.append(digits.data(), digits.size());
  if (!as_number) out += '"';
}

void append_json_integer(std::string& out, int64_t value) {
  const fmt::format_int digits(value);
  const bool as_number = fits_double(value < 0 ? 0 - static_cast<uint64_t>(value) : static_cast<uint64_t>(value));
  if (!as_number) out += '"';
  out.append(digits.data(), digits.size());
  if (!as_number) out += '"';
}

}  // namespace polytap
