// The tests of this binary look at the running kernel, so they need root.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>

int main(int argc, char** argv) {
  ::testing::InitGoogleTest(&argc, argv);
  if (!GTEST_FLAG_GET(list_tests) && geteuid() != 0) {
    std::fprintf(stderr, "diff_tests: these tests load eBPF programs and need root; run them with sudo\n");
    return 1;
  }
  return RUN_ALL_TESTS();
}
