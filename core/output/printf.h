// printf() as the language has it: C's conversions over typed values, read once, applied to every record.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/lang/printf_format.h"
#include "core/output/value.h"

namespace polytap {

// A format bound to the types of its arguments.
class PrintfFormatter {
 public:
  // An error names the conversion that cannot be understood or lacks its argument. VALUES must outlive the formatter.
  static Result<PrintfFormatter> create(std::string_view format, std::span<const Type> types, ValueRenderer& values);

  // FIELDS: the bytes of each argument, in order, as many as there are types.
  void append(std::string& out, std::span<const Bytes> fields) const;

 private:
  // What most scripts write has its own, faster way.
  enum class Way : uint8_t { kLiteral, kPlainSigned, kPlainUnsigned, kPlainText, kGeneral };
  struct Piece {
    Way way = Way::kLiteral;
    std::string text;
    FormatConversion conversion;
    uint32_t field = 0;  // the first argument that it takes
    Type type;           // of the value
    Type width_type;
    Type precision_type;
  };
  // Flags, width and precision with the arguments for them filled in.
  struct Resolved {
    bool left = false;
    uint32_t width = 0;
    std::optional<uint32_t> precision;
  };

  explicit PrintfFormatter(ValueRenderer& values) : values_(&values) {}
  void general(std::string& out, const Piece& piece, std::span<const Bytes> fields) const;
  void integer(std::string& out, const Piece& piece, const Resolved& resolved, Bytes value) const;
  void floating(std::string& out, const Piece& piece, const Resolved& resolved, Bytes value) const;
  void binary(std::string& out, const Piece& piece, Bytes value) const;

  ValueRenderer* values_;
  std::vector<Piece> pieces_;
};

}  // namespace polytap
