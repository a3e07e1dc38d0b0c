// Prototypes of functions from debugging information.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "core/probe/prototype.h"
#include "core/symbol/elf_file.h"

namespace polytap {

// The prototypes of the functions that begin at ADDRESSES (sorted), those that FILE's .debug_info describes. Reads
// compilation units whose ranges hold one of the addresses, and of those the functions' entries only: no index, no
// .debug_aranges. Structs that pointers lead to are named "user struct x": the kernel's BTF may have another of that
// name.
std::map<uint64_t, FunctionPrototype> dwarf_prototypes(const ElfFile& file, const std::vector<uint64_t>& addresses);

}  // namespace polytap
