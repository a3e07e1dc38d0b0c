// What --bench found, as bpftrace shows it: a table, or an object of JSON.
#pragma once

#include <cstdint>
#include <span>
#include <string>

namespace polytap {

// The mean from outside: the call into the kernel is included.
struct BenchmarkTime {
  std::string name;
  uint64_t mean_ns = 0;
};

std::string benchmark_table(std::span<const BenchmarkTime> times);
// With the newline of a JSON line.
std::string benchmark_json(std::span<const BenchmarkTime> times);

// In the unit that leaves up to four digits: "3552ns", "12ms".
std::string short_duration(uint64_t nanoseconds);

}  // namespace polytap
