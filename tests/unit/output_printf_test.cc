#include <gtest/gtest.h>

#include "core/output/printf.h"
#include "tests/support/rendered.h"

namespace polytap {
namespace {

using test::Encoded;
using test::Payload;
using test::printf_text;
using test::Rendered;

Type int8() { return types::integer(1, true); }
Type int32() { return types::integer(4, true); }

TEST(OutputPrintf, WidthsAndConversions) {
  const std::string format = "|%d|%5d|%-5d|%05d|%x|%X|%#x|%o|%u|%c|%s|%10s|%-10s|%lld|%hhd|%p|%%|\n";
  std::vector<Type> arguments(10, types::int64());
  arguments.insert(arguments.end(), 3, types::string(4));
  arguments.insert(arguments.end(), 3, types::int64());
  const Payload payload = Payload()
                              .word(-1)
                              .word(42)
                              .word(42)
                              .word(42)
                              .word(255)
                              .word(255)
                              .word(255)
                              .word(8)
                              .word(7)
                              .word(65)
                              .string("abc")
                              .string("abc")
                              .string("abc")
                              .word(1234567890123)
                              .word(300)
                              .word(0xffff0000);
  const std::string line =
      "|-1|   42|42   |00042|ff|FF|0xff|10|7|A|abc|       abc|abc       |1234567890123|44|0xffff0000|%|\n";
  EXPECT_EQ(printf_text(format, arguments, payload), line);

  Rendered rendered(OutputFormat::kJson);
  const auto emit = rendered.add_emit(ir::EmitKind::kPrintf, format, arguments);
  rendered.record(emit, payload);
  EXPECT_EQ(rendered.take(), "{\"type\": \"printf\", \"data\": \"" + line.substr(0, line.size() - 1) + "\\n\"}\n");
}

// glibc's own printf is the reference for numbers.
TEST(OutputPrintf, AgreesWithC) {
  for (const char* flags : {"", "-", "+", " ", "0", "#", "-+", "0+", "#0", "- "}) {
    for (const char* width : {"", "1", "8", "25"}) {
      for (const char* precision : {"", ".0", ".3", ".12"}) {
        for (const char* conversion : {"lld", "lli", "llu", "llx", "llX", "llo", "hhd", "hhu", "hd", "hx"}) {
          const std::string format = std::string("<%") + flags + width + precision + conversion + ">";
          for (const int64_t value : {int64_t{0}, int64_t{1}, int64_t{-1}, int64_t{300}, INT64_MIN, INT64_MAX}) {
            char expected[128];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
            std::snprintf(expected, sizeof expected, format.c_str(), value);
#pragma GCC diagnostic pop
            EXPECT_EQ(printf_text(format, {types::int64()}, Payload().word(static_cast<uint64_t>(value))), expected)
                << format << " of " << value;
          }
        }
      }
    }
  }
}

TEST(OutputPrintf, UnsignedConversionsShowAsManyBitsAsTheTypeHas) {
  EXPECT_EQ(printf_text("%x", {int32()}, Payload().word(-1)), "ffffffff");
  EXPECT_EQ(printf_text("%u", {int8()}, Payload().word(-1)), "4294967295");
  EXPECT_EQ(printf_text("%x", {types::int64()}, Payload().word(-1)), "ffffffffffffffff");
  EXPECT_EQ(printf_text("%lx", {int32()}, Payload().word(-1)), "ffffffffffffffff");
  EXPECT_EQ(printf_text("%d", {types::uint64()}, Payload().word(~0ULL)), "-1");
}

TEST(OutputPrintf, TakesWidthAndPrecisionFromArguments) {
  const std::vector<Type> types = {types::int64(), types::int64()};
  EXPECT_EQ(printf_text("[%*d]", types, Payload().word(6).word(42)), "[    42]");
  EXPECT_EQ(printf_text("[%*d]", types, Payload().word(-6).word(42)), "[42    ]");
  EXPECT_EQ(printf_text("[%.*d]", types, Payload().word(4).word(42)), "[0042]");
  EXPECT_EQ(printf_text("[%.*d]", types, Payload().word(-4).word(42)), "[42]");
  EXPECT_EQ(printf_text("[%*.*s]", {types::int64(), types::int64(), types::string(8)},
                        Payload().word(5).word(2).string("abc")),
            "[   ab]");
  // A width out of the traced program's memory must not take all of ours.
  EXPECT_EQ(printf_text("%*d", types, Payload().word(INT64_MAX).word(1)).size(), 65536U);
}

TEST(OutputPrintf, ShowsEveryTypeAsText) {
  EXPECT_EQ(printf_text("%s", {types::int64()}, Payload().word(-7)), "-7");
  EXPECT_EQ(printf_text("%s", {types::boolean()}, Payload().word(1)), "true");
  EXPECT_EQ(printf_text("%d", {types::boolean()}, Payload().word(1)), "1");
  EXPECT_EQ(
      printf_text("%s", {types::tuple({types::int64(), types::int64()})}, Payload().bytes(Encoded().words({1, 2}))),
      "(1, 2)");
  EXPECT_EQ(printf_text("%s|\n", {types::user_stack(2, StackMode::kBpftrace)},
                        Payload().bytes(Encoded().words({5'000'000, 0x7f8a87e1ea3a, 0}))),
            "\n        [unknown]+0x7f8a87e1ea3a\n|\n");
  EXPECT_EQ(printf_text("%6s|", {types::of_kind(TypeKind::kSignalName)}, Payload().word(9)), "SIGKILL|");
  EXPECT_EQ(printf_text("%p", {types::int64()}, Payload().word(0)), "(nil)");
}

TEST(OutputPrintf, ShowsBuffers) {
  const Type type = types::buffer(8);
  const Payload payload = Payload().bytes(Encoded().buffer(std::string_view("ab\x01z", 4), 8));
  EXPECT_EQ(printf_text("%r|", {type}, payload), "ab\\x01z|");
  EXPECT_EQ(printf_text("%s|", {type}, payload), "ab\\x01z|");
  EXPECT_EQ(printf_text("%rx|", {type}, payload), "\\x61\\x62\\x01\\x7a|");
  EXPECT_EQ(printf_text("%rh|", {type}, payload), "61 62 01 7a|");
  EXPECT_EQ(printf_text("%10r|", {type}, payload), "   ab\\x01z|");
}

TEST(OutputPrintf, ShowsCharactersFloatsAndBits) {
  EXPECT_EQ(printf_text("%c%5c|", {types::int64(), types::int64()}, Payload().word(0).word(66)),
            std::string("\0    B|", 7));
  EXPECT_EQ(printf_text("%f|%.2e|%8.1f|%g", {types::int64(), types::int64(), types::int64(), types::int64()},
                        Payload().word(-5).word(12345).word(3).word(7)),
            "-5.000000|1.23e+04|     3.0|7");
  EXPECT_EQ(printf_text("%b|%#b", {types::int64(), types::int64()}, Payload().word(5).word(6)), "101|0b110");
}

TEST(OutputPrintf, ShowsStringsAsTheyAre) {
  EXPECT_EQ(
      printf_text("%s %s\n", {types::string(64), types::string(64)}, Payload().string("").string("tab\t\"back\\")),
      " tab\t\"back\\\n");
  Rendered rendered(OutputFormat::kJson);
  const auto emit = rendered.add_emit(ir::EmitKind::kPrintf, "tab\t quote\" back\\ octA hexA\n", {});
  rendered.record(emit, Payload());
  EXPECT_EQ(rendered.take(), "{\"type\": \"printf\", \"data\": \"tab\\t quote\\\" back\\\\ octA hexA\\n\"}\n");
}

// A record that was cut must not be read past its end.
TEST(OutputPrintf, SurvivesShortRecords) {
  Rendered rendered(OutputFormat::kText);
  const auto emit = rendered.add_emit(ir::EmitKind::kPrintf, "%s %d %s\n",
                                      {types::string(16), types::int64(), types::user_stack(4, StackMode::kRaw)});
  const auto whole = Payload().string("comm").word(7).bytes(Encoded().words({1, 0x1234, 0x5678, 0, 0})).encode();
  for (size_t size = 0; size < whole.size(); ++size) {
    const std::vector<std::byte> cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(size));
    rendered.renderer().record({.emit = emit, .site = 0, .time_ns = 0, .payload = cut});
    EXPECT_EQ(rendered.take().back(), '\n');
  }
}

TEST(OutputPrintf, RefusesAFormatWithoutItsArguments) {
  ir::Program program;
  ProcessMaps maps;
  Symbolizer symbolizer(maps, {});
  ValueRenderer values(program, symbolizer, nullptr);
  const std::vector<Type> one = {types::int64()};
  EXPECT_TRUE(PrintfFormatter::create("%d", one, values).ok());
  EXPECT_FALSE(PrintfFormatter::create("%d %d", one, values).ok());
  EXPECT_FALSE(PrintfFormatter::create("%*d", one, values).ok());
}

}  // namespace
}  // namespace polytap
