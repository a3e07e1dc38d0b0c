#include "core/output/benchmarks.h"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>

#include "core/output/json.h"

namespace polytap {

std::string short_duration(uint64_t nanoseconds) {
  if (nanoseconds < 10'000) return fmt::format("{}ns", nanoseconds);
  if (nanoseconds < 10'000'000) return fmt::format("{}us", nanoseconds / 1000);
  return fmt::format("{}ms", nanoseconds / 1'000'000);
}

std::string benchmark_table(std::span<const BenchmarkTime> times) {
  size_t width = std::string_view("BENCHMARK").size();
  for (const BenchmarkTime& each : times) width = std::max(width, each.name.size());
  const std::string ruler = fmt::format("+{:-<{}}+--------------+\n", "", width + 2);
  std::string table = fmt::format("{}| {:<{}} | AVERAGE TIME |\n{}", ruler, "BENCHMARK", width, ruler);
  for (const BenchmarkTime& each : times) {
    table += fmt::format("| {:<{}} | {:<12} |\n", each.name, width, short_duration(each.mean_ns));
  }
  return table + ruler;
}

std::string benchmark_json(std::span<const BenchmarkTime> times) {
  std::string json = R"({"type": "benchmark_results", "data": {)";
  for (const BenchmarkTime& each : times) {
    if (&each != times.data()) json += ", ";
    append_json_string(json, each.name);
    json += fmt::format(": {}", each.mean_ns);
  }
  return json + "}}\n";
}

}  // namespace polytap
