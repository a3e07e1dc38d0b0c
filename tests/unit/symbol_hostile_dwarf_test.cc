// DWARF that was made to harm its reader: cycles, numbers that no file can mean, lengths beyond everything. Each gets
// an answer or a reason, in no time.
#include <fcntl.h>
#include <fmt/format.h>

#include <chrono>

#include "core/symbol/debug_info.h"
#include "core/symbol/unwind_file.h"
#include "gtest/gtest.h"
#include "tests/unit/symbol_test_programs.h"

namespace polytap {
namespace {

struct Hostile {
  const char* name;
  const char* sections;  // assembler
};

void PrintTo(const Hostile& hostile, std::ostream* out) { *out << hostile.name; }

// Abbreviations: 1 a unit with low_pc, high_pc and stmt_list; 2 a function with name, low_pc, high_pc and children;
// 3 an inlined call with an abstract origin (ref4), low_pc and high_pc; 4 a function that is only a specification
// (ref4); 5 a lexical block with children; 6 a function with a sibling (ref4), low_pc and high_pc, and children.
constexpr const char* kAbbreviations = R"(
.section .debug_abbrev,"",@progbits
.byte 1, 0x11, 1, 0x11, 1, 0x12, 6, 0x10, 0x17, 0, 0
.byte 2, 0x2e, 1, 0x03, 8, 0x11, 1, 0x12, 6, 0, 0
.byte 3, 0x1d, 0, 0x31, 0x13, 0x11, 1, 0x12, 6, 0, 0
.byte 4, 0x2e, 0, 0x47, 0x13, 0, 0
.byte 5, 0x0b, 1, 0, 0
.byte 6, 0x2e, 1, 0x01, 0x13, 0x11, 1, 0x12, 6, 0, 0
.byte 0
)";
// The head of a unit of version 4 and its root.
constexpr const char* kUnit = R"(
.section .debug_info,"",@progbits
unit: .4byte unit_end - unit - 4
.2byte 4
.4byte 0
.byte 8
.uleb128 1
.8byte f
.4byte 64
.4byte 0
)";
constexpr const char* kPlainUnit = R"(
.uleb128 2
.asciz "f"
.8byte f
.4byte 64
.byte 0, 0
unit_end:
)";
constexpr const char* kLineHead = R"(
.section .debug_line,"",@progbits
.4byte line_end - . - 4
.2byte 4
.4byte program - . - 4
.byte 1, 1, 1, -5
)";

