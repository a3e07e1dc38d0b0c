#include <gtest/gtest.h>

#include "core/lang/lexer.h"
#include "core/lang/literal.h"

namespace polytap {
namespace {

std::vector<std::string> words(const std::string& text) {
  const Source source("stdin", text);
  std::vector<std::string> found;
  for (Token token = lex(source, 0); token.kind != TokenKind::kEnd; token = lex(source, token.next)) {
    found.emplace_back(token.text);
  }
  return found;
}

using Words = std::vector<std::string>;

TEST(Lexer, TakesTheLongestPunctuation) {
  EXPECT_EQ(words("a<<=b<<c<=d<e"), (Words{"a", "<<=", "b", "<<", "c", "<=", "d", "<", "e"}));
  EXPECT_EQ(words("a++ + ++b---c"), (Words{"a", "++", "+", "++", "b", "--", "-", "c"}));
  EXPECT_EQ(words("$t.0.1..5"), (Words{"$t", ".", "0", ".", "1", "..", "5"}));
  EXPECT_EQ(words("a->b&&c&d"), (Words{"a", "->", "b", "&&", "c", "&", "d"}));
}

TEST(Lexer, SkipsBlanksCommentsAndTheInterpreterLine) {
  EXPECT_EQ(words("#!/usr/bin/env bpftrace\n// x\na /* b\n */ c//d"), (Words{"a", "c"}));
  EXPECT_EQ(words("\xef\xbb\xbf#!x\na"), (Words{"a"}));
  EXPECT_EQ(words(" \n\t "), (Words{}));
}

TEST(Lexer, TellsTheKindsApart) {
  const Source source("stdin", "$x @ @m $12 $# 5ms \"s\" if $$locals");
  std::vector<TokenKind> kinds;
  for (Token token = lex(source, 0); token.kind != TokenKind::kEnd; token = lex(source, token.next)) {
    kinds.push_back(token.kind);
  }
  EXPECT_EQ(kinds, (std::vector<TokenKind>{TokenKind::kVariable, TokenKind::kMap, TokenKind::kMap,
                                           TokenKind::kParameter, TokenKind::kParameterCount, TokenKind::kInteger,
                                           TokenKind::kString, TokenKind::kIdentifier, TokenKind::kVariable}));
}

TEST(Lexer, PreprocessorLinesContinueAsInC) {
  EXPECT_EQ(words("#define A \\\n 1 \nB"), (Words{"#define A \\\n 1", "B"}));
  EXPECT_EQ(words("  #define A /* x\n y */ 1\nB"), (Words{"#define A /* x\n y */ 1", "B"}));
  EXPECT_EQ(words("#define A \"/*\" // \\\nB"), (Words{"#define A \"/*\" // \\", "B"}));
}

ast::IntegerLiteral integer(std::string_view text) {
  LiteralError error;
  const auto literal = read_integer(text, error);
  EXPECT_TRUE(literal.has_value()) << text << ": " << error.message;
  return literal.value_or(ast::IntegerLiteral{});
}

TEST(Literal, Integers) {
  EXPECT_EQ(integer("0").value, 0U);
  EXPECT_EQ(integer("1_000_000").value, 1000000U);
  EXPECT_EQ(integer("0755").value, 0755U);
  EXPECT_EQ(integer("0xdeadBEEF").value, 0xdeadbeefU);
  EXPECT_EQ(integer("1e6").value, 1000000U);
  EXPECT_EQ(integer("0e999").value, 0U);
  EXPECT_EQ(integer("18446744073709551615").value, UINT64_MAX);
  EXPECT_EQ(integer("0xffffffffffffffff").value, UINT64_MAX);
  EXPECT_TRUE(integer("5u").is_unsigned);
  EXPECT_TRUE(integer("5LL").is_long);
  EXPECT_TRUE(integer("0x5ull").is_unsigned && integer("0x5ull").is_long);
  EXPECT_EQ(integer("1e6").text, "1e6");
}

TEST(Literal, DurationsAreNanoseconds) {
  EXPECT_EQ(integer("3ns").value, 3U);
  EXPECT_EQ(integer("2us").value, 2000U);
  EXPECT_EQ(integer("5ms").value, 5000000U);
  EXPECT_EQ(integer("1s").value, 1000000000U);
  EXPECT_EQ(integer("1m").value, 60000000000U);
  EXPECT_EQ(integer("1h").value, 3600000000000U);
  EXPECT_EQ(integer("1d").value, 86400000000000U);
  EXPECT_TRUE(integer("1d").is_duration);
  EXPECT_FALSE(integer("1").is_duration);
}

TEST(Literal, WrongIntegers) {
  for (const char* text : {"18446744073709551616", "0x10000000000000000", "1e20", "20e19", "300000d", "08", "0b1", "0x",
                           "1_", "1e", "5q", "0x5ms", "5uu", "012s"}) {
    LiteralError error;
    EXPECT_FALSE(read_integer(text, error).has_value()) << text;
    EXPECT_NE(error.message, "") << text;
    EXPECT_LT(error.at.begin, error.at.end) << text;
  }
}

TEST(Literal, Escapes) {
  LiteralError error;
  EXPECT_EQ(unescape(R"(a\n\t\r\\\"\101\x41\0)", error), std::string("a\n\t\r\\\"AA\0", 9));
  EXPECT_EQ(unescape(R"(\1012\x411)", error), "A2A1");
  EXPECT_EQ(unescape("a\\\nb", error), "ab");
  EXPECT_FALSE(unescape(R"(\q)", error).has_value());
  EXPECT_FALSE(unescape(R"(\xg)", error).has_value());
  EXPECT_FALSE(unescape(R"(\400)", error).has_value());
}

TEST(Literal, QuoteIsTheInverseOfUnescape) {
  std::string every;
  for (int c = 0; c < 256; ++c) every += static_cast<char>(c);
  every += std::string("\0001\x01", 4) + "?\?/";
  const std::string quoted = quote(every);
  LiteralError error;
  EXPECT_EQ(unescape(std::string_view(quoted).substr(1, quoted.size() - 2), error), every);
}

}  // namespace
}  // namespace polytap
