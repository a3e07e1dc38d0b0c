// Prototypes of the C library's commonly traced functions, as their manual pages have them: known without debugging
// information, and by the same names on every machine.
#pragma once

#include <optional>
#include <string_view>

#include "core/probe/prototype.h"

namespace polytap {

// Whether a library of this SONAME is the C library or one of the parts that glibc once had (libpthread, ...).
bool is_c_library(std::string_view soname);

// nullopt: not among them.
std::optional<FunctionPrototype> libc_prototype(std::string_view function);

}  // namespace polytap