constexpr Hostile kHostile[] = {
    {"an_inlined_call_of_itself",
     "@UNIT@.uleb128 2\n.asciz \"f\"\n.8byte f\n.4byte 64\n"
     "call: .uleb128 3\n.4byte call - unit\n.8byte f\n.4byte 64\n.byte 0, 0\nunit_end:\n"},
    {"specifications_in_a_circle",
     "@UNIT@.uleb128 2\n.asciz \"\"\n.8byte f\n.4byte 64\n"
     ".uleb128 3\n.4byte one - unit\n.8byte f\n.4byte 64\n.byte 0\n"
     "one: .uleb128 4\n.4byte two - unit\ntwo: .uleb128 4\n.4byte one - unit\n"
     ".byte 0\nunit_end:\n"},
    {"an_origin_outside_of_the_file",
     "@UNIT@.uleb128 2\n.asciz \"f\"\n.8byte f\n.4byte 64\n"
     ".uleb128 3\n.4byte 0xfffffff0\n.8byte f\n.4byte 64\n.byte 0, 0\nunit_end:\n"},
    {"a_sibling_that_is_itself",
     "@UNIT@own: .uleb128 6\n.4byte own - unit\n.8byte f + 64\n.4byte 64\n.byte 0, 0\nunit_end:\n"},
    {"a_sibling_before_the_unit", "@UNIT@.uleb128 6\n.4byte 0\n.8byte f + 64\n.4byte 64\n.byte 0, 0\nunit_end:\n"},
    {"a_unit_longer_than_the_file",
     ".section .debug_info,\"\",@progbits\nunit: .4byte 0xffffffef\n.2byte 4\n.4byte 0\n.byte 8\n"
     ".uleb128 1\n.8byte f\n.4byte 64\n.4byte 0\n"},
    {"a_unit_of_all_addresses",
     ".section .debug_info,\"\",@progbits\n.4byte 0xffffffff\n.8byte 0xfffffffffffffff4\n.2byte 4\n"
     ".8byte 0\n.byte 8\n.uleb128 1\n.8byte f\n.4byte 64\n.8byte 0\n"},
    {"a_reserved_length", ".section .debug_info,\"\",@progbits\n.4byte 0xfffffff5\n.2byte 4\n.4byte 0\n.byte 8\n"},
    {"a_unit_of_nothing", ".section .debug_info,\"\",@progbits\n.fill 65536, 4, 0\n"},
    {"an_abbreviation_of_many_bytes", "@UNIT@.fill 4096, 1, 0xff\nunit_end:\n"},
    {"an_abbreviation_that_is_not_there", "@UNIT@.uleb128 0x7fffffffffffffff\n.byte 0\nunit_end:\n"},
    {"blocks_in_blocks", "@UNIT@.uleb128 2\n.asciz \"f\"\n.8byte f\n.4byte 64\n.fill 300000, 1, 5\nunit_end:\n"},
    {"abbreviations_without_an_end",
     ".section .debug_abbrev,\"\",@progbits\n.byte 1, 0x11, 1\n.fill 65536, 1, 0x81\n"
     "@UNIT_ONLY@@PLAIN@"},
    {"indirect_forms_in_each_other",
     ".section .debug_abbrev,\"\",@progbits\n.byte 1, 0x11, 1, 0x03, 0x16, 0, 0, 0\n"
     ".section .debug_info,\"\",@progbits\nunit: .4byte unit_end - unit - 4\n.2byte 4\n.4byte 0\n"
     ".byte 8\n.uleb128 1\n.fill 200000, 1, 0x16\nunit_end:\n"},
    {"a_block_of_more_than_there_is",
     ".section .debug_abbrev,\"\",@progbits\n.byte 1, 0x11, 1, 0x02, 9, 0, 0, 0\n"
     ".section .debug_info,\"\",@progbits\nunit: .4byte unit_end - unit - 4\n.2byte 4\n.4byte 0\n"
     ".byte 8\n.uleb128 1\n.uleb128 0xfffffffffffffff0\n.byte 0\nunit_end:\n"},
    {"an_unknown_version",
     ".section .debug_info,\"\",@progbits\nunit: .4byte unit_end - unit - 4\n.2byte 0x7777\n.4byte 0\n.byte 8\n"
     ".uleb128 1\nunit_end:\n"},
    {"addresses_of_no_size",
     ".section .debug_info,\"\",@progbits\nunit: .4byte unit_end - unit - 4\n.2byte 4\n.4byte 0\n.byte 0\n"
     ".uleb128 1\nunit_end:\n"},
    {"lines_divided_by_nothing",
     "@UNIT@@PLAIN@.section .debug_line,\"\",@progbits\n.4byte line_end - . - 4\n.2byte 4\n"
     ".4byte program - . - 4\n.byte 1, 1, 1, -5\n.byte 0\n.byte 10\n.fill 9, 1, 1\n.byte 0\n"
     ".asciz \"a.c\"\n.byte 0, 0, 0, 0\nprogram: .byte 0, 9, 2\n.8byte f\n.fill 4096, 1, 200\nline_end:\n"},
    {"instructions_of_no_operands",
     "@UNIT@@PLAIN@@LINES@.byte 14, 0\n.byte 0, 0\nprogram: .fill 65536, 1, 1\nline_end:\n"},
    {"lines_that_run_away",
     "@UNIT@@PLAIN@@LINES@.byte 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1\n.byte 0\n.asciz \"a.c\"\n"
     ".byte 0, 0, 0, 0\nprogram: .byte 0, 9, 2\n.8byte f\n.byte 1, 2\n.uleb128 0xffffffffffffffff\n.byte 3\n"
     ".sleb128 -0x7fffffffffffffff\n.byte 1\n.rept 100000\n.byte 1\n.endr\n.byte 0, 1, 1\nline_end:\n"},
    {"a_million_rows",
     "@UNIT@@PLAIN@@LINES@.byte 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1\n.byte 0\n.asciz \"a.c\"\n"
     ".byte 0, 0, 0, 0\nprogram: .byte 0, 9, 2\n.8byte f\n.fill 1000000, 1, 1\n.byte 2, 64\n.byte 0, 1, "
     "1\nline_end:\n"},
    {"files_beyond_counting",
     "@UNIT@@PLAIN@.section .debug_line,\"\",@progbits\n.4byte line_end - . - 4\n.2byte 5\n.byte 8, 0\n"
     ".4byte program - . - 4\n.byte 1, 1, 1, -5, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1\n"
     ".byte 1, 1, 8\n.uleb128 1\n.asciz \"/\"\n.byte 0\n.uleb128 0x7fffffffffffffff\n"
     "program: .byte 0, 9, 2\n.8byte f\n.byte 1, 0, 1, 1\nline_end:\n"},
    {"formats_beyond_counting",
     "@UNIT@@PLAIN@.section .debug_line,\"\",@progbits\n.4byte line_end - . - 4\n.2byte 5\n.byte 8, 0\n"
     ".4byte program - . - 4\n.byte 1, 1, 1, -5, 14, 13, 0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1\n"
     ".byte 255\n.fill 510, 1, 0xff\n.uleb128 0xffffffffffffffff\nprogram: .byte 0, 1, 1\nline_end:\n"},
    {"a_line_program_longer_than_all",
     "@UNIT@@PLAIN@.section .debug_line,\"\",@progbits\n.4byte 0xffffffff\n.8byte 0x7fffffffffffffff\n"
     ".2byte 4\n.8byte 0x7fffffffffffffff\n.byte 1, 1, 1, -5, 14, 13\n"},
};

