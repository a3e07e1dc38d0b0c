// The tests of this binary look at the running kernel, so they need root.
//   diff_tests [--seed=N] [--count=N] [gtest's own options]: which random programs are compared.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "tests/diff/interpreter_vs_kernel.h"

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

DiffOptions read_options(int argc, char** argv) {
  DiffOptions options;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument = argv[i];
    if (argument.starts_with("--seed=")) options.first_seed = std::strtoull(argv[i] + 7, nullptr, 10);
    if (argument.starts_with("--count=")) options.count = std::strtoull(argv[i] + 8, nullptr, 10);
  }
  return options;
}

}  // namespace
}  // namespace polytap::test

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  const polytap::test::DiffOptions options = polytap::test::read_options(argc, argv);
  ::testing::RegisterTest(
      "InterpreterVersusKernel", "RandomPrograms", nullptr, nullptr, __FILE__, __LINE__,
      [options]() -> ::testing::Test* { return new polytap::test::InterpreterVersusKernel(options); });
  if (!GTEST_FLAG_GET(list_tests) && geteuid() != 0) {
    std::fprintf(stderr, "diff_tests: these tests load eBPF programs and need root; run them with sudo\n");
    return 1;
  }
  return RUN_ALL_TESTS();
}
