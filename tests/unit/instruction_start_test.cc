#include "core/symbol/instruction_start.h"

#include <gtest/gtest.h>

#include <array>

namespace polytap {
namespace {

TEST(InstructionStart, TellsStartsFromMiddles) {
  // push %rbp; mov %rsp,%rbp; push %r15; ret
  constexpr std::array<uint8_t, 7> kCode = {0x55, 0x48, 0x89, 0xe5, 0x41, 0x57, 0xc3};
  EXPECT_EQ(is_instruction_start(kCode, 0), true);
  EXPECT_EQ(is_instruction_start(kCode, 1), true);
  EXPECT_EQ(is_instruction_start(kCode, 2), false);
  EXPECT_EQ(is_instruction_start(kCode, 4), true);
  EXPECT_EQ(is_instruction_start(kCode, 5), false);
  EXPECT_EQ(is_instruction_start(kCode, 6), true);
}

TEST(InstructionStart, CannotTellBehindBytesThatAreNoInstruction) {
  constexpr std::array<uint8_t, 3> kCode = {0x06, 0x90, 0x90};  // push %es, which 64-bit code has not
  EXPECT_EQ(is_instruction_start(kCode, 2), std::nullopt);
  EXPECT_EQ(is_instruction_start(std::span(kCode).subspan(1), 5), std::nullopt);
}

}  // namespace
}  // namespace polytap
