// Where instructions begin in x86-64 code.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace polytap {

// Whether an instruction begins OFFSET bytes behind the start of CODE, which begins with one; CODE holds what lies in
// front of OFFSET and 15 bytes, the longest instruction, more, or less where the file ends. Nullopt: it has bytes on
// the way that are no instructions, so nobody can tell.
std::optional<bool> is_instruction_start(std::span<const uint8_t> code, uint64_t offset);

}  // namespace polytap
