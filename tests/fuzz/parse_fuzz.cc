// libFuzzer: no input may crash the parser, and what parses must survive printing.
// Build: clang++ -std=c++20 -fsanitize=fuzzer,address,undefined -I. with this file, core/lang and core/base.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tests/unit/lang_support.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  if (!polytap::testing::parse_text(text).ok) return 0;
  const std::string fault = polytap::testing::round_trip_fault(text);
  if (!fault.empty()) {
    std::fprintf(stderr, "%s\n", fault.c_str());
    std::abort();
  }
  return 0;
}
