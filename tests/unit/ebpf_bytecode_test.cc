#include <gtest/gtest.h>

#include "backends/ebpf/bytecode.h"

namespace polytap::ebpf {
namespace {

TEST(EbpfBytecode, ResolvesJumpsBothWays) {
  Assembler code;
  const Label back = code.new_label();
  const Label out = code.new_label();
  code.bind(back);
  code.move(Reg::k0, 0);                        // 0
  code.jump_if(Jump::kEqual, Reg::k1, 7, out);  // 1
  code.jump(back);                              // 2
  code.bind(out);
  code.exit();  // 3
  const auto finished = code.finish();
  ASSERT_TRUE(finished.ok());
  EXPECT_EQ(finished->instructions[1].off, 1);
  EXPECT_EQ(finished->instructions[2].off, -3);
}

TEST(EbpfBytecode, ConstantsTakeTwoWordsOnlyWhenTheyMust) {
  Assembler code;
  code.load_constant(Reg::k1, -1);
  EXPECT_EQ(code.size(), 1U);
  code.load_constant(Reg::k1, int64_t{1} << 31);
  EXPECT_EQ(code.size(), 3U);
  const auto finished = code.finish();
  ASSERT_TRUE(finished.ok());
  EXPECT_EQ(static_cast<uint32_t>(finished->instructions[1].imm), 1U << 31);
  EXPECT_EQ(finished->instructions[2].imm, 0);
}

TEST(EbpfBytecode, DeferredCodeKeepsItsSpan) {
  Assembler code;
  code.set_span({3, 9});
  code.defer([&] { code.exit(); });
  code.set_span({20, 30});
  code.move(Reg::k0, 1);
  const auto finished = code.finish();
  ASSERT_TRUE(finished.ok());
  ASSERT_EQ(finished->spans.size(), 2U);
  EXPECT_EQ(finished->spans[0], (Span{20, 30}));
  EXPECT_EQ(finished->spans[1], (Span{3, 9}));
}

TEST(EbpfBytecode, TooFarJumpsAreAnError) {
  Assembler code;
  const Label out = code.new_label();
  code.jump(out);
  for (int i = 0; i < 40000; ++i) code.move(Reg::k0, 0);
  code.bind(out);
  code.exit();
  const auto finished = code.finish();
  ASSERT_FALSE(finished.ok());
  EXPECT_NE(finished.error().message().find("too large"), std::string::npos);
}

}  // namespace
}  // namespace polytap::ebpf
