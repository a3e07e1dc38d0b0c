#include <gtest/gtest.h>

#include "core/ir/optimize.h"
#include "core/ir/text.h"
#include "core/ir/verify.h"

namespace polytap::ir {
namespace {

constexpr const char* kHead = R"(
settings cut_trailer="..", license="GPL"
site tracepoint, "tracepoint:a:b", context=tracepoint, context_size=32
map "@n", key=[int64], key_size=8, value=int64, value_size=8
map "@s", value=string[16], value_size=16
record printf, fields=[int64]
record printf, fields=[string[16]]
record printf, fields=[tuple(size=16, elements=[int64, int64])]
string "text"
)";
constexpr const char* kSlots = R"(  slot name="$a", size=8
  slot name="$s", size=16
  slot name="$t", size=16
)";

// The optimized function's blocks, or what went wrong.
std::string optimized(const std::string& blocks) {
  const std::string text = std::string(kHead) + "function \"f\", sites=[0], temps=50\n" + kSlots + blocks;
  Result<Program> parsed = parse_text(text);
  if (!parsed.ok()) return parsed.error().message();
  if (const Status status = verify(*parsed); !status.ok()) return status.error().message();
  const Program program = optimize(std::move(*parsed));
  if (const Status status = verify(program); !status.ok()) return status.error().message();
  const std::string result = to_text(program);
  return result.substr(result.find("  b0:"));
}

std::string optimized_line(const std::string& operations) {
  return optimized("b0:\n%0 = context_load offset=0, size=8\n" + operations + "\nreturn\n");
}

// What "%1 = OPERATION" on %0, an unknown word, becomes when it is emitted.
std::string becomes(const std::string& operation) {
  const std::string text = optimized_line(operation + "\nemit #0, fields=[(word, %1)]");
  std::string body = text.substr(text.find('\n') + 1);
  return body.substr(0, body.find("    emit"));
}

constexpr const char* kJustLoad = "    %0 = context_load offset=0, size=8\n";

TEST(Fold, Constants) {
  EXPECT_EQ(becomes("%2 = const 6\n%3 = const -4\n%1 = sdiv %2, %3"), "    %0 = const -1\n");
  EXPECT_EQ(becomes("%2 = const 511\n%1 = extend %2, bits=8, signed"), "    %0 = const -1\n");
  EXPECT_EQ(becomes("%2 = const 0\n%1 = mul %2, %0"), "    %0 = const 0\n");
}

TEST(Fold, Identities) {
  for (const char* operation : {"add", "sub", "or", "xor", "shl", "shr", "sar"}) {
    EXPECT_EQ(becomes(std::string("%2 = const 0\n%1 = ") + operation + " %0, %2"), kJustLoad) << operation;
  }
  for (const char* operation : {"mul", "udiv", "sdiv"}) {
    EXPECT_EQ(becomes(std::string("%2 = const 1\n%1 = ") + operation + " %0, %2"), kJustLoad) << operation;
  }
  EXPECT_EQ(becomes("%2 = const -1\n%1 = and %2, %0"), kJustLoad);
  EXPECT_EQ(becomes("%1 = and %0, %0"), kJustLoad);
  EXPECT_EQ(becomes("%1 = sub %0, %0"), "    %0 = const 0\n");
  EXPECT_EQ(becomes("%1 = ule %0, %0"), "    %0 = const 1\n");
  EXPECT_EQ(becomes("%2 = const 0\n%1 = udiv %0, %2"), "    %0 = const 0\n");
  // x / x is 1, but not for 0.
  EXPECT_NE(becomes("%1 = udiv %0, %0").find("udiv"), std::string::npos);
  EXPECT_NE(becomes("%1 = add %0, %0").find("add"), std::string::npos);
}