class HostileDwarf : public testing::TestWithParam<Hostile> {};

void replace(std::string& text, const std::string& from, const std::string& to) {
  for (size_t at = text.find(from); at != std::string::npos; at = text.find(from)) text.replace(at, from.size(), to);
}

TEST_P(HostileDwarf, HasAnAnswerOrAReason) {
  std::string source = GetParam().sections;
  if (source.find(".debug_abbrev") == std::string::npos) source = kAbbreviations + source;
  replace(source, "@UNIT@", kUnit);
  replace(source, "@UNIT_ONLY@", kUnit);
  replace(source, "@PLAIN@", kPlainUnit);
  replace(source, "@LINES@", kLineHead);
  TemporaryDirectory directory;
  write_file(directory / "hostile.s",
             ".text\n.globl f\n.type f, @function\nf: .fill 128, 1, 0x90\n.size f, .-f\n" + source);
  const std::string path = directory / "hostile.so";
  output_of(fmt::format("gcc -shared -nostdlib -Wl,-z,notext -o {0} {1}/hostile.s 2>&1", path, directory.path()));
  auto file = ElfFile::open(UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC)));
  ASSERT_TRUE(file);
  const uint64_t function = file->symbol_address("f").value_or(0);
  const auto begin = std::chrono::steady_clock::now();
  std::string why;
  const auto info = DebugInfo::open(std::move(*file), {}, why);
  EXPECT_TRUE(info != nullptr || !why.empty());
  for (const uint64_t address : {function, function + 63, function + 64, function + 127, uint64_t{0}, ~uint64_t{0}}) {
    if (info == nullptr) break;
    std::vector<SourceFrame> frames;
    const bool found = info->find(address, true, frames);
    EXPECT_EQ(found, !frames.empty());
    EXPECT_TRUE(found || !info->why().empty()) << address - function;
    EXPECT_LT(frames.size(), 1000u);
  }
  // Thousands of times what the largest of them takes; a hang takes for ever.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
}

INSTANTIATE_TEST_SUITE_P(All, HostileDwarf, testing::ValuesIn(kHostile),
                         [](const auto& hostile) { return hostile.param.name; });

}  // namespace
}  // namespace polytap
