// Values of the language to text and to JSON.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/ir/ir.h"
#include "core/output/name_lookup.h"
#include "core/output/wall_clock.h"
#include "core/symbol/symbolizer.h"
#include "core/types/type.h"

namespace polytap {

using Bytes = std::span<const std::byte>;

// The 64-bit word at OFFSET; what lies behind the end reads as zero.
uint64_t load_word(Bytes bytes, size_t offset = 0);

// The text of a string value: up to its NUL or the end of BYTES.
std::string_view string_text(Bytes bytes);

// A value's number: of what is stored as a word its word, of a user symbol its address.
int64_t value_number(const Type& type, Bytes bytes);

// The bytes that a buffer value holds.
Bytes buffer_content(Bytes bytes);

// Whether integers of TYPE show a minus sign.
bool shows_sign(const Type& type);

// Values laid out as Type::storage_size() says (a string may also be just its bytes, without padding), appended to OUT.
class ValueRenderer {
 public:
  // TYPES: where the fields of structs and the names of enums come from; may be null. All must outlive this.
  ValueRenderer(const ir::Program& program, Symbolizer& symbolizer, const TypeProvider* types);

  // As print() and %s show it.
  void text(std::string& out, const Type& type, Bytes bytes);
  void json(std::string& out, const Type& type, Bytes bytes);
  // As a part of a JSON map key: frames of stacks are not indented.
  void key_text(std::string& out, const Type& type, Bytes bytes);

  WallClock& clock() { return clock_; }

 private:
  // A value in a slot, key, map or record; or as C lays it out in memory (elements of arrays, fields of structs).
  enum class Layout : uint8_t { kStorage, kMemory };
  enum class Style : uint8_t { kText, kKeyText, kJson };

  void render(std::string& out, const Type& type, Bytes bytes, Layout layout, Style style);
  void plain(std::string& out, const Type& type, Bytes bytes, Layout layout, Style style);
  void number(std::string& out, bool is_signed, uint64_t word, Style style);
  void enumerator(std::string& out, const Type& type, uint64_t word, Style style);
  void string(std::string& out, const Type& type, Bytes bytes);
  void buffer(std::string& out, Bytes bytes, Style style);
  void array(std::string& out, const Type& type, Bytes bytes, Style style);
  void structure(std::string& out, const Type& type, Bytes bytes, Style style);
  void tuple(std::string& out, const Type& type, Bytes bytes, Style style);
  void begin_field(std::string& out, std::string_view name, bool first, Style style);
  void stack(std::string& out, const Type& type, Bytes bytes, bool indented);
  const EnumDefinition* find_enum(const Type& type) const;

  const ir::Program& program_;
  Symbolizer& symbolizer_;
  const TypeProvider* types_;
  WallClock clock_;
  NameLookup names_;
};

// Every byte that is not printable ASCII as \xNN.
void append_escaped_bytes(std::string& out, Bytes bytes);

}  // namespace polytap