TEST(Fold, PowersOfTwo) {
  EXPECT_EQ(becomes("%2 = const 8\n%1 = mul %2, %0"),
            std::string(kJustLoad) + "    %1 = const 3\n    %2 = shl %0, %1\n");
  EXPECT_EQ(becomes("%2 = const 8\n%1 = udiv %0, %2"),
            std::string(kJustLoad) + "    %1 = const 3\n    %2 = shr %0, %1\n");
  EXPECT_EQ(becomes("%2 = const 8\n%1 = umod %0, %2"),
            std::string(kJustLoad) + "    %1 = const 7\n    %2 = and %0, %1\n");
  EXPECT_EQ(becomes("%2 = const -9223372036854775808\n%1 = umod %0, %2"),
            std::string(kJustLoad) + "    %1 = const 9223372036854775807\n    %2 = and %0, %1\n");
  // Rounds towards zero, which a shift does not.
  EXPECT_NE(becomes("%2 = const 8\n%1 = sdiv %0, %2").find("sdiv"), std::string::npos);
}

TEST(Fold, WidthsThatAreKnown) {
  EXPECT_EQ(becomes("%2 = context_load offset=8, size=2\n%1 = extend %2, bits=32, signed"),
            "    %0 = context_load offset=8, size=2\n");
  EXPECT_NE(becomes("%2 = context_load offset=8, size=2\n%1 = extend %2, bits=16, signed").find("extend"),
            std::string::npos);
  EXPECT_NE(becomes("%2 = context_load offset=8, size=2, signed\n%1 = extend %2, bits=32").find("extend"),
            std::string::npos);
}

TEST(Fold, ValuesComputedTwice) {
  EXPECT_EQ(becomes("%2 = context_load offset=0, size=8\n%1 = sub %0, %2"), "    %0 = const 0\n");
  EXPECT_EQ(becomes("%2 = builtin pid\n%3 = builtin pid\n%1 = eq %2, %3"), "    %0 = const 1\n");
  EXPECT_NE(becomes("%2 = builtin nsecs\n%3 = builtin nsecs\n%1 = sub %3, %2").find("sub"), std::string::npos);
}

TEST(Fold, Branches) {
  EXPECT_EQ(optimized("b0:\n%0 = const 1\nbranch %0, b1, b2\nb1:\n%1 = const 5\nexit %1\nreturn\nb2:\nreturn\n"),
            "  b0:\n    %0 = const 5\n    exit %0\n    return\n");
  EXPECT_EQ(optimized("b0:\n%0 = context_load offset=0, size=8\n%1 = const 0\n%2 = eq %0, %1\n%3 = eq %2, %1\n"
                      "branch %3, b1, b2\nb1:\n%4 = const 5\nexit %4\nreturn\nb2:\nreturn\n"),
            "  b0:\n    %0 = context_load offset=0, size=8\n    branch %0, b1, b2\n"
            "  b1:\n    %1 = const 5\n    exit %1\n    return\n  b2:\n    return\n");
}

TEST(ForwardSlots, LoadsSeeStores) {
  EXPECT_EQ(becomes("slot_store $a+0, %0, size=8\n%1 = slot_load $a+0, size=8"), kJustLoad);
  EXPECT_EQ(becomes("slot_store $a+0, %0, size=4\n%1 = slot_load $a+0, size=4, signed"),
            std::string(kJustLoad) + "    %1 = extend %0, bits=32, signed\n");
  EXPECT_EQ(becomes("%1 = slot_load $a+0, size=8"), "    %0 = const 0\n") << "slots are zero at entry";
  // Overwritten in part.
  EXPECT_NE(becomes("slot_store $a+0, %0, size=8\n%2 = const 1\nslot_store $a+4, %2, size=1\n"
                    "%1 = slot_load $a+0, size=8")
                .find("slot_load"),
            std::string::npos);
}

