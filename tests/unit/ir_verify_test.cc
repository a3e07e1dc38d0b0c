#include <gtest/gtest.h>

#include "core/ir/text.h"
#include "core/ir/verify.h"

namespace polytap::ir {
namespace {

constexpr const char* kHead = R"(
settings cut_trailer="..", license="GPL"
site tracepoint, "tracepoint:a:b", context=tracepoint, context_size=32
site begin, "BEGIN"
map "@n", key=[int64, int64], key_size=16, value=int64, value_size=8
map "@s", value=string[16], value_size=16
map "@c", value=aggregation(signed, size=8, of=(count)), value_size=8
map "@h", value=aggregation(signed, size=8, of=(hist)), value_size=520
record printf, fields=[int64, string[16]]
record printf, fields=[tuple(size=16, elements=[int64, int64])]
string "text"
)";
constexpr const char* kSlots = R"(
  slot name="$a", size=8
  slot name="$s", size=16
  slot name="$l", size=40
)";

std::string complaint_about(const std::string& text) {
  const Result<Program> parsed = parse_text(text);
  if (!parsed.ok()) return "does not parse: " + parsed.error().message();
  const Status status = verify(*parsed);
  return status.ok() ? "" : status.error().message();
}

std::string complaint_about_blocks(const std::string& blocks, const std::string& sites = "0") {
  return complaint_about(std::string(kHead) + "function \"f\", sites=[" + sites + "], temps=10" + kSlots + blocks);
}

std::string complaint_about_operations(const std::string& operations, const std::string& sites = "0") {
  return complaint_about_blocks("b0:\n%0 = const 1\n" + operations + "\nreturn", sites);
}

TEST(Verify, AcceptsEveryKindOfOperation) {
  EXPECT_EQ(complaint_about_operations(R"(
    %1 = add %0, %0
    %2 = extend %1, bits=32
    slot_store $a+4, %2, size=4
    %3 = slot_load $a+7, size=1
    slot_zero $l+8, length=32
    slot_copy to=$l+0, from=$s+0, length=16
    slot_literal $s+8, text=#0, length=8
    %4 = context_load offset=24, size=8
    context_copy to=$a+0, offset=29, length=3
    %5 = context_string to=$s+0, offset=28, capacity=16
    builtin pid
    comm to=$s+0
    read_memory user, %0, to=$s+8, length=5
    read_string kernel, %0, to=$l+0, capacity=40
    read_buffer user, %0, length=%0, to=$l+0, capacity=32
    read_stack user, to=$l+0, depth=4
    compare_bytes $s+0, $l+0, length=13
    string_length $s+0, capacity=16
    map_get @n, key=$s+0, to=$a+0
    map_set @s, key=s99+1, from=$l+24
    map_add @n, key=$l+16, %0
    map_delete @c, key=s0+0
    map_has @n, key=$s+0
    map_length @h
    aggregate @h, key=s0+0, %0
    %6 = aggregate_read @c, key=s0+0
    emit #0, fields=[(word, %0), (string, $s+0, length=16)]
    emit #1, fields=[(bytes, $l+8, length=16)]
    exit %6)"),
            "");
}

struct BrokenCase {
  const char* operations;
  const char* complaint;
};

class BrokenOperation : public testing::TestWithParam<BrokenCase> {};

TEST_P(BrokenOperation, IsRefused) {
  const std::string complaint = complaint_about_operations(GetParam().operations);
  EXPECT_NE(complaint.find(GetParam().complaint), std::string::npos) << GetParam().operations << "\n" << complaint;
  EXPECT_NE(complaint.find("function 0 (f): block 0: "), std::string::npos) << complaint;
}

