// C types from their text, as the kernel's event formats and prototypes spell them.
#pragma once

#include <optional>
#include <string_view>

#include "core/types/type.h"

namespace polytap {

// The type that TEXT ("const char *", "unsigned long", "umode_t", "struct sockaddr *") names on x86-64. Pointers point
// to POINTERS. Structs have size 0: only a TypeProvider knows it. Qualifiers and address space marks are dropped; a
// function pointer is a pointer to void. Plain char is signed, whatever the kernel was built with (6.2 and later:
// -funsigned-char), as in user space. nullopt for a typedef that is not among the common ones.
std::optional<Type> parse_c_type(std::string_view text, AddressSpace pointers);

}  // namespace polytap
