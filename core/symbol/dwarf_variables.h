// The parameters and local variables that are in scope at a place in a program.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "core/probe/variable.h"
#include "core/symbol/dwarf_types.h"
#include "core/symbol/elf_file.h"

namespace polytap {

// Those of the innermost function around ADDRESS (also one that was inlined there), of its blocks around ADDRESS from
// the innermost on: of variables of the same name the innermost alone. A call that was inlined exactly there and stands
// in LINE is not entered yet (LINE 0: any is). PROGRAM has the call frame information, TYPES the debugging information.
// Nullopt: no function is described there.
std::optional<std::vector<ProbeVariable>> dwarf_variables(const DwarfTypes& types, const ElfFile& program,
                                                          uint64_t address, uint32_t line);

}  // namespace polytap
