// Fuzzing C declarations: no header may crash the parser, and what it lays out keeps its members inside.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "core/c/declarations.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 4096) return 0;
  const std::string text(reinterpret_cast<const char*>(data), size);
  polytap::CDeclarations declarations;
  polytap::parse_c_declarations(text, declarations);
  for (const auto& [name, definition] : declarations.structs) {
    for (const polytap::Field& field : definition.fields) {
      // The unit of a packed bit field may reach behind the end, within its last word.
      const uint64_t end = uint64_t{field.offset} + field.type.size;
      if (end > (field.bit_size != 0 ? (definition.size + 7) / 8 * 8 : definition.size)) std::abort();
      if (field.bit_size != 0 && field.bit_offset + field.bit_size > field.type.size * 8) std::abort();
    }
  }
  size_t asked = 0;
  for (const auto& [name, macro] : declarations.macros) {
    if (++asked > 8) break;
    polytap::CDeclarations copy = declarations;
    polytap::evaluate_c(name, copy);
    if (macro.takes_arguments) polytap::evaluate_c(name + "(1, 2)", copy);
  }
  return 0;
}
