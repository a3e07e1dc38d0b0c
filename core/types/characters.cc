#include "core/types/characters.h"

namespace polytap {

// Plain char is signed here; uint8_t is not text.
Type characters_as_text(const Type& type) {
  const bool characters = type.is(TypeKind::kArray) && type.size != 0 && type.element != nullptr &&
                          type.element->is(TypeKind::kInteger) && type.element->size == 1 && type.element->is_signed;
  return characters ? types::string(type.size) : type;
}

}  // namespace polytap
