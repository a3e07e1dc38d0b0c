#include "core/output/series.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "core/output/json.h"

namespace polytap {
namespace {

constexpr int64_t kWidth = 52;  // columns between the smallest and the largest value

// By the interval's number.
using Series = std::map<uint64_t, int64_t>;

Series read_series(const Aggregation& parameters, Bytes value, uint64_t divisor) {
  Series series;
  for (size_t at = 0; at + 24 <= value.size(); at += 24) {
    const uint64_t number = load_word(value, at);
    const uint64_t weight = load_word(value, at + 16);
    if (number == 0 || weight == 0) continue;
    auto result = static_cast<int64_t>(load_word(value, at + 8));
    if (parameters.each == SeriesKind::kAvg) result /= static_cast<int64_t>(weight);
    series[number - 1] = result / static_cast<int64_t>(divisor);
  }
  // A place may still hold what an earlier round left there.
  if (!series.empty()) {
    const uint64_t last = series.rbegin()->first;
    if (last >= parameters.intervals) series.erase(series.begin(), series.upper_bound(last - parameters.intervals));
  }
  return series;
}

std::string time_of(const Aggregation& parameters, uint64_t number, WallClock& clock) {
  std::string text;
  clock.append_monotonic(text, "%H:%M:%S.%f", number * parameters.interval_ns);
  // Milliseconds; finer intervals show their microseconds.
  constexpr uint64_t kMillisecond = 1'000'000;
  if (parameters.interval_ns % kMillisecond == 0) text.resize(text.size() - 3);
  return text;
}

int64_t column(int64_t value, int64_t least, int64_t most) {
  if (most == least) return 0;
  return static_cast<int64_t>(static_cast<__int128>(value - least) * kWidth / (most - least));
}

}  // namespace

void append_series_text(std::string& out, const Aggregation& parameters, Bytes value, uint64_t divisor,
                        WallClock& clock) {
  const Series series = read_series(parameters, value, divisor);
  if (series.empty()) return;
  const auto by_value = [](const auto& a, const auto& b) { return a.second < b.second; };
  const auto [low, high] = std::minmax_element(series.begin(), series.end(), by_value);
  const int64_t least = low->second;
  const int64_t most = high->second;
  const bool milliseconds = parameters.interval_ns % 1'000'000 == 0;
  const std::string heading = milliseconds ? "hh:mm:ss.ms " : "hh:mm:ss.us    ";
  const auto margin = heading.size() + 1;
  const auto edges = [&] {
    fmt::format_to(std::back_inserter(out), "{:{}}{:<{}}{}\n", "", margin, least, kWidth, most);
  };
  const std::string line(static_cast<size_t>(kWidth) - 1, '_');
  edges();
  fmt::format_to(std::back_inserter(out), "{} |{}|\n", heading, line);
  const int64_t zero = least < 0 && most > 0 ? column(0, least, most) : -1;
  for (uint64_t number = series.begin()->first; number <= series.rbegin()->first; ++number) {
    std::string row(static_cast<size_t>(kWidth) + 1, ' ');
    row.front() = row.back() = '|';
    if (zero >= 0) row[static_cast<size_t>(zero)] = '.';
    const auto found = series.find(number);
    if (found != series.end()) row[static_cast<size_t>(column(found->second, least, most))] = '*';
    const std::string shown = found != series.end() ? fmt::format(" {}", found->second) : std::string();
    fmt::format_to(std::back_inserter(out), "{} {}{}\n", time_of(parameters, number, clock), row, shown);
  }
  fmt::format_to(std::back_inserter(out), "{:{}}v{}v\n", "", margin, line);
  edges();
}

void append_series_json(std::string& out, const Aggregation& parameters, Bytes value, uint64_t divisor,
                        WallClock& clock) {
  out += '[';
  bool first = true;
  for (const auto& [number, result] : read_series(parameters, value, divisor)) {
    if (!first) out += ", ";
    first = false;
    out += "{\"interval_start\": ";
    append_json_string(out, time_of(parameters, number, clock));
    out += ", \"value\": ";
    append_json_integer(out, result);
    out += '}';
  }
  out += ']';
}

}  // namespace polytap
