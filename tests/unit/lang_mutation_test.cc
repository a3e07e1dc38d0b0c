// Scripts of the corpus with random changes: none may crash the parser or parse to something that does not survive
// printing. The seed is fixed; POLYTAP_FUZZ_SEED gives another.
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <random>

#include "tests/unit/lang_support.h"

namespace polytap::testing {
namespace {

// What the grammar is made of: cuts and joins at these places reach further than random bytes do.
const std::vector<std::string> kPieces = {"{",
                                          "}",
                                          "(",
                                          ")",
                                          "[",
                                          "]",
                                          "/",
                                          ";",
                                          ",",
                                          ":",
                                          "=",
                                          "==",
                                          "+=",
                                          "++",
                                          "--",
                                          "-",
                                          "*",
                                          "&",
                                          "&&",
                                          "?",
                                          "?:",
                                          "..",
                                          ".0",
                                          "->x",
                                          "$x",
                                          "@m",
                                          "@",
                                          "$1",
                                          "$#",
                                          "1",
                                          "5ms",
                                          "0x1f",
                                          "1e3",
                                          "\"s\"",
                                          "\"",
                                          "/*",
                                          "*/",
                                          "//",
                                          "\n",
                                          " ",
                                          "if (1) {1} else {2}",
                                          "else",
                                          "for ($i : 0..2) {}",
                                          "while",
                                          "unroll",
                                          "let $y",
                                          "return",
                                          "break;",
                                          "_ = ",
                                          "sizeof(",
                                          "offsetof(",
                                          "typeof(",
                                          "(uint8)",
                                          "(struct a *)",
                                          "(a=1)",
                                          "(1,)",
                                          "()",
                                          "comptime ",
                                          "struct s { int x; };",
                                          "enum e { A };",
                                          "macro m(x) { x }",
                                          "fn f(): void {}",
                                          "BEGIN {",
                                          "kprobe:f /",
                                          "config = {",
                                          "import \"x\";",
                                          "#define N 4\n",
                                          "typedef int t;",
                                          "(t)",
                                          "\xff",
                                          "\\"};

class Mutator {
 public:
  explicit Mutator(uint32_t seed) : random_(seed) {}

  std::string mutate(std::string text, const std::string& other) {
    for (size_t changes = 1 + below(4); changes > 0; --changes) {
      const size_t at = below(text.size() + 1);
      const size_t length = std::min(below(20), text.size() - at);
      switch (below(6)) {
        case 0:
          text.erase(at, length);
          break;
        case 1:
        case 2:
          text.insert(at, kPieces[below(kPieces.size())]);
          break;
        case 3:
          text.insert(below(text.size() + 1), text.substr(at, length));
          break;
        case 4:
          text.insert(at, other.substr(below(other.size() + 1), below(60)));
          break;
        default:
          if (at < text.size()) text[at] = static_cast<char>(32 + below(95));
          break;
      }
    }
    return text;
  }

  size_t below(size_t limit) { return limit == 0 ? 0 : random_() % limit; }

 private:
  std::mt19937 random_;
};

TEST(LangMutation, ChangedScriptsNeitherCrashNorChangeTheirMeaningInPrint) {
  const char* given = std::getenv("POLYTAP_FUZZ_SEED");
  const auto seed = static_cast<uint32_t>(given != nullptr ? std::strtoul(given, nullptr, 10) : 20261121);
  std::vector<std::string> corpus;
  for (const char* folder : {"scripts", "syntax"}) {
    for (const auto& path : scripts_in(std::filesystem::path(POLYTAP_SOURCE_DIR) / "tests/golden" / folder)) {
      corpus.push_back(read_text(path));
    }
  }
  ASSERT_FALSE(corpus.empty());
  Mutator mutator(seed);
  size_t parsed = 0;
  size_t tried = 0;
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(2);
  for (; tried < 5000 && std::chrono::steady_clock::now() < end; ++tried) {
    const std::string text = mutator.mutate(corpus[mutator.below(corpus.size())], corpus[mutator.below(corpus.size())]);
    const Parsed result = parse_text(text);
    EXPECT_EQ(result.ok, result.diagnostics.find("ERROR") == std::string::npos);
    if (!result.ok) continue;
    ++parsed;
    const std::string fault = round_trip_fault(text);
    ASSERT_EQ(fault, "") << "seed " << seed << ", try " << tried << ":\n" << text;
  }
  // The test is of use only while many changed scripts still parse.
  EXPECT_GT(parsed * 20, tried);
}

}  // namespace
}  // namespace polytap::testing
