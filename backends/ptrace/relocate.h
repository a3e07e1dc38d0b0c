// Instructions that run at another address than their own, with the same effect.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/result.h"

namespace polytap {

inline constexpr size_t kLongestInstruction = 15;
inline constexpr size_t kSlotSize = 32;

// An instruction made for a slot, with a jump to what follows the original behind it. Everything that it leaves behind
// (return addresses too) is as if the original had run in its place, so that unwinding and exceptions see no slot.
struct RelocatedInstruction {
  std::array<uint8_t, kSlotSize> code{};
  uint8_t size = 0;             // of the code
  uint8_t original_length = 0;  // of the instruction
  // Where in the code the jump back begins; 0 when the instruction was rewritten into several and there is no place
  // that stands for "executed".
  uint8_t executed_at = 0;
};

// BYTES begin with the instruction that lies at ADDRESS; the slot will lie at SLOT. An error says what is in the way.
Result<RelocatedInstruction> relocate_instruction(std::span<const uint8_t> bytes, uint64_t address, uint64_t slot);

}  // namespace polytap