TEST(ForwardSlots, KeysNeedNoCopy) {
  EXPECT_EQ(optimized_line("slot_store $s+0, %0, size=8\nslot_copy to=$t+8, from=$s+0, length=8\n"
                           "map_delete @n, key=$t+8"),
            "  b0:\n    %0 = context_load offset=0, size=8\n    slot_store $s+0, %0, size=8\n"
            "    map_delete @n, key=$s+0\n    return\n");
  EXPECT_NE(optimized_line("slot_store $s+0, %0, size=8\nslot_copy to=$t+8, from=$s+0, length=8\n%1 = const 1\n"
                           "slot_store $s+0, %1, size=8\nmap_delete @n, key=$t+8\nmap_delete @n, key=$s+0")
                .find("slot_copy"),
            std::string::npos)
      << "the original has changed";
}

TEST(ForwardSlots, ZerosThatAreThere) {
  EXPECT_EQ(optimized_line("slot_zero $s+0, length=16\n%1 = const 0\nslot_store $s+8, %1, size=8\n"
                           "slot_store $s+0, %0, size=8\nemit #2, fields=[(bytes, $s+0, length=16)]"),
            "  b0:\n    %0 = context_load offset=0, size=8\n    slot_store $s+0, %0, size=8\n"
            "    emit #2, fields=[(bytes, $s+0, length=16)]\n    return\n");
  // In a loop, the second time around the slot is not zero.
  EXPECT_NE(
      optimized("b0:\nslot_zero $s+0, length=16\nemit #2, fields=[(bytes, $s+0, length=16)]\n"
                "%0 = context_load offset=0, size=8\nslot_store $s+0, %0, size=8\nbranch %0, b0, b1\nb1:\nreturn\n")
          .find("slot_zero"),
      std::string::npos);
}

TEST(RemoveDead, WhatNobodySees) {
  EXPECT_EQ(optimized_line("slot_store $a+0, %0, size=8\n%1 = map_get @n, key=$a+0, to=$s+0\n"
                           "%2 = read_string user, %0, to=$t+0, capacity=16\ncomm to=$t+0"),
            "  b0:\n    return\n");
  EXPECT_EQ(optimized_line("slot_store $a+0, %0, size=8\n%1 = map_add @n, key=$a+0, %0"),
            "  b0:\n    %0 = context_load offset=0, size=8\n    slot_store $a+0, %0, size=8\n"
            "    map_add @n, key=$a+0, %0\n    return\n");
}

TEST(RemoveDead, StoresThatAreOverwritten) {
  EXPECT_EQ(optimized_line("slot_literal $s+0, text=#0, length=16\ncomm to=$s+0\nmap_set @s, key=$s+0, from=$s+0"),
            "  b0:\n    comm to=$s+0\n    map_set @s, key=$s+0, from=$s+0\n    return\n");
}

TEST(Straighten, JumpsAndUnreachableBlocks) {
  EXPECT_EQ(optimized("b0:\njump b2\nb1:\n%0 = const 1\nexit %0\nreturn\nb2:\njump b3\nb3:\n%1 = const 2\nexit %1\n"
                      "jump b4\nb4:\nreturn\n"),
            "  b0:\n    %0 = const 2\n    exit %0\n    return\n");
  EXPECT_EQ(optimized("b0:\njump b1\nb1:\njump b1\n"), "  b0:\n    jump b1\n  b1:\n    jump b1\n");
}

