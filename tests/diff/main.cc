// The tests of this binary look at the running kernel, so they need root.
//   diff_tests [--seed=N] [--count=N] [--scripts=N] [--show] [gtest's own options]: which random programs, and how many
//   random scripts are compared.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/diff/interpreter_vs_kernel.h"
#include "tests/diff/scripts_vs_kernel.h"

namespace polytap::test {
namespace {

class InterpreterVersusKernel : public ::testing::Test {
 public:
  explicit InterpreterVersusKernel(DiffOptions options) : options_(options) {}
  void TestBody() override {
    const std::string difference = compare_interpreter_with_kernel(options_);
    if (!difference.empty()) ADD_FAILURE() << difference;
  }

 private:
  DiffOptions options_;
};

class ScriptsVersusKernel : public ::testing::Test {
 public:
  explicit ScriptsVersusKernel(DiffOptions options) : options_(options) {}
  void TestBody() override {
    const ScriptDiffResult result = compare_scripts_with_kernel(options_);
    EXPECT_EQ(result.difference, "");
    // Of a generator that made next to nothing that is accepted, the above would say little.
    EXPECT_LE(result.refused * 50, options_.count) << result.first_refusal;
    RecordProperty("refused", static_cast<int>(result.refused));
  }

 private:
  DiffOptions options_;
};

struct Options {
  DiffOptions programs;
  DiffOptions scripts{.first_seed = 1, .count = 2'000};
};

Options read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    const auto number = [&] { return std::strtoull(argv[i] + argument.find('=') + 1, nullptr, 10); };
    if (argument.starts_with("--seed=")) options.programs.first_seed = options.scripts.first_seed = number();
    if (argument.starts_with("--count=")) options.programs.count = number();
    if (argument.starts_with("--scripts=")) options.scripts.count = number();
    if (argument == "--show") options.programs.show = options.scripts.show = true;
  }
  return options;
}

}  // namespace
}  // namespace polytap::test

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  const polytap::test::Options options = polytap::test::read_options(argc, argv);
  ::testing::RegisterTest("InterpreterVersusKernel", "RandomPrograms", nullptr, nullptr, __FILE__, __LINE__,
                          [programs = options.programs]() -> ::testing::Test* {
                            return new polytap::test::InterpreterVersusKernel(programs);
                          });
  ::testing::RegisterTest(
      "ScriptsVersusKernel", "RandomScripts", nullptr, nullptr, __FILE__, __LINE__,
      [scripts = options.scripts]() -> ::testing::Test* { return new polytap::test::ScriptsVersusKernel(scripts); });
  if (!GTEST_FLAG_GET(list_tests) && geteuid() != 0) {
    std::fprintf(stderr, "diff_tests: these tests load eBPF programs and need root; run them with sudo\n");
    return 1;
  }
  return RUN_ALL_TESTS();
}
