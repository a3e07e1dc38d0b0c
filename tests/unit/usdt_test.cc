// Static probes: their notes and the descriptions of their arguments.
#include <gtest/gtest.h>

#include "core/symbol/usdt_operand.h"

namespace polytap {
namespace {

using Kind = UsdtOperand::Kind;

UsdtOperand one(std::string_view text, Machine machine = Machine::kX8664) {
  const auto operands = parse_usdt_operands(text, machine);
  EXPECT_EQ(operands.size(), 1U) << text;
  return operands.empty() ? UsdtOperand{} : operands.front();
}

TEST(UsdtOperands, RegistersAndConstants) {
  const UsdtOperand low = one("-4@%eax");
  EXPECT_EQ(low.kind, Kind::kRegister);
  EXPECT_EQ(low.base, "eax");
  EXPECT_EQ(low.size, 4U);
  EXPECT_TRUE(low.is_signed);
  const UsdtOperand constant = one("8@$-17");
  EXPECT_EQ(constant.kind, Kind::kConstant);
  EXPECT_EQ(constant.displacement, -17);
  EXPECT_FALSE(constant.is_signed);
  EXPECT_EQ(one("4@$0xffffffffffffffff").displacement, -1);
}

TEST(UsdtOperands, Memory) {
  const UsdtOperand all = one("2@-0x10(%rbp,%rcx,8)");
  EXPECT_EQ(all.kind, Kind::kMemory);
  EXPECT_EQ(all.base, "rbp");
  EXPECT_EQ(all.index, "rcx");
  EXPECT_EQ(all.scale, 8U);
  EXPECT_EQ(all.displacement, -16);
  const UsdtOperand symbol = one("4@counter+8(%rip)");
  EXPECT_EQ(symbol.symbol, "counter");
  EXPECT_EQ(symbol.displacement, 8);
  EXPECT_EQ(symbol.base, "rip");
  EXPECT_EQ(one("8@(%rax, %rbx, 4)").scale, 4U);
  EXPECT_EQ(one("8@place").symbol, "place");
}

TEST(UsdtOperands, WhatCannotBeReadIsNamed) {
  for (const char* text : {"4f@%xmm0", "8@%fs:16", "16@%rax", "8@(%rax,%rbx,3)", "8@", "8@$many", "8@(%rax"}) {
    EXPECT_EQ(one(text).kind, Kind::kOther) << text;
    EXPECT_EQ(one(text).text, text);
  }
}

TEST(UsdtOperands, Twelve) {
  const auto operands = parse_usdt_operands(
      "  8@%rdi -4@%esi  1@%dl 8@16(%rsp) 8@$1 8@%r8 8@%r9 2@%ax 8@(%rax) 8@%rbx "
      "4@4(%rcx,%rdx) 8@%r15 ",
      Machine::kX8664);
  ASSERT_EQ(operands.size(), 12U);
  EXPECT_EQ(operands[10].index, "rdx");
  EXPECT_EQ(operands[10].scale, 1U);
  EXPECT_TRUE(parse_usdt_operands("", Machine::kX8664).empty());
}

TEST(UsdtOperands, Aarch64) {
  const auto machine = Machine::kAarch64;
  EXPECT_EQ(one("8@x0", machine).kind, Kind::kRegister);
  EXPECT_EQ(one("-4@w30", machine).base, "w30");
  EXPECT_EQ(one("4@-5", machine).displacement, -5);
  const UsdtOperand stack = one("-4@[sp, 12]", machine);
  EXPECT_EQ(stack.kind, Kind::kMemory);
  EXPECT_EQ(stack.base, "sp");
  EXPECT_EQ(stack.displacement, 12);
  EXPECT_EQ(one("8@[x19]", machine).displacement, 0);
  EXPECT_EQ(one("8@[x1, x2, lsl 3]", machine).scale, 8U);
  EXPECT_EQ(one("8@[x1,x2]", machine).index, "x2");
  EXPECT_EQ(one("4@[x1, w2, sxtw 2]", machine).kind, Kind::kOther);
  EXPECT_EQ(one("8@v0", machine).kind, Kind::kOther);
  EXPECT_EQ(parse_usdt_operands("8@x0 4@[sp, 8] 4@7", machine).size(), 3U);
}

}  // namespace
}  // namespace polytap