TEST(ReuseReads, WhatABlockBeforeHasRead) {
  const std::string start =
      "b0:\n%0 = builtin tid\nslot_store $a+0, %0, size=8\nmap_get @n, key=$a+0, to=$t+0\n"
      "%1 = slot_load $t+0, size=8\nbranch %1, b1, b2\nb1:\n";
  const std::string rest =
      "%2 = builtin tid\nslot_store $a+0, %2, size=8\nmap_get @n, key=$a+0, to=$t+0\n%3 = slot_load $t+0, size=8\n"
      "emit #0, fields=[(word, %3)]\nreturn\nb2:\nreturn\n";
  const auto count = [](const std::string& text, const std::string& word) {
    size_t found = 0;
    for (size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++found;
    return found;
  };
  const std::string reused = optimized(start + rest);
  EXPECT_EQ(count(reused, "map_get"), 1U) << reused;
  EXPECT_EQ(count(reused, "builtin tid"), 1U) << reused;
  const std::string changed = optimized(start + "map_delete @n, key=$a+0\n" + rest);
  EXPECT_EQ(count(changed, "map_get"), 2U) << changed;
  const std::string other_key = optimized(start +
                                          "%9 = const 7\nslot_store $a+0, %9, size=8\n"
                                          "map_get @n, key=$a+0, to=$t+0\n%3 = slot_load $t+0, size=8\n"
                                          "emit #0, fields=[(word, %3)]\nreturn\nb2:\nreturn\n");
  EXPECT_EQ(count(other_key, "map_get"), 2U) << other_key;
  // Two ways lead to b2: on one of them it has not been read.
  const std::string joined = optimized(
      "b0:\n%0 = context_load offset=0, size=8\n%1 = builtin tid\nslot_store $a+0, %1, size=8\nbranch %0, b1, b2\n"
      "b1:\nmap_get @n, key=$a+0, to=$t+0\n%2 = slot_load $t+0, size=8\nemit #0, fields=[(word, %2)]\njump b2\n"
      "b2:\nmap_get @n, key=$a+0, to=$t+0\n%3 = slot_load $t+0, size=8\nemit #0, fields=[(word, %3)]\nreturn\n");
  EXPECT_EQ(count(joined, "map_get"), 2U) << joined;
}

TEST(LeaveUnpadded, OnlyWhatIsEmittedAsString) {
  const std::string read = "read_string user, %0, to=$s+0, capacity=16\n";
  const auto is_unpadded = [&](const std::string& rest) {
    return optimized_line(read + rest).find("unpadded") != std::string::npos;
  };
  EXPECT_TRUE(is_unpadded("emit #1, fields=[(string, $s+0, length=16)]"));
  EXPECT_TRUE(is_unpadded("%1 = string_length $s+0, capacity=16\nemit #0, fields=[(word, %1)]"));
  EXPECT_FALSE(is_unpadded("map_set @s, key=$s+0, from=$s+0"));
  EXPECT_FALSE(is_unpadded("emit #2, fields=[(bytes, $s+0, length=16)]"));
  EXPECT_FALSE(is_unpadded("emit #1, fields=[(string, $s+0, length=16)]\nmap_delete @n, key=$s+8"));
  EXPECT_FALSE(is_unpadded("slot_store $s+0, %0, size=8\nemit #1, fields=[(string, $s+0, length=16)]"));
}

TEST(Optimize, KeepsSpans) {
  Result<Program> parsed =
      parse_text(std::string(kHead) + "function \"f\", sites=[0], temps=3\n" + kSlots +
                 "b0:\n%0 = context_load offset=0, size=8\n%1 = const 8\n%2 = mul %0, %1\nexit %2\nreturn\n");
  ASSERT_TRUE(parsed.ok());
  std::vector<Instruction>& instructions = parsed->functions[0].blocks[0].instructions;
  for (uint32_t i = 0; i < instructions.size(); ++i) instructions[i].span = {10 * i, 10 * i + 5};
  const Program program = optimize(std::move(*parsed));
  const std::vector<Instruction>& after = program.functions[0].blocks[0].instructions;
  ASSERT_EQ(after.size(), 4U);
  EXPECT_EQ(after[0].span, (Span{0, 5}));
  EXPECT_EQ(after[1].span, (Span{20, 25})) << "the shift count belongs to the multiplication";
  EXPECT_EQ(after[2].span, (Span{20, 25}));
  EXPECT_EQ(after[3].span, (Span{30, 35}));
}

}  // namespace
}  // namespace polytap::ir
