// Struct layouts against the machine's own C compiler: random structs, laid out by both.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>
#include <string>

#include "core/c/declarations.h"
#include "core/c/headers.h"
#include "core/c/preprocessor.h"
#include "core/kernel/btf_types.h"
#include "core/lang/script_types.h"
#include "tests/unit/lang_support.h"

namespace polytap {
namespace {

struct Member {
  std::string declaration;
  std::string name;  // empty: an unnamed bit field
  bool is_bits = false;
};

struct Struct {
  std::string name;
  std::string text;
  std::vector<Member> members;
};

class Generator {
 public:
  explicit Generator(uint32_t seed) : random_(seed) {}

  Struct next(size_t number) {
    Struct result;
    const bool is_union = chance(8);
    result.name = fmt::format("{} s{}", is_union ? "union" : "struct", number);
    result.text = result.name + " {\n";
    const unsigned count = 1 + pick(8);
    for (unsigned i = 0; i < count; ++i) result.members.push_back(member(i));
    for (const Member& each : result.members) result.text += "  " + each.declaration + ";\n";
    result.text += "}";
    if (chance(5)) result.text += " __attribute__((packed))";
    if (chance(8)) result.text += fmt::format(" __attribute__((aligned({})))", 1U << pick(6));
    result.text += ";\n";
    earlier_.push_back(result.name);
    return result;
  }

 private:
  unsigned pick(unsigned below) { return static_cast<unsigned>(random_()) % below; }
  bool chance(unsigned one_in) { return pick(one_in) == 0; }

  Member member(unsigned index) {
    static constexpr std::array<std::pair<const char*, unsigned>, 11> kTypes = {{{"char", 8},
                                                                                 {"unsigned char", 8},
                                                                                 {"short", 16},
                                                                                 {"unsigned short", 16},
                                                                                 {"int", 32},
                                                                                 {"unsigned int", 32},
                                                                                 {"long", 64},
                                                                                 {"unsigned long long", 64},
                                                                                 {"enum colour", 32},
                                                                                 {"aligned_long", 64},
                                                                                 {"byte", 8}}};
    Member result;
    result.name = fmt::format("m{}", index);
    const auto [type, bits] = kTypes[pick(kTypes.size())];
    const unsigned kind = pick(10);
    const bool overaligned = std::string_view(type) == "aligned_long";
    if (kind < 4 && !overaligned) {
      const bool unnamed = chance(6);
      const unsigned width = unnamed && chance(2) ? 0 : 1 + pick(bits);
      if (unnamed) result.name.clear();
      result.is_bits = true;
      result.declaration = fmt::format("{} {}: {}", type, result.name, width);
    } else if (kind == 4 && !overaligned) {  // C has no such arrays
      result.declaration = fmt::format("{} {}[{}]", type, result.name, 1 + pick(5));
    } else if (kind == 5) {
      result.declaration = fmt::format("{} *{}", type, result.name);
    } else if (kind == 6) {
      result.declaration = fmt::format("int (*{})(int, void *)", result.name);
    } else if (kind == 7 && !earlier_.empty()) {
      result.declaration = fmt::format("{} {}", earlier_[pick(static_cast<unsigned>(earlier_.size()))], result.name);
    } else if (kind == 8) {
      result.declaration = fmt::format("{} {} __attribute__((aligned({})))", type, result.name, 1U << pick(5));
    } else {
      result.declaration = fmt::format("{} {}", type, result.name);
    }
    return result;
  }

