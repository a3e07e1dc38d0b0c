// Fuzzing debugging information: no ELF file may crash the reader of types or keep it busy.
#include <dwarf.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "core/symbol/dwarf_prototypes.h"
#include "core/symbol/dwarf_types.h"

namespace {

void ask(const polytap::DwarfTypes& types, const std::string& name) {
  if (const auto* definition = types.find_struct(name)) {
    for (const polytap::Field& field : definition->fields) {
      polytap::to_string(field.type);
      const polytap::Type& type = field.type;
      if (type.is(polytap::TypeKind::kStruct)) types.find_struct(type.name);
      if (type.is(polytap::TypeKind::kPointer) && type.element != nullptr) types.find_struct(type.element->name);
    }
  }
  types.find_enum(name);
  types.find_type(name);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto file = polytap::ElfFile::from_bytes(std::string(reinterpret_cast<const char*>(data), size));
  if (!file) return 0;
  const polytap::DwarfTypes types(*file, 0);
  if (types.handle() == nullptr) return 0;
  for (const char* name : {"struct node", "struct other", "position", "enum colour", "ns::derived", "nobody"}) {
    ask(types, name);
  }
  types.find_enumerator("BLUE");
  polytap::dwarf_prototypes(types, {0, 1, 16, 32, 48, 64});
  return 0;
}
