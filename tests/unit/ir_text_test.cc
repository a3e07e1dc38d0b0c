#include <gtest/gtest.h>

#include "core/ir/text.h"

namespace polytap::ir {
namespace {

Program sample() {
  Program program;
  ProbeSite site;
  site.type = ProbeType::kTracepoint;
  site.name = "tracepoint:syscalls:sys_enter_openat";
  site.category = "syscalls";
  site.event = "sys_enter_openat";
  site.context = ContextKind::kTracepoint;
  site.context_size = 48;
  site.arguments = {
      {"filename", types::pointer(types::integer(1, true), AddressSpace::kUser), 24, 8, ProbeArgument::Form::kInline},
      {"name", types::array(types::integer(1, true), 0), 8, 4, ProbeArgument::Form::kRelativeLocation}};
  program.sites.push_back(site);
  MapSpec map;
  map.name = "@x";
  map.key = {types::string(16)};
  map.key_size = 16;
  map.value = types::aggregation(
      {.kind = AggregationKind::kLhist, .is_signed = false, .low = -5, .high = INT64_MAX, .step = 1000});
  map.value_size = map_value_size(map.value);
  map.print_at_end = false;
  program.maps.push_back(map);
  EmitSpec emit;
  emit.kind = EmitKind::kErrorf;
  emit.format = "a \"quoted\"\n\t\\ \x01\xff %s";
  emit.fields = {types::record({types::boolean(), types::user_stack(5, StackMode::kPerf)}, {"a", "b"})};
  emit.control = true;
  program.emits.push_back(emit);
  program.strings = {"one; two", ""};
  program.settings.demangle = false;
  Function function;
  function.name = "tracepoint:syscalls:sys_enter_openat /pid == 1/";
  function.sites = {0};
  function.slots = {{"$k", 16}, {"$same", 8}, {"$same", 8}, {"", 56}};
  function.temps = 3;
  Block first;
  first.instructions = {
      {0, ReadBuiltin{Builtin::kTid}, {}},    {kNoTemp, SlotStore{{1, 4}, 4, 0}, {}},
      {1, ContextLoad{24, 8, false}, {}},     {2, ReadString{{0, 0}, 16, 1, AddressSpace::kUser, true}, {}},
      {kNoTemp, Aggregate{0, {0, 0}, 2}, {}}, {kNoTemp, Emit{0, {{EmitField::Kind::kBytes, kNoTemp, {3, 0}, 56}}}, {}}};
  first.end = Branch{2, 1, 0};
  function.blocks = {first, Block{}};
  program.functions.push_back(function);
  return program;
}

TEST(Text, IsReadable) {
  const std::string text = to_text(sample());
  EXPECT_NE(text.find(R"(
function "tracepoint:syscalls:sys_enter_openat /pid == 1/", sites=[0], temps=3
  slot name="$k", size=16
  slot name="$same", size=8
  slot name="$same", size=8
  slot size=56
  b0:
    %0 = builtin tid
    slot_store s1+4, %0, size=4
    %1 = context_load offset=24, size=8
    %2 = read_string user, %1, to=$k+0, capacity=16, unpadded
    aggregate @x, key=$k+0, %2
    emit #0, fields=[(bytes, s3+0, length=56)]
    branch %2, b1, b0
  b1:
    return
)"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find(R"(record errorf, format="a \"quoted\"\n\x09\\ \x01\xff %s", fields=[record()"),
            std::string::npos)
      << text;
}

TEST(Text, RoundTripsEverything) {
  const Program program = sample();
  const std::string text = to_text(program);
  const Result<Program> parsed = parse_text(text);
  ASSERT_TRUE(parsed.ok()) << parsed.error().message() << "\n" << text;
  EXPECT_EQ(to_text(*parsed), text);
  EXPECT_EQ(parsed->sites[0].arguments[0].type, program.sites[0].arguments[0].type);
  EXPECT_EQ(parsed->sites[0].arguments[1].form, ProbeArgument::Form::kRelativeLocation);
  EXPECT_EQ(parsed->maps[0].value, program.maps[0].value);
  EXPECT_FALSE(parsed->maps[0].print_at_end);
  EXPECT_EQ(parsed->emits[0].format, program.emits[0].format);
  EXPECT_EQ(parsed->emits[0].fields[0], program.emits[0].fields[0]);
  EXPECT_TRUE(parsed->emits[0].control);
  EXPECT_EQ(parsed->strings, program.strings);
  EXPECT_FALSE(parsed->settings.demangle);
  EXPECT_EQ(parsed->functions[0].slots[2].name, "$same");
  EXPECT_EQ(std::get<SlotStore>(parsed->functions[0].blocks[0].instructions[1].operation).to, (Place{1, 4}));
}

TEST(Text, CommentsAndSpaceAreIgnored) {
  const Result<Program> parsed = parse_text("; a comment\n\n function \"f\",\n sites=[],temps=0 b0: ; here\n return\n");
  ASSERT_TRUE(parsed.ok()) << parsed.error().message();
  EXPECT_EQ(parsed->functions.at(0).blocks.size(), 1U);
}

std::string error_of(std::string_view text) {
  const Result<Program> parsed = parse_text(text);
  return parsed.ok() ? "" : parsed.error().message();
}

TEST(Text, ErrorsTellThePlace) {
  EXPECT_EQ(error_of("nonsense"),
            "IR text:1:9: 'nonsense' begins nothing: settings, site, map, record, string or function is expected");
  EXPECT_EQ(error_of("\nstring x"), "IR text:2:8: '\"' is missing");
  EXPECT_EQ(error_of("string \"x"), "IR text:1:10: the string has no end");
  const std::string head = "function \"f\", sites=[], temps=1\n slot size=8\nb0:\n";
  EXPECT_EQ(error_of(head + "%0 = fly %0\nreturn"), "IR text:4:9: unknown operation 'fly'");
  EXPECT_EQ(error_of(head + "%0 = const x\nreturn"), "IR text:4:12: a number (that fits) is missing");
  EXPECT_EQ(error_of(head + "slot_load $x+0, size=8\nreturn"), "IR text:4:13: there is no slot $x");
  EXPECT_EQ(error_of(head + "map_length @x\nreturn"), "IR text:4:14: there is no map @x");
  EXPECT_EQ(error_of(head + "slot_load s0+0, size=800\nreturn"), "IR text:4:22: a number (that fits) is missing");
  EXPECT_NE(error_of(head + "%0 = const 1"), "");
  EXPECT_NE(error_of(head), "");
}

TEST(Text, DeepTypesAreRefused) {
  std::string text = "record printf, fields=[";
  for (int i = 0; i < 100000; ++i) text += "pointer(element=";
  EXPECT_NE(error_of(text).find("nested too deeply"), std::string::npos);
}

}  // namespace
}  // namespace polytap::ir
