#include <gtest/gtest.h>

#include "tests/unit/lang_support.h"

namespace polytap::testing {
namespace {

// The tree of `$x = EXPRESSION`'s right side.
std::string tree(const std::string& expression) {
  const Parsed parsed = parse_text("BEGIN { $x = " + expression + "; }");
  EXPECT_TRUE(parsed.ok) << parsed.diagnostics;
  if (!parsed.ok) return "";
  const auto& probe = std::get<ast::Probe>(parsed.script.items.at(0).node);
  return dump(*std::get<ast::Assignment>(probe.body.statements.at(0)->node).value);
}

std::string item(const std::string& text) {
  const Parsed parsed = parse_text(text);
  EXPECT_TRUE(parsed.ok) << parsed.diagnostics;
  return dump(parsed.script);
}

ast::Probe probe(const std::string& text) {
  Parsed parsed = parse_text(text);
  EXPECT_TRUE(parsed.ok) << parsed.diagnostics;
  return std::move(std::get<ast::Probe>(parsed.script.items.at(0).node));
}

TEST(Parse, PrecedenceIsThatOfC) {
  EXPECT_EQ(tree("a + b * c"), R"((+ (name "a") (* (name "b") (name "c"))))");
  EXPECT_EQ(tree("a - b - c"), R"((- (- (name "a") (name "b")) (name "c")))");
  EXPECT_EQ(tree("a & b == c"), R"((& (name "a") (== (name "b") (name "c"))))");
  EXPECT_EQ(tree("a | b ^ c & d"), R"((| (name "a") (^ (name "b") (& (name "c") (name "d")))))");
  EXPECT_EQ(tree("a || b && c | d"), R"((|| (name "a") (&& (name "b") (| (name "c") (name "d")))))");
  EXPECT_EQ(tree("a < b == c > d"), R"((== (< (name "a") (name "b")) (> (name "c") (name "d"))))");
  EXPECT_EQ(tree("a << b + c"), R"((<< (name "a") (+ (name "b") (name "c"))))");
  EXPECT_EQ(tree("a ? b : c ? d : e"), R"((? (name "a") (name "b") (? (name "c") (name "d") (name "e"))))");
  EXPECT_EQ(tree("a ?: b"), R"((? (name "a") - (name "b")))");
  EXPECT_EQ(tree("a || b ? c : d"), R"((? (|| (name "a") (name "b")) (name "c") (name "d")))");
}

TEST(Parse, UnaryAndCastsBindTighterThanBinary) {
  EXPECT_EQ(tree("-a * b"), R"((* (unary 0 (name "a")) (name "b")))");
  EXPECT_EQ(tree("(uint8)a + b"), R"((+ (cast (type "uint8") (name "a")) (name "b")))");
  EXPECT_EQ(tree("(uint8)-a.b"), R"((cast (type "uint8") (unary 0 (. (name "a") "b"))))");
  EXPECT_EQ(tree("*$p.x"), R"((unary 3 (. (variable "$p") "x")))");
  EXPECT_EQ(tree("-$x++"), R"((unary 0 (unary 8 (variable "$x"))))");
}

TEST(Parse, ParenthesesOrCasts) {
  EXPECT_EQ(tree("(pid) - 1"), R"((- (paren (name "pid")) (int 1 "1" 000)))");
  EXPECT_EQ(tree("(pid) & 1"), R"((& (paren (name "pid")) (int 1 "1" 000)))");
  EXPECT_EQ(tree("(size_t) - 1"), R"((cast (type "size_t") (unary 0 (int 1 "1" 000))))");
  EXPECT_EQ(tree("(foo)$y"), R"((cast (type "foo") (variable "$y")))");
  EXPECT_EQ(tree("(foo *)&$y"), R"((cast (type "foo" *) (unary 4 (variable "$y"))))");
  EXPECT_EQ(tree("(foo * bar)"), R"((paren (* (name "foo") (name "bar"))))");
  EXPECT_EQ(tree("(a[4])"), R"((paren (index (name "a") (int 4 "4" 000))))");
  EXPECT_EQ(tree("(a[4])$y"), R"((cast (type "a" [4]) (variable "$y")))");
  EXPECT_EQ(tree("(long unsigned int)$y"), R"((cast (type "unsigned long") (variable "$y")))");
}

TEST(Parse, TuplesAndRecords) {
  EXPECT_EQ(tree("()"), "(tuple)");
  EXPECT_EQ(tree("(1,)"), R"((tuple (int 1 "1" 000)))");
  EXPECT_EQ(tree("(a = 1, b = c)"), R"((record "a" (int 1 "1" 000) "b" (name "c")))");
  EXPECT_EQ(tree("(a == 1)"), R"((paren (== (name "a") (int 1 "1" 000))))");
  EXPECT_EQ(tree("$t.0.1"), R"((. (. (variable "$t") "0") "1"))");
}

TEST(Parse, MapsAndKeys) {
  EXPECT_EQ(tree("@"), R"((map "@"))");
  EXPECT_EQ(tree("@[1, 2]"), R"((element "@" (int 1 "1" 000) (int 2 "2" 000)))");
  EXPECT_EQ(tree("@a[(1, 2)]"), R"((element "@a" (tuple (int 1 "1" 000) (int 2 "2" 000))))");
  EXPECT_EQ(tree("@a[1][2]"), R"((index (element "@a" (int 1 "1" 000)) (int 2 "2" 000)))");
}

TEST(Parse, KeywordsAreFieldNames) {
  EXPECT_EQ(tree("$x.for->if.sizeof.struct"), R"((. (. (-> (. (variable "$x") "for") "if") "sizeof") "struct"))");
}

TEST(Parse, AttachPointsAreCutAtColonsOutsideQuotes) {
  const auto point = [](const std::string& text) { return probe(text + " { }").attach_points.at(0); };
  EXPECT_EQ(point("BEGIN").provider, "BEGIN");
  EXPECT_TRUE(point("BEGIN").parts.empty());
  EXPECT_EQ(point("tracepoint:syscalls:sys_enter_*").parts, (std::vector<std::string>{"syscalls", "sys_enter_*"}));
  EXPECT_EQ(point("uprobe:/lib/*/libc.so:cpp:\"a::b(int, char)\"").parts,
            (std::vector<std::string>{"/lib/*/libc.so", "cpp", "a::b(int, char)"}));
  EXPECT_EQ(point("uprobe:/lib/*/libc.so:cpp:\"a::b(int, char)\"").text,
            "uprobe:/lib/*/libc.so:cpp:\"a::b(int, char)\"");
  EXPECT_EQ(point("kprobe:f+16").parts, std::vector<std::string>{"f+16"});
  EXPECT_EQ(point("uprobe:$1:$#").parts, (std::vector<std::string>{"$1", "$#"}));
  EXPECT_EQ(point("interval : ms :\n 20").text, "interval:ms:20");
  EXPECT_EQ(point("syscall:/a{1,2}|b c/:return").parts, (std::vector<std::string>{"/a{1,2}|b c/", "return"}));
  EXPECT_EQ(point("iter:task:/sys/fs/bpf/x").parts, (std::vector<std::string>{"task", "/sys/fs/bpf/x"}));
}

TEST(Parse, PredicatesEndAtTheSlashBeforeTheBlock) {
  const auto predicate = [](const std::string& text) {
    const ast::Probe parsed = probe(text);
    return parsed.predicate ? dump(*parsed.predicate) : "none";
  };
  EXPECT_EQ(predicate("kprobe:f { }"), "none");
  EXPECT_EQ(predicate("kprobe:f/pid/{ }"), R"((name "pid"))");
  EXPECT_EQ(predicate("uprobe:/bin/x:f/pid/{ }"), R"((name "pid"))");
  EXPECT_EQ(predicate("kprobe:f /a / b / c/ { }"), R"((/ (/ (name "a") (name "b")) (name "c")))");
  EXPECT_EQ(predicate("kprobe:f /a // comment\n/ /* { */ { }"), R"((name "a"))");
  EXPECT_EQ(predicate("kprobe:f /@[1 / {2}]/ { }"),
            R"((element "@" (/ (int 1 "1" 000) (block-value (block (value (int 2 "2" 000)))))))");
}

TEST(Parse, ProbesHaveNames) {
  EXPECT_EQ(probe("slow = kprobe:f, kprobe:g { }").name, "slow");
  EXPECT_EQ(probe("slow = kprobe:f, kprobe:g { }").attach_points.size(), 2U);
  EXPECT_EQ(probe("kprobe:f { }").name, "");
}

TEST(Parse, BlocksAreWorthTheirLastExpressionWhereAValueIsAskedFor) {
  EXPECT_EQ(tree("{ f(); 1 }"), R"((block-value (block (call "f") (value (int 1 "1" 000)))))");
  EXPECT_EQ(item("macro m(x) { x }"), "(macro \"m\" \"x\" (block (value (name \"x\"))))\n");
  EXPECT_EQ(item("macro m(x) { x; }"), "(macro \"m\" \"x\" (block (name \"x\")))\n");
  EXPECT_EQ(item("BEGIN { 1 }"), "(probe \"\" (at \"BEGIN\" \"BEGIN\") - (block (int 1 \"1\" 000)))\n");
  EXPECT_EQ(item("macro m(x) { if x { 1 } else { 2; } }"),
            "(macro \"m\" \"x\" (block (if (name \"x\") (block (int 1 \"1\" 000)) (block (int 2 \"2\" 000)))))\n");
  EXPECT_EQ(item("macro m(x) { if x { 1 } else { 2 } }"),
            "(macro \"m\" \"x\" (block (value (if-value (name \"x\") (block (value (int 1 \"1\" 000))) (block (value "
            "(int 2 \"2\" 000)))))))\n");
}

TEST(Parse, ConditionsAreNoCasts) {
  const Parsed parsed = parse_text("BEGIN { if (pid) print(1); }");
  EXPECT_FALSE(parsed.ok);
  EXPECT_NE(parsed.diagnostics.find("expected '{' after the condition of 'if', found 'print'"), std::string::npos)
      << parsed.diagnostics;
}

TEST(Parse, CDefinitions) {
  EXPECT_EQ(
      item("#define N 4\nstruct s { char a[N], *b[2], (*c)[2]; int (*f)(int); };"),
      "(line \"#define N 4\")\n(c 0 00 \"s\" (field \"a\" (type \"char\" [4])) (field \"b\" (type \"char\" * [2])) "
      "(field \"c\" (type \"char\" [2] *)) (field \"f\" (type \"void\" *)))\n");
  EXPECT_EQ(item("enum e { A, B = 1 << 3 } struct s { char x[B]; }"),
            "(c 2 00 \"e\" \"A\" - \"B\" (<< (int 1 \"1\" 000) (int 3 \"3\" 000)))\n"
            "(c 0 00 \"s\" (field \"x\" (type \"char\" [8])))\n");
}

TEST(Parse, ImportsInBlocksCountForTheScript) {
  EXPECT_EQ(item("BEGIN { import \"x\"; }"), "(import \"x\")\n(probe \"\" (at \"BEGIN\" \"BEGIN\") - (block))\n");
}

TEST(Parse, ExpressionIdsAreUniqueAndBelowTheCount) {
  const Parsed parsed = parse_text("BEGIN { $x = 1 + 2 * 3; }");
  const auto& assignment =
      std::get<ast::Assignment>(std::get<ast::Probe>(parsed.script.items.at(0).node).body.statements.at(0)->node);
  const auto& sum = std::get<ast::Binary>(assignment.value->node);
  EXPECT_EQ(parsed.script.expressions, 6U);
  EXPECT_NE(assignment.target->id, assignment.value->id);
  EXPECT_NE(sum.left->id, sum.right->id);
  EXPECT_LT(assignment.value->id, parsed.script.expressions);
}

TEST(Parse, SpansAreThoseOfTheText) {
  const std::string text = "BEGIN { $x = (1 + f(2)).a; }";
  const Source source("stdin", text);
  Diagnostics diagnostics;
  const ast::Script script = parse(source, diagnostics);
  const auto& statement = std::get<ast::Probe>(script.items.at(0).node).body.statements.at(0);
  EXPECT_EQ(source.slice(statement->span), "$x = (1 + f(2)).a");
  const auto& value = *std::get<ast::Assignment>(statement->node).value;
  EXPECT_EQ(source.slice(value.span), "(1 + f(2)).a");
  const auto& sum = *std::get<ast::FieldAccess>(value.node).object;
  EXPECT_EQ(source.slice(sum.span), "(1 + f(2))");
  EXPECT_EQ(source.slice(std::get<ast::Binary>(sum.node).right->span), "f(2)");
}

std::string repeat(const std::string& text, size_t times) {
  std::string result;
  for (size_t i = 0; i < times; ++i) result += text;
  return result;
}

TEST(Parse, DeepNestingIsAnErrorNotACrash) {
  const std::vector<std::string> deep = {
      "BEGIN { $x = " + repeat("(", 100000) + "1",
      "BEGIN { $x = " + repeat("-~", 100000) + "1; }",
      "BEGIN { $x = " + repeat("(int8)", 100000) + "1; }",
      "BEGIN { $x = " + repeat("1 + ", 100000) + "1; }",
      "BEGIN { $x = 1" + repeat(".a", 100000) + "; }",
      "BEGIN { $x = $y" + repeat("[1]", 100000) + "; }",
      "BEGIN { $x = " + repeat("1 ? 2 : ", 100000) + "1; }",
      "BEGIN { $x = " + repeat("f(", 100000),
      "BEGIN { $x = " + repeat("@[", 100000),
      "BEGIN " + repeat("{", 100000),
      "BEGIN { " + repeat("if (1) { ", 100000),
      "BEGIN { if (1) { } " + repeat("else if (1) { } ", 100000) + "}",
      "BEGIN { " + repeat("while (1) { ", 100000),
      "BEGIN { $x = (" + repeat("(int8, ", 100000),
      "BEGIN { let $x: " + repeat("(int8, ", 100000),
      "BEGIN { $x = sizeof(" + repeat("typeof(", 100000),
      "BEGIN { $x = (int8 " + repeat("*", 100000) + ")1; }",
      "BEGIN { $x = " + repeat("comptime ", 100000) + "1; }",
      repeat("struct s { ", 100000),
      "struct s { int " + repeat("(*", 100000),
      "struct s { int " + repeat("*", 100000) + "p; };",
      "struct s { int x" + repeat("[1]", 100000) + "; };",
      "enum e { A = " + repeat("(", 100000),
  };
  for (const std::string& text : deep) {
    const Parsed parsed = parse_text(text);
    EXPECT_FALSE(parsed.ok) << text.substr(0, 60);
  }
}

TEST(Parse, ModerateNestingParses) {
  EXPECT_EQ(round_trip_fault("BEGIN { $x = " + repeat("(", 200) + "1" + repeat(")", 200) + "; }"), "");
  EXPECT_EQ(round_trip_fault("BEGIN { " + repeat("if (1) { ", 120) + repeat("}", 120) + "}"), "");
  EXPECT_EQ(round_trip_fault("BEGIN { $x = pid == 0" + repeat(" || pid == 1", 300) + "; }"), "");
}

TEST(Parse, GivesUpAfterManyErrors) {
  const Parsed parsed = parse_text("BEGIN {\n" + repeat("$x = ;\n", 1000) + "}");
  EXPECT_NE(parsed.diagnostics.find("stdin:21:6-7: NOTE: there are too many errors"), std::string::npos)
      << parsed.diagnostics;
  EXPECT_EQ(parsed.diagnostics.find("stdin:22:"), std::string::npos);
}

TEST(Parse, EveryItemsErrorIsReported) {
  const Parsed parsed =
      parse_text("BEGIN { $x = ; }\nkprobe:f /pid ==/ { }\nstruct S { int 5; };\nEND { print((1; }\n");
  for (const char* place : {"stdin:1:", "stdin:2:", "stdin:3:", "stdin:4:"}) {
    EXPECT_NE(parsed.diagnostics.find(place), std::string::npos) << place << parsed.diagnostics;
  }
}

}  // namespace
}  // namespace polytap::testing
