#include <gtest/gtest.h>

#include "core/lang/print.h"
#include "tests/unit/lang_support.h"

namespace polytap::testing {
namespace {

TEST(Print, OneLayout) {
  EXPECT_EQ(print(parse_text("#include <a.h>\n#define B 1\nconfig={stack_mode=perf;max_strlen=5}"
                             "a=kprobe:f,kprobe:g/pid==1/{if($x){f(1,2)}else if($y){@a[1,2]++}else{return}}END{}")
                      .script),
            "#include <a.h>\n"
            "#define B 1\n"
            "\n"
            "config = {\n"
            "  stack_mode = perf;\n"
            "  max_strlen = 5;\n"
            "}\n"
            "\n"
            "a = kprobe:f,\n"
            "kprobe:g /pid == 1/ {\n"
            "  if ($x) {\n"
            "    f(1, 2);\n"
            "  } else if ($y) {\n"
            "    @a[1, 2]++;\n"
            "  } else {\n"
            "    return;\n"
            "  }\n"
            "}\n"
            "\n"
            "END { }\n");
}

ast::ExpressionPtr make(decltype(ast::Expression::node) node) {
  auto expression = std::make_unique<ast::Expression>();
  expression->node = std::move(node);
  return expression;
}
ast::ExpressionPtr name(const char* text) { return make(ast::Identifier{text}); }

TEST(Print, TreesThatWereNotParsedGetTheParenthesesTheyNeed) {
  EXPECT_EQ(print(*make(ast::Binary{ast::BinaryOp::kMul, make(ast::Binary{ast::BinaryOp::kAdd, name("a"), name("b")}),
                                    name("c")})),
            "(a + b) * c");
  EXPECT_EQ(print(*make(ast::Binary{ast::BinaryOp::kSub, name("a"),
                                    make(ast::Binary{ast::BinaryOp::kSub, name("b"), name("c")})})),
            "a - (b - c)");
  EXPECT_EQ(print(*make(ast::FieldAccess{make(ast::Unary{ast::UnaryOp::kDereference, name("p")}), "x", {}, false})),
            "(*p).x");
  EXPECT_EQ(print(*make(ast::Unary{ast::UnaryOp::kNegate, make(ast::Unary{ast::UnaryOp::kNegate, name("a")})})),
            "- -a");
  EXPECT_EQ(print(*make(ast::Ternary{make(ast::Ternary{name("a"), name("b"), name("c")}), nullptr, name("d")})),
            "(a ? b : c) ?: d");
  EXPECT_EQ(print(*make(ast::Index{make(ast::MapReference{"@m", {}, false}), name("i")})), "(@m)[i]");
}

TEST(Print, CommentsStayWhereTheyStood) {
  const std::string text =
      "#!/usr/bin/env polytap\n"
      "// What this is\n"
      "// for.\n"
      "\n"
      "#define A 1\n"
      "\n"
      "/* the first\n"
      "   probe */\n"
      "BEGIN { // at once\n"
      "  // a line of its own\n"
      "  $x = 1; // behind a statement\n"
      "  if $x { /* here */\n"
      "    f();\n"
      "    // the last of a block\n"
      "  } else { // otherwise\n"
      "    g(); /* two */ // in a line\n"
      "  }\n"
      "} // behind the probe\n"
      "\n"
      "uprobe:/bin/x:f { // nothing to do\n"
      "}\n"
      "\n"
      "// the end\n";
  const Parsed parsed = parse_text(text);
  EXPECT_EQ(parsed.diagnostics, "");
  EXPECT_EQ(print(parsed.script), text);
}

TEST(Print, NoCommentIsLostInTheMiddleOfThings) {
  const std::string once = print(parse_text("kprobe:f, // 1\n kprobe:g /* 2 */ /pid == /* 3 */ 1/ { @x[1, // 4\n"
                                            " 2] = /* 5 */ 3 // 6\n; } struct s { int a; // 7\n int b; }; /* 8 */")
                                     .script);
  for (const char* number : {"// 1", "/* 2 */", "/* 3 */", "// 4", "/* 5 */", "// 6", "// 7", "/* 8 */"}) {
    EXPECT_NE(once.find(number), std::string::npos) << number << "\n" << once;
  }
  const Parsed again = parse_text(once);
  EXPECT_EQ(again.diagnostics, "") << once;
  EXPECT_EQ(print(again.script), once);
}

TEST(Print, Types) {
  ast::TypeName type;
  type.name = "struct foo";
  using Suffix = ast::TypeName::Suffix;
  type.suffixes = {{Suffix::Kind::kPointer, std::nullopt, ""},
                   {Suffix::Kind::kPointer, std::nullopt, ""},
                   {Suffix::Kind::kArray, 4, ""},
                   {Suffix::Kind::kArray, std::nullopt, "N"},
                   {Suffix::Kind::kArray, std::nullopt, ""}};
  EXPECT_EQ(print(type), "struct foo **[4][N][]");
}

}  // namespace
}  // namespace polytap::testing
