// DWARF expressions (DWARF 5, 2.5) as call frame information uses them.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/symbol/unwind_cfi.h"
#include "core/symbol/unwind_memory.h"

namespace polytap {

using UnwindValues = std::array<uint64_t, kUnwindRegisters>;  // by DWARF's numbers; the last is the program counter

// The top of the stack at the end of EXPRESSION, which begins with INITIAL on it if that is given. Nothing when it is
// damaged, does not end, reads memory that is not there, or uses what call frames have no use for.
std::optional<uint64_t> evaluate_expression(std::string_view expression, const UnwindValues& registers,
                                            UnwindMemory& memory, std::optional<uint64_t> initial);

}  // namespace polytap