INSTANTIATE_TEST_SUITE_P(
    Verify, BrokenOperation,
    testing::Values(
        BrokenCase{"%1 = add %0, %2", "%2 is used before its definition"},
        BrokenCase{"%1 = add %0, %77", "%77 is out of range"}, BrokenCase{"%1 = add %0, %-", "an operand is missing"},
        BrokenCase{"%0 = const 2", "%0 is assigned twice"}, BrokenCase{"%10 = const 2", "%10 is out of range"},
        BrokenCase{"%1 = slot_zero $a+0, length=8", "has no result"}, BrokenCase{"%1 = extend %0, bits=9", "9 bits"},
        BrokenCase{"slot_load $a+0, size=3", "size 3"}, BrokenCase{"slot_load $a+2, size=4", "not aligned"},
        BrokenCase{"slot_load $a+8, size=1", "bytes 8..9 of a slot of 8"},
        BrokenCase{"slot_zero $s+0, length=24", "bytes 0..24 of a slot of 16"},
        BrokenCase{"slot_zero $s+4, length=8", "not aligned"},
        BrokenCase{"slot_zero $s+0, length=4", "no multiple of 8"},
        BrokenCase{"slot_zero s3+0, length=8", "there is no slot 3"},
        BrokenCase{"slot_copy to=$l+8, from=$l+0, length=16", "it writes where it reads"},
        BrokenCase{"slot_literal $s+0, text=#1, length=8", "there is no string 1"},
        BrokenCase{"context_load offset=32, size=1", "bytes 32..33 of a context of 32"},
        BrokenCase{"context_load offset=2, size=4", "not aligned"},
        BrokenCase{"context_copy to=$s+0, offset=30, length=3", "of a context of 32"},
        BrokenCase{"context_copy to=$a+0, offset=0, length=9", "bytes 0..16 of a slot of 8"},
        BrokenCase{"context_string to=$s+0, offset=0, capacity=12", "capacity 12 is no multiple of 8"},
        BrokenCase{"read_memory none, %0, to=$s+0, length=8", "no address space"},
        BrokenCase{"read_string user, %0, to=$s+0, capacity=24", "bytes 0..24 of a slot of 16"},
        BrokenCase{"read_string user, %0, to=$s+0, capacity=0", "no multiple of 8"},
        BrokenCase{"read_buffer user, %0, length=%0, to=$s+0, capacity=16", "bytes 0..24 of a slot of 16"},
        BrokenCase{"read_buffer user, %0, length=%0, to=$s+0, capacity=4294967288", "too large"},
        BrokenCase{"read_stack user, to=$l+0, depth=0", "depth 0"},
        BrokenCase{"read_stack user, to=$l+0, depth=5", "of a slot of 40"},
        BrokenCase{"comm to=$a+0", "bytes 0..16 of a slot of 8"},
        BrokenCase{"compare_bytes $s+0, $l+0, length=17", "bytes 0..17 of a slot of 16"},
        BrokenCase{"map_get #9, key=$s+0, to=$a+0", "there is no map 9"},
        BrokenCase{"map_get @n, key=$a+0, to=$s+0", "bytes 0..16 of a slot of 8"},
        BrokenCase{"map_get @n, key=$s+0, to=$s+8", "it writes where it reads"},
        BrokenCase{"map_get @c, key=$s+0, to=$a+0", "@c holds an aggregation"},
        BrokenCase{"map_set @s, key=$s+0, from=$a+0", "bytes 0..16 of a slot of 8"},
        BrokenCase{"map_add @s, key=$s+0, %0", "map_add on values of 16 bytes"},
        BrokenCase{"aggregate @n, key=$s+0, %0", "@n holds no aggregation"},
        BrokenCase{"aggregate_read @h, key=$s+0", "hist_t is not read as an integer"},
        BrokenCase{"emit #2, fields=[]", "there is no emit 2"},
        BrokenCase{"emit #0, fields=[(word, %0)]", "1 fields, the record has 2"},
        BrokenCase{"emit #0, fields=[(word, %0), (bytes, $s+0, length=16)]", "string[16] travels as a string"},
        BrokenCase{"emit #0, fields=[(bytes, $a+0, length=8), (string, $s+0, length=16)]", "int64 travels as a word"},
        BrokenCase{"emit #0, fields=[(word, %0), (string, $s+8, length=16)]", "bytes 8..24 of a slot of 16"},
        BrokenCase{"emit #1, fields=[(bytes, $s+0, length=8)]", "travels as 16 bytes"},
        BrokenCase{"exit %3", "%3 is used before"}));

TEST(Verify, TemporariesStayInTheirBlock) {
  EXPECT_NE(complaint_about_blocks("b0:\n%0 = const 1\njump b1\nb1:\n%1 = add %0, %0\nreturn").find("block 1"),
            std::string::npos);
  EXPECT_NE(complaint_about_blocks("b0:\n%0 = const 1\njump b1\nb1:\nbranch %0, b0, b1").find("terminator"),
            std::string::npos);
}

TEST(Verify, TargetsExist) {
  EXPECT_NE(complaint_about_blocks("b0:\njump b1").find("there is no block 1"), std::string::npos);
  EXPECT_NE(complaint_about_blocks("").find("no blocks"), std::string::npos);
}

TEST(Verify, NoContextWithoutOne) {
  EXPECT_NE(complaint_about_operations("context_load offset=0, size=1", "1").find("a context of 0"), std::string::npos);
  EXPECT_NE(complaint_about_operations("context_load offset=0, size=1", "0, 1").find("a context of 0"),
            std::string::npos);
  EXPECT_NE(complaint_about_operations("", "2").find("there is no site 2"), std::string::npos);
}

TEST(Verify, MapsAndRecords) {
  EXPECT_NE(complaint_about("map \"@x\", value=int64, value_size=16").find("value_size is 16"), std::string::npos);
  EXPECT_NE(complaint_about("map \"@x\", key=[int64], key_size=4, value=int64, value_size=8").find("key_size is 4"),
            std::string::npos);
  EXPECT_NE(complaint_about("map \"@x\", value=int64, value_size=8, max_entries=0").find("max_entries"),
            std::string::npos);
  EXPECT_NE(
      complaint_about("map \"@x\", value=aggregation(of=(lhist, low=5, high=5)), value_size=16").find("no buckets"),
      std::string::npos);
  EXPECT_NE(complaint_about("record printf, fields=[aggregation(of=(lhist, step=0))]").find("no buckets"),
            std::string::npos);
  EXPECT_NE(complaint_about("record print_map, map=3").find("there is no map 3"), std::string::npos);
}

}  // namespace
}  // namespace polytap::ir
