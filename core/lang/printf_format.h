// A printf format cut into its pieces: shared by the checker (types of the arguments) and the output (rendering).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace polytap {

enum class LengthModifier : uint8_t {
  kNone,
  kChar,      // hh
  kShort,     // h
  kLong,      // l
  kLongLong,  // ll, q
  kSize,      // z
  kMaximum,   // j
  kPointer,   // t
};

// How %r shows a buffer.
enum class BufferStyle : uint8_t {
  kEscaped,   // %r: printable characters as they are, others as \xNN
  kHex,       // %rx: every byte as \xNN
  kHexPlain,  // %rh: every byte as NN, with spaces between
};

// `%[flags][width][.precision][length]conversion`.
struct FormatConversion {
  // Of "-+ #0'".
  bool left = false;
  bool plus = false;
  bool space = false;
  bool alternative = false;
  bool zero = false;
  bool grouping = false;
  std::optional<uint32_t> width;
  bool width_argument = false;  // `*`: an integer argument before the value; negative means left
  std::optional<uint32_t> precision;
  bool precision_argument = false;  // `.*`; after the width's argument; negative means none
  LengthModifier length = LengthModifier::kNone;
  char conversion = 'd';  // d i u o x X c s p f F e E g G a A b r
  BufferStyle buffer = BufferStyle::kEscaped;

  // Arguments it takes from the list, its own value included: 1 to 3, in the order width, precision, value.
  uint32_t arguments() const { return 1U + (width_argument ? 1 : 0) + (precision_argument ? 1 : 0); }
  bool is_integer() const;  // d i u o x X
  bool is_signed() const { return conversion == 'd' || conversion == 'i'; }
  bool is_float() const;  // f F e E g G a A
};

// Literal text (%% already one %), or a conversion.
struct FormatPiece {
  std::string text;
  std::optional<FormatConversion> conversion;
};

// A % in front of a line's end, or at the end, is text, as bpftrace has it. An error names the conversion that cannot
// be understood.
Result<std::vector<FormatPiece>> parse_printf_format(std::string_view format);

// Cuts an integer to the width that the length modifier asks for, as C does: %hhd of 300 is 44. No modifier: unchanged
// (values are 64 bits wide here, so %d shows all of them).
int64_t apply_length(const FormatConversion& conversion, int64_t value);

// The conversion as written, without argument widths resolved: "%-10s", "%#llx".
std::string to_string(const FormatConversion& conversion);

}  // namespace polytap
