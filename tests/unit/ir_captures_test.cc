#include <fmt/format.h>
#include <gtest/gtest.h>

#include "core/ir/captures.h"
#include "core/ir/text.h"
#include "core/ir/verify.h"
#include "core/kernel/fetch_arguments.h"

namespace polytap::ir {
namespace {

constexpr const char* kHead = R"(
settings cut_trailer="..", license="GPL"
site uprobe, "uprobe:/bin/x:f", context=registers, context_size=168
map "@n", key=[int64], key_size=8, value=int64, value_size=8
record printf, fields=[int64]
function "f", sites=[0], temps=50
  slot name="$a", size=8
  slot name="$b", size=8
  slot name="$text", size=64
  slot name="$struct", size=32
)";

// "FETCH:LENGTH" of each capture ('s' in front: a string, '?': failure shows), then why the rest cannot be captured.
std::string captures(const std::string& blocks) {
  Result<Program> parsed = parse_text(kHead + blocks);
  if (!parsed.ok()) return parsed.error().message();
  if (const Status status = verify(*parsed); !status.ok()) return status.error().message();
  const Captures found = find_captures(*parsed, parsed->functions[0]);
  std::string text;
  for (const Capture& capture : found.captures) {
    const std::string word(fetch_register(capture.address.context_offset));
    text += fmt::format("{}{}{}:{}\n", capture.kind == Capture::Kind::kString ? "s " : "",
                        capture.kind == Capture::Kind::kBytes && capture.failure_shows ? "? " : "",
                        fetch_memory(capture.address, word), capture.length);
  }
  if (found.uncapturable) text += "not: " + found.uncapturable->why + "\n";
  return text;
}

TEST(Captures, StringBehindARegister) {
  EXPECT_EQ(captures(R"(b0:
    %0 = context_load offset=112, size=8
    %1 = const 5
    %2 = add %0, %1
    %3 = read_string user, %2, to=$text+0, capacity=64
    return)"),
            "s +5(%di):64\n");
}

TEST(Captures, PointersAreFollowedThroughSlotsAndRegions) {
  EXPECT_EQ(captures(R"(b0:
    %0 = context_load offset=104, size=8
    read_memory user, %0, to=$struct+0, length=32
    %1 = slot_load $struct+16, size=8
    slot_store $a+0, %1, size=8
    jump b1
  b1:
    %2 = slot_load $a+0, size=8
    %3 = const 8
    %4 = sub %2, %3
    read_memory user, %4, to=$b+0, length=8
    %5 = slot_load $b+0, size=8
    %6 = read_string user, %5, to=$text+0, capacity=64
    return)"),
            "+0(%si):32\n-8(+16(%si)):8\ns +0(-8(+16(%si))):64\n");
}

TEST(Captures, EachOfSomeAlternatives) {
  EXPECT_EQ(captures(R"(b0:
    %0 = context_load offset=112, size=8
    branch %0, b1, b2
  b1:
    %1 = context_load offset=112, size=8
    slot_store $a+0, %1, size=8
    jump b3
  b2:
    %2 = context_load offset=104, size=8
    slot_store $a+0, %2, size=8
    jump b3
  b3:
    %3 = slot_load $a+0, size=8
    %4 = read_string user, %3, to=$text+0, capacity=64
    return)"),
            "s +0(%si):64\ns +0(%di):64\n");
}

TEST(Captures, AVariableThatMayBeUnset) {
  EXPECT_EQ(captures(R"(b0:
    %0 = context_load offset=112, size=8
    branch %0, b1, b2
  b1:
    %1 = context_load offset=112, size=8
    slot_store $a+0, %1, size=8
    jump b2
  b2:
    %3 = slot_load $a+0, size=8
    %4 = read_string user, %3, to=$text+0, capacity=64
    return)"),
            "s +0(%di):64\n");
}

TEST(Captures, AListWalkedInALoopIsNone) {
  EXPECT_EQ(captures(R"(b0:
    %0 = context_load offset=112, size=8
    slot_store $a+0, %0, size=8
    jump b1
  b1:
    %1 = slot_load $a+0, size=8
    read_memory user, %1, to=$b+0, length=8
    %2 = slot_load $b+0, size=8
    slot_store $a+0, %2, size=8
    branch %2, b1, b2
  b2:
    return)"),
            "not: takes too many values, as in a loop\n");
}

TEST(Captures, SaysWhyNot) {
  const auto read_of = [](const std::string& address) {
    return captures("b0:\n" + address + "\n%9 = read_string user, %1, to=$text+0, capacity=64\nreturn");
  };
  EXPECT_EQ(read_of("map_get @n, key=$a+0, to=$b+0\n%1 = slot_load $b+0, size=8"), "not: comes from a map\n");
  EXPECT_EQ(read_of("%1 = builtin curtask"), "not: is that of the current task (curtask), which no record carries\n");
  EXPECT_EQ(read_of("%2 = context_load offset=112, size=8\n%3 = context_load offset=104, size=8\n%1 = add %2, %3"),
            "not: is computed by more than adding constants and following pointers\n");
  EXPECT_EQ(read_of("%1 = context_load offset=112, size=4"),
            "not: is made of less than the eight bytes of a pointer\n");
}

TEST(Captures, BuffersAndResultsThatMatter) {
  EXPECT_EQ(captures(R"(b0:
    %0 = context_load offset=112, size=8
    %1 = context_load offset=104, size=8
    read_buffer user, %0, length=%1, to=$text+0, capacity=56
    %2 = read_memory user, %1, to=$b+0, length=8
    emit #0, fields=[(word, %2)]
    return)"),
            "? +0(%di):56\n? +0(%si):8\n");
  EXPECT_EQ(captures(R"(b0:
    %0 = context_load offset=112, size=8
    %1 = const 5
    read_buffer user, %0, length=%1, to=$text+0, capacity=56
    return)"),
            "? +0(%di):5\n");
}

TEST(Captures, FixedAddress) {
  EXPECT_EQ(captures("b0:\n%0 = const 4210752\nread_memory user, %0, to=$b+0, length=8\n%1 = slot_load $b+0, size=8\n"
                     "%2 = read_string user, %1, to=$text+0, capacity=64\nreturn"),
            "@0x404040:8\ns +0(@0x404040):64\n");
}

TEST(Captures, SlotsThatAreWrittenOverAreForgotten) {
  EXPECT_EQ(captures(R"(b0:
    %0 = context_load offset=112, size=8
    slot_store $a+0, %0, size=8
    slot_store $a+4, %0, size=4
    %1 = slot_load $a+0, size=8
    %2 = read_string user, %1, to=$text+0, capacity=64
    return)"),
            "not: is made of less than the eight bytes of a pointer\n");
}

TEST(FetchFields, SplitBytesIntoArraysAndAddTheirProofs) {
  const Capture bytes{Capture::Kind::kBytes, {false, 112, {8}}, 531, AddressSpace::kUser, true, {}};
  std::string text;
  for (const FetchField& field : fetch_fields(bytes, "%di", "c1")) {
    text += fmt::format("{}={} @{}\n", field.name, field.argument, field.offset);
  }
  EXPECT_EQ(text,
            "c1m0=+8(%di):x64[64] @0\nc1m1=+520(%di):x64[2] @512\nc1m2=+536(%di):u16 @528\nc1m3=+538(%di):u8 @530\n"
            "c1t=+8(%di):ustring @0\n");
  const Capture string{Capture::Kind::kString, {false, 104, {0, 16}}, 64, AddressSpace::kUser, true, {}};
  const auto fields = fetch_fields(string, "%si", "c0");
  ASSERT_EQ(fields.size(), 2U);
  EXPECT_EQ(fields[0].argument, "+16(+0(%si)):ustring");
  EXPECT_EQ(fields[1].argument, "+16(+0(%si)):u8");
}

}  // namespace
}  // namespace polytap::ir
