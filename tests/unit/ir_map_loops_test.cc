#include <gtest/gtest.h>

#include "core/ir/map_loops.h"
#include "core/ir/text.h"
#include "core/ir/verify.h"

namespace polytap::ir {
namespace {

constexpr const char* kHead = R"(
settings cut_trailer="..", license="GPL"
site begin, "BEGIN"
map "@n", key=[int64], key_size=8, value=int64, value_size=8
map "@s", value=int64, value_size=8
function "f", sites=[0], temps=4
  slot size=8
  slot size=8
  slot size=8
)";
constexpr const char* kNext = "map_next @n, position=s0+0, key=s1+0, value=s2+0\n";

Program program_of(const std::string& blocks) {
  Result<Program> parsed = parse_text(kHead + blocks);
  EXPECT_TRUE(parsed.ok()) << parsed.error().message();
  return std::move(parsed).value();
}

std::string complaint_about(const std::string& blocks) {
  const Status status = verify(program_of(blocks));
  return status.ok() ? "" : status.error().message();
}

TEST(MapLoops, WhatLeavesIsNotInside) {
  const std::string text = std::string("b0:\njump b1\nb1:\n%0 = ") + kNext +
                           "branch %0, b2, b5\n"
                           "b2:\n%1 = slot_load s2+0, size=8\nbranch %1, b3, b4\n"
                           "b3:\njump b5\n"  // a break
                           "b4:\njump b1\n"  // the next round
                           "b5:\nreturn\n";
  EXPECT_EQ(complaint_about(text), "");
  const auto loops = find_map_loops(program_of(text).functions[0]);
  ASSERT_EQ(loops.size(), 1U);
  EXPECT_EQ(loops[0].head, 1U);
  EXPECT_EQ(loops[0].inside, (std::vector<bool>{false, false, true, false, true, false}));
  EXPECT_EQ(loops[0].depth, 1U);
}

TEST(MapLoops, InnerLoopsKnowTheOuterOne) {
  const std::string text = std::string("b0:\njump b1\nb1:\n%0 = ") + kNext + "branch %0, b2, b4\nb2:\n%1 = " + kNext +
                           "branch %1, b3, b1\nb3:\njump b2\nb4:\nreturn\n";
  const auto loops = find_map_loops(program_of(text).functions[0]);
  ASSERT_EQ(loops.size(), 2U);
  EXPECT_EQ(loops[0].head, 1U);
  EXPECT_EQ(loops[1].head, 2U);
  EXPECT_EQ(loops[1].outer, 0U);
  EXPECT_EQ(loops[1].depth, 2U);
}

TEST(MapLoops, TheHeadStandsAlone) {
  EXPECT_NE(complaint_about(std::string("b0:\n%0 = ") + kNext + "branch %0, b1, b1\nb1:\nreturn\n"), "");
  EXPECT_NE(complaint_about(std::string("b0:\njump b1\nb1:\n%0 = const 1\n%1 = ") + kNext +
                            "branch %1, b1, b2\nb2:\nreturn\n"),
            "");
  EXPECT_NE(complaint_about(std::string("b0:\njump b1\nb1:\n%0 = ") + kNext + "jump b2\nb2:\nreturn\n"), "");
  EXPECT_NE(complaint_about("b0:\njump b1\nb1:\n%0 = map_next @s, position=s0+0, key=s1+0, value=s2+0\n"
                            "branch %0, b1, b2\nb2:\nreturn\n"),
            "");
}

}  // namespace
}  // namespace polytap::ir
