// Names of types as the user is shown them.
#pragma once

#include <string_view>

namespace polytap {

// "struct point" of "user struct point@3": the types of programs are kept apart by which program they are of
// (core/symbol/dwarf_types.h). Other names stay as they are.
std::string_view source_name(std::string_view name);

}  // namespace polytap
