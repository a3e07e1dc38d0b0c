// Scripts with tokens exchanged: whatever comes out is either refused with a diagnostic or a valid program (compile()
// verifies), and runs.
#include <gtest/gtest.h>

#include <cctype>
#include <map>
#include <random>

#include "tests/support/compiled.h"
#include "tests/unit/lang_support.h"

namespace polytap {
namespace {

std::vector<std::string> tokens_of(const std::string& text) {
  std::vector<std::string> tokens;
  const auto is_word = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; };
  for (size_t i = 0; i < text.size();) {
    size_t end = i + 1;
    if (text[i] == '"') {
      end = std::min(text.find('"', i + 1), text.size() - 1) + 1;
    } else if (is_word(text[i]) || text[i] == '$' || text[i] == '@') {
      while (end < text.size() && is_word(text[end])) ++end;
    }
    tokens.push_back(text.substr(i, end - i));
    i = end;
  }
  return tokens;
}

// Tokens that can often stand for each other.
int kind_of(const std::string& token) {
  const auto first = static_cast<unsigned char>(token.front());
  if (std::isdigit(first) != 0) return 0;
  if (std::isalpha(first) != 0 || first == '_') return 1;
  return token.size() == 1 ? 2 : first;
}

TEST(CompileMutation, NothingBreaksTheCompiler) {
  const std::filesystem::path golden = std::filesystem::path(POLYTAP_SOURCE_DIR) / "tests/golden";
  std::vector<std::vector<std::string>> scripts;
  std::map<int, std::vector<std::string>> pool;
  for (const char* folder : {"check", "ir", "scripts"}) {
    for (const auto& path : testing::scripts_in(golden / folder)) {
      const std::string text = testing::read_text(path);
      for (const std::string& token : tokens_of(text)) {
        if (token != " " && token != "\n") pool[kind_of(token)].push_back(token);
      }
      if (test::compile_text(text, {"7", "word"}).compiled) scripts.push_back(tokens_of(text));
    }
  }
  ASSERT_GE(scripts.size(), 20U);
  const char* rounds = std::getenv("POLYTAP_MUTATIONS");
  const size_t count = rounds == nullptr ? 4000 : std::stoul(rounds);
  std::mt19937 random(20261121);
  size_t accepted = 0;
  for (size_t i = 0; i < count; ++i) {
    std::vector<std::string> tokens = scripts[random() % scripts.size()];
    const size_t changes = 1 + random() % 3;
    for (size_t j = 0; j < changes; ++j) {
      std::string& token = tokens[random() % tokens.size()];
      const auto& others = pool[kind_of(token)];
      if (!others.empty()) token = others[random() % others.size()];
    }
    std::string text;
    for (const std::string& token : tokens) text += token;
    SCOPED_TRACE(text);
    test::CompiledRun run(text, {"7", "word"});
    if (!run.ok()) {
      EXPECT_FALSE(run.diagnostics().empty());
      continue;
    }
    ++accepted;
    ir::Interpreter interpreter(run.program());
    run.machine().set_context(test::Bytes(192));
    for (const ir::Function& function : run.program().functions) interpreter.run(function, run.machine());
  }
  // Otherwise the test would look at refusals only.
  EXPECT_GT(accepted, count / 12);
}

}  // namespace
}  // namespace polytap
