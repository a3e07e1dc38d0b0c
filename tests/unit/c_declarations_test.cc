#include <gtest/gtest.h>

#include "core/c/declarations.h"
#include "core/c/headers.h"
#include "core/c/preprocessor.h"

namespace polytap {
namespace {

CDeclarations parsed(std::string_view text) {
  CDeclarations declarations;
  parse_c_declarations(text, declarations);
  return declarations;
}

const Field& field(const CDeclarations& declarations, std::string_view structure, std::string_view name) {
  static const Field kNone;
  const auto found = declarations.structs.find(structure);
  const Field* field = found == declarations.structs.end() ? nullptr : found->second.find(name);
  EXPECT_NE(field, nullptr) << structure << "." << name;
  return field == nullptr ? kNone : *field;
}

int64_t value(std::string_view text, std::string_view declarations = "") {
  CDeclarations known = parsed(declarations);
  const auto result = evaluate_c(text, known);
  EXPECT_TRUE(result.has_value()) << text;
  return result ? result->value : INT64_MIN;
}

TEST(CDeclarations, MembersOfEveryKind) {
  const CDeclarations d = parsed(R"(
    typedef unsigned int u32;
    struct inner { char c; u32 n; };
    struct outer {
      struct inner a, *b, list[3];
      union { long whole; struct { int low; int high; }; };
      int (*callback)(struct outer *, int (*)(void));
      int matrix[2][3];
      const char *const *names;
      u32 flag : 1, : 3, rest : 4;
      unsigned char tail[];
    };)");
  EXPECT_TRUE(d.notes.empty());
  EXPECT_EQ(field(d, "struct outer", "a").type.name, "struct inner");
  EXPECT_EQ(field(d, "struct outer", "b").offset, 8U);
  EXPECT_EQ(field(d, "struct outer", "list").type.size, 24U);
  EXPECT_EQ(field(d, "struct outer", "whole").offset, 40U);
  EXPECT_EQ(field(d, "struct outer", "high").offset, 44U);
  EXPECT_EQ(to_string(field(d, "struct outer", "callback").type), "void *");
  const Type& matrix = field(d, "struct outer", "matrix").type;
  EXPECT_EQ(matrix.count, 2U);
  ASSERT_NE(matrix.element, nullptr);
  EXPECT_EQ(matrix.element->count, 3U);
  EXPECT_EQ(to_string(field(d, "struct outer", "names").type), "int8 **");
  EXPECT_EQ(field(d, "struct outer", "rest").bit_offset, 4U);
  EXPECT_EQ(field(d, "struct outer", "tail").type.count, 0U);
}

TEST(CDeclarations, WhatLibcsHeadersAreMadeOf) {
  const CDeclarations d = parsed(R"(
# 1 "/usr/include/x.h" 1 3 4
    extern int printf (const char *__restrict __format, ...) __asm__ ("" "__isoc99") __attribute__ ((__format__ (__printf__, 1, 2)));
    __extension__ typedef long long int quad;
    typedef int word_size __attribute__ ((__mode__ (__word__)));
    static __inline __attribute__((__always_inline__)) int twice(int a) { if (a) { return a * 2; } return 0; }
    typedef struct { int quot; int rem; } div_t;
    typedef union { char size[56]; long align; } pthread_attr_t;
    extern char *names[], **environ;
    _Static_assert (sizeof (int) == 4, "int");
    enum { A = 1, B, C = A << 4 | 3, D = sizeof(div_t) };
    #define FOUR 4
    #define TWICE(x) ((x) * 2)
    typedef void (*handler)(int);
    struct s { handler h; _Float128 f; long double d; char pad[sizeof(void *) * 4]; __builtin_va_list list; };
    )");
  EXPECT_TRUE(d.notes.empty()) << d.notes.front();
  EXPECT_EQ(d.typedefs.at("word_size").type.size, 8U);
  EXPECT_EQ(d.typedefs.at("div_t").type.name, "div_t");
  EXPECT_EQ(field(d, "div_t", "rem").offset, 4U);
  EXPECT_EQ(d.typedefs.at("pthread_attr_t").type.size, 56U);
  EXPECT_EQ(d.enumerators.at("C").value, 19);
  EXPECT_EQ(d.enumerators.at("D").value, 8);
  EXPECT_EQ(field(d, "struct s", "f").offset, 16U);
  EXPECT_EQ(d.macros.at("TWICE").parameters, std::vector<std::string>{"x"});
}

TEST(CDeclarations, WhatIsNotUnderstoodIsLeftOut) {
  const CDeclarations d = parsed(R"(
# 7 "odd.h"
    struct good { int a; };
    struct bad { unknown_type x; int y; };
    struct also_bad { struct bad b; };
    struct fine { struct bad *pointer; unknown_type *other; };
    typedef float vector __attribute__((vector_size(16)));
    int ] nonsense;
    struct after { int z; };
    )");
  EXPECT_TRUE(d.structs.contains("struct good"));
  EXPECT_FALSE(d.structs.contains("struct bad"));
  EXPECT_FALSE(d.structs.contains("struct also_bad"));
  EXPECT_TRUE(d.structs.contains("struct fine"));
  EXPECT_TRUE(d.structs.contains("struct after"));
  EXPECT_EQ(d.not_understood.at("struct bad"), "the member 'x' is not understood: 'unknown_type' is not declared");
  EXPECT_TRUE(d.not_understood.contains("vector"));
  ASSERT_EQ(d.notes.size(), 1U);
  EXPECT_EQ(d.notes.front(), "odd.h:12: left out: ']' stands where a name was expected");
}

TEST(CDeclarations, PragmaPack) {
  const CDeclarations d =
      parsed("#pragma pack(push, 1)\nstruct a { char c; int i; };\n#pragma pack(pop)\nstruct b { char c; int i; };");
  EXPECT_EQ(field(d, "struct a", "i").offset, 1U);
  EXPECT_EQ(field(d, "struct b", "i").offset, 4U);
}

TEST(CDeclarations, Constants) {
  EXPECT_EQ(value("1 + 2 * 3"), 7);
  EXPECT_EQ(value("-7 / 2"), -3);
  EXPECT_EQ(value("~0"), -1);
  EXPECT_EQ(value("~0U"), 0xffffffff);
  EXPECT_EQ(value("0xffffffff"), 0xffffffff);
  EXPECT_EQ(value("1 << 31"), INT32_MIN);
  EXPECT_EQ(value("1UL << 63"), INT64_MIN);
  EXPECT_EQ(value("-1 < 0U"), 0);
  EXPECT_EQ(value("(unsigned char)300"), 44);
  EXPECT_EQ(value("'a' + '\\n'"), 107);
  EXPECT_EQ(value("3 > 2 ? 010 : 0b11"), 8);
  EXPECT_EQ(value("sizeof(struct s) + _Alignof(long)", "struct s { char c; long l; };"), 24);
  EXPECT_EQ(value("__builtin_offsetof(struct s, l)", "struct s { char c; long l; };"), 8);
  CDeclarations none;
  EXPECT_FALSE(evaluate_c("1 / 0", none).has_value());
  EXPECT_FALSE(evaluate_c("nobody", none).has_value());
  EXPECT_FALSE(evaluate_c("1 2", none).has_value());
  EXPECT_FALSE(evaluate_c("", none).has_value());
  EXPECT_FALSE(evaluate_c("1.5", none).has_value());
}

TEST(CDeclarations, Macros) {
  constexpr std::string_view kMacros =
      "#define A B\n#define B A + 1\n#define SELF SELF\n#define ADD(x, y) ((x) + (y))\n"
      "#define JOIN(a, b) a##b\n#define UL(x) JOIN(x, UL)\n#define NONE() 3\n#define LIST(...) (__VA_ARGS__)\n"
      "#define IOC(d, t, n, s) (((d) << 30) | ((t) << 8) | (n) | ((s) << 16))\n"
      "#define IOR(t, n, s) IOC(2U, (t), (n), sizeof(s))\nenum { SELF = 9 };";
  EXPECT_EQ(value("SELF", kMacros), 9);
  EXPECT_EQ(value("ADD(ADD(1, 2), 3)", kMacros), 6);
  EXPECT_EQ(value("UL(5)", kMacros), 5);
  EXPECT_EQ(value("NONE()", kMacros), 3);
  EXPECT_EQ(value("IOR('T', 1, int)", kMacros), 0x80045401);
  CDeclarations known = parsed(kMacros);
  EXPECT_FALSE(evaluate_c("A", known).has_value());  // goes round in a circle
  // What doubles at every level is cut off.
  std::string bomb = "#define X0 1\n";
  for (int i = 1; i < 60; ++i) {
    bomb += "#define X" + std::to_string(i) + " (X" + std::to_string(i - 1) + "+X" + std::to_string(i - 1) + ")\n";
  }
  CDeclarations bombs = parsed(bomb);
  evaluate_c("X59", bombs);
}

TEST(Headers, NamesAndKinds) {
  EXPECT_EQ(included_file("#include <linux/sched.h>  // x"), "<linux/sched.h>");
  EXPECT_EQ(included_file(" # include \"a.h\""), "\"a.h\"");
  EXPECT_EQ(included_file("#include"), std::nullopt);
  EXPECT_EQ(included_file("#define X <a>"), std::nullopt);
  EXPECT_TRUE(is_kernel_header("<net/sock.h>"));
  EXPECT_FALSE(is_kernel_header("<sys/socket.h>"));
  EXPECT_EQ(well_known_constant("AF_INET6"), 10);
  EXPECT_EQ(well_known_constant("ENOENT"), 2);
  EXPECT_EQ(well_known_constant("AF_INET7"), std::nullopt);
}

TEST(Headers, OfTheMachine) {
  if (!run_preprocessor({"", {}, ""}).ok()) GTEST_SKIP() << "no C preprocessor is installed";
  Headers headers({"#define _GNU_SOURCE", "#include <sys/socket.h>", "#include <sys/stat.h>", "#include <limits.h>",
                   "#include <polytap/not_there.h>"},
                  {});
  EXPECT_TRUE(headers.any_of_users());
  CDeclarations& d = headers.declarations();
  EXPECT_EQ(headers.trouble(), "");
  EXPECT_EQ(headers.missing(), std::vector<std::string>{"<polytap/not_there.h>"});
  EXPECT_TRUE(d.notes.empty()) << d.notes.front();
  EXPECT_EQ(field(d, "struct sockaddr", "sa_data").offset, 2U);
  EXPECT_EQ(field(d, "struct stat", "st_size").offset, 48U);
  EXPECT_EQ(evaluate_c("AF_INET6", d)->value, 10);
  EXPECT_EQ(evaluate_c("S_IFDIR", d)->value, 0040000);
  EXPECT_EQ(evaluate_c("INT_MAX", d)->value, INT32_MAX);
  EXPECT_EQ(evaluate_c("SOCK_CLOEXEC | SOCK_STREAM", d)->value, 02000001);
}

TEST(Headers, AreNotReadUntilAsked) {
  Headers headers({"#include <polytap/not_there.h>", "#define X (1 + 2)"}, {});
  EXPECT_FALSE(headers.were_read());
  EXPECT_TRUE(headers.defines("X"));
  EXPECT_FALSE(headers.defines("Y"));
}

}  // namespace
}  // namespace polytap