  std::mt19937 random_;
  std::vector<std::string> earlier_;
};

constexpr std::string_view kPrelude =
    "enum colour { RED, GREEN = 5, BLUE };\n"
    "typedef unsigned long aligned_long __attribute__((aligned(16)));\n"
    "typedef unsigned char byte;\n";

// "struct s1 size", "struct s1.m0 first-bit bits"
std::string questions(const Struct& each) {
  std::string text = fmt::format("  printf(\"{0} %zu\\n\", sizeof({0}));\n", each.name);
  for (const Member& member : each.members) {
    if (member.name.empty()) continue;
    if (member.is_bits) {
      text += fmt::format(
          "  {{ union {{ {0} s; unsigned char b[sizeof({0})]; }} u; memset(&u, 0, sizeof u); u.s.{1} = -1;\n"
          "    long first = -1, n = 0; for (long i = 0; i < 8 * (long)sizeof u.b; i++) if (u.b[i / 8] >> (i % 8) & 1) "
          "{{ if (first < 0) first = i; n++; }}\n"
          "    printf(\"{0}.{1} %ld %ld\\n\", first, n); }}\n",
          each.name, member.name);
    } else {
      text += fmt::format("  printf(\"{0}.{1} %zu %zu\\n\", 8 * offsetof({0}, {1}), 8 * sizeof((({0} *)0)->{1}));\n",
                          each.name, member.name);
    }
  }
  return text;
}

std::string run(const std::string& command) {
  std::string text;
  FILE* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr) return text;
  std::array<char, 4096> chunk;
  for (size_t got = 0; (got = std::fread(chunk.data(), 1, chunk.size(), pipe)) > 0;) text.append(chunk.data(), got);
  ::pclose(pipe);
  return text;
}

bool has_compiler() { return !run("command -v gcc").empty(); }

// The compiler's answers.
std::map<std::string, std::pair<long, long>> compiled_answers(const std::string& definitions,
                                                              const std::vector<Struct>& structs) {
  std::array<char, 32> folder = {"/tmp/c_layout.XXXXXX"};
  if (::mkdtemp(folder.data()) == nullptr) return {};
  const std::string base = folder.data();
  std::ofstream source(base + "/layout.c");
  source << "#include <stddef.h>\n#include <stdio.h>\n#include <string.h>\n" << definitions << "int main(void) {\n";
  for (const Struct& each : structs) source << questions(each);
  source << "  return 0;\n}\n";
  source.close();
  const std::string output = run(fmt::format("gcc -w -O0 -o {0}/layout {0}/layout.c 2>{0}/notes && {0}/layout", base));
  std::filesystem::remove_all(base);
  std::map<std::string, std::pair<long, long>> answers;
  std::istringstream lines(output);
  std::string keyword;
  std::string name;
  std::string rest;
  while (lines >> keyword >> name && std::getline(lines, rest)) {
    std::istringstream numbers(rest);
    std::pair<long, long> value{0, 0};
    numbers >> value.first >> value.second;
    answers[keyword + " " + name] = value;
  }
  return answers;
}

void expect_layout(const StructDefinition& definition, const Struct& expected,
                   const std::map<std::string, std::pair<long, long>>& answers, const std::string& text) {
  const auto size = answers.find(expected.name);
  ASSERT_NE(size, answers.end());
  EXPECT_EQ(definition.size, size->second.first) << text;
  for (const Member& member : expected.members) {
    if (member.name.empty()) continue;
    const Field* field = definition.find(member.name);
    ASSERT_NE(field, nullptr) << member.name;
    const auto [first, bits] = answers.at(fmt::format("{}.{}", expected.name, member.name));
    EXPECT_EQ(field->offset * 8L + field->bit_offset, first) << text << member.name;
    EXPECT_EQ(field->bit_size != 0 ? field->bit_size : field->type.size * 8L, bits) << text << member.name;
    if (field->bit_size != 0) {
      EXPECT_LE(field->offset + field->type.size, (definition.size + 7) / 8 * 8) << text << member.name;
    }
  }
}

TEST(CLayout, AgreesWithTheCompiler) {
  Generator generator(20261121);
  std::vector<Struct> structs;
  std::string definitions(kPrelude);
  for (size_t i = 0; i < 400; ++i) {
    structs.push_back(generator.next(i));
    definitions += structs.back().text;
  }
  if (!has_compiler()) GTEST_SKIP() << "gcc is not installed";
  const auto answers = compiled_answers(definitions, structs);
  ASSERT_FALSE(answers.empty());
  CDeclarations declarations;
  parse_c_declarations(definitions, declarations);
  EXPECT_EQ(declarations.notes, std::vector<std::string>{});
  size_t compared = 0;
  for (const Struct& each : structs) {
    const auto found = declarations.structs.find(each.name);
    // A packed bit field may be spread over nine bytes, which no load takes; so is what holds such a struct.
    if (found == declarations.structs.end()) {
      EXPECT_TRUE(declarations.not_understood.contains(each.name)) << each.text;
      continue;
    }
    ++compared;
    expect_layout(found->second, each, answers, each.text);
  }
  EXPECT_GT(compared, 300U);
}

TEST(CLayout, TheScriptsDefinitionsAgreeToo) {
  Generator generator(7);
  std::vector<Struct> structs;
  std::string definitions(kPrelude);
  for (size_t i = 0; i < 120; ++i) {
    structs.push_back(generator.next(i));
    definitions += structs.back().text;
  }
  if (!has_compiler()) GTEST_SKIP() << "gcc is not installed";
  const auto answers = compiled_answers(definitions, structs);
  ASSERT_FALSE(answers.empty());
  const Source source("layout.bt", definitions + "BEGIN { }\n");
  Diagnostics diagnostics;
  const ast::Script script = parse(source, diagnostics);
  ASSERT_FALSE(diagnostics.has_errors()) << render(source, diagnostics);
  const ScriptTypes types(script, nullptr, diagnostics);
  for (const Diagnostic& each : diagnostics.all()) {
    EXPECT_NE(each.message.find("bit field"), std::string::npos) << render(source, each);
  }
  // From the first one that is refused on, the structs that hold it have other sizes.
  if (diagnostics.has_errors()) {
    const uint32_t first = diagnostics.all().front().span.begin;
    while (!structs.empty() && definitions.find(structs.back().text) + structs.back().text.size() > first) {
      structs.pop_back();
    }
  }
  EXPECT_GT(structs.size(), 20U);
  for (const Struct& each : structs) {
    const StructDefinition* found = types.find_struct(each.name);
    ASSERT_NE(found, nullptr) << each.name;
    expect_layout(*found, each, answers, each.text);
  }
}

// The structs of the system call interface, from its headers and from the running kernel's BTF.
TEST(CLayout, HeadersAgreeWithBtf) {
  if (!run_preprocessor({"", {}, ""}).ok()) GTEST_SKIP() << "no C preprocessor is installed";
  const auto kernel = make_btf_types();
  if (!kernel->load().ok()) GTEST_SKIP() << "this kernel has no BTF";
  std::vector<std::string> lines;
  for (const char* name :
       {"bpf", "perf_event", "if_link",   "tcp", "in6",     "fs",        "stat",  "ethtool", "io_uring", "btf",
        "fb",  "if_packet",  "inet_diag", "kvm", "netlink", "rtnetlink", "sched", "seccomp", "time",     "uinput"}) {
    lines.push_back(fmt::format("#include <linux/{}.h>", name));
  }
  Headers headers(lines, {});
  const CDeclarations& declarations = headers.declarations();
  size_t structs = 0;
  size_t fields = 0;
  for (const auto& [name, definition] : declarations.structs) {
    const StructDefinition* other = kernel->find_struct(name);
    // Older or newer headers than the kernel: what grew since.
    if (other == nullptr || other->size != definition.size) continue;
    ++structs;
    for (const Field& field : definition.fields) {
      const Field* same = other->find(field.name);
      // Reserved ones shrink as new members take their place.
      bool reserved = false;
      for (const char* word : {"res", "rsvd", "pad", "spare"}) {
        reserved = reserved || field.name.find(word) != std::string::npos;
      }
      if (same == nullptr || reserved) continue;
      ++fields;
      EXPECT_EQ(field.offset * 8U + field.bit_offset, same->offset * 8U + same->bit_offset)
          << name << "." << field.name;
      EXPECT_EQ(field.bit_size, same->bit_size) << name << "." << field.name;
      if (field.bit_size == 0) {
        EXPECT_EQ(field.type.size, same->type.size) << name << "." << field.name;
      }
    }
  }
  RecordProperty("structs", static_cast<int>(structs));
  EXPECT_GT(structs, 100U);
  EXPECT_GT(fields, 500U);
}

}  // namespace
}  // namespace polytap
