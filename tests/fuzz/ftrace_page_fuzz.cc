// libFuzzer: whatever bytes a page has, its records lie inside of it and its walk ends.
// Build: clang++ -std=c++20 -fsanitize=fuzzer,address,undefined -I. with this file and backends/ftrace/page.cc.
#include <cstddef>
#include <cstdint>
#include <cstdlib>

#include "backends/ftrace/page.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  polytap::ftrace::PageReader reader(std::as_bytes(std::span(data, size)));
  polytap::ftrace::RawRecord record;
  size_t records = 0;
  unsigned sum = 0;
  while (reader.next(record)) {
    if (++records > size) std::abort();
    for (const std::byte byte : record.data) sum += static_cast<unsigned>(byte);  // every byte is readable
  }
  return sum == ~0U ? 1 : 0;
}
