// Prototypes of functions from debugging information.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "core/probe/prototype.h"
#include "core/symbol/dwarf_types.h"

namespace polytap {

// The prototypes of the functions that begin at ADDRESSES (sorted), those that .debug_info describes. Reads compilation
// units whose ranges hold one of the addresses, and of those the functions' entries only: no index, no .debug_aranges.
// Types are named as TYPES does.
std::map<uint64_t, FunctionPrototype> dwarf_prototypes(const DwarfTypes& types, const std::vector<uint64_t>& addresses);

}  // namespace polytap
