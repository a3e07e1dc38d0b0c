#include "core/output/histogram.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "core/output/json.h"

namespace polytap {
namespace {

constexpr uint64_t kBarWidth = 52;

// A bucket: the values from `low` to `high`, both included; absent: no bound.
struct Bucket {
  std::optional<int64_t> low;
  std::optional<int64_t> high;
  std::string label;
};

// A power of two's multiple with the suffix of the largest power of 1024 that is no wider than its bucket, so that the
// edges of a bucket's finer parts stay exact: 1536K rather than 1.5M.
std::string binary_label(uint64_t value, unsigned width_log2) {
  constexpr std::string_view kSuffixes = "KMGTPE";
  const unsigned decade = width_log2 / 10;
  if (decade == 0) return fmt::format("{}", value);
  return fmt::format("{}{}", value >> (10 * decade), kSuffixes[decade - 1]);
}

// The inverse of ir::hist_bucket().
Bucket hist_bucket_at(uint32_t index, uint8_t bits) {
  if (index == 0) return {std::nullopt, -1, "(..., 0)"};
  const uint32_t position = index - 1;
  const uint32_t parts = 1U << bits;
  if (position < 2 * parts) return {position, position, fmt::format("[{}]", position)};
  const auto edge = [&](uint32_t at) {
    const unsigned width_log2 = (at >> bits) - 1;
    return std::pair(uint64_t{parts + (at & (parts - 1))} << width_log2, width_log2);
  };
  const auto [low, low_width] = edge(position);
  const auto [end, end_width] = edge(position + 1);
  return {static_cast<int64_t>(low), static_cast<int64_t>(end - 1),
          fmt::format("[{}, {})", binary_label(low, low_width), binary_label(end, end_width))};
}

// Suffixes only when every edge of the histogram can have one.
std::string linear_label(int64_t value, int64_t step) {
  constexpr int64_t kKilo = 1024;
  constexpr int64_t kMega = 1024 * 1024;
  if (step % kKilo != 0 || value == 0 || value % kKilo != 0) return fmt::format("{}", value);
  if (value % kMega == 0) return fmt::format("{}M", value / kMega);
  return fmt::format("{}K", value / kKilo);
}

Bucket lhist_bucket_at(uint32_t index, uint32_t count, const Aggregation& parameters) {
  const int64_t step = parameters.step;
  if (index == 0) {
    return {std::nullopt, parameters.low - 1, fmt::format("(..., {})", linear_label(parameters.low, step))};
  }
  if (index + 1 == count) {
    return {parameters.high, std::nullopt, fmt::format("[{}, ...)", linear_label(parameters.high, step))};
  }
  // The last step is cut short by `high`; taken unsigned, as low + step may pass INT64_MAX there.
  const int64_t low = parameters.low + static_cast<int64_t>(index - 1) * step;
  const uint64_t left = static_cast<uint64_t>(parameters.high) - static_cast<uint64_t>(low);
  const int64_t end = left < static_cast<uint64_t>(step) ? parameters.high : low + step;
  const std::string label = fmt::format("[{}, {})", linear_label(low, step), linear_label(end, step));
  return {low, end - 1, end - 1 == low ? fmt::format("[{}]", low) : label};
}

Bucket bucket_at(uint32_t index, uint32_t count, const Aggregation& parameters) {
  return parameters.kind == AggregationKind::kHist ? hist_bucket_at(index, parameters.bits)
                                                   : lhist_bucket_at(index, count, parameters);
}

// First and past the last bucket that hold anything.
std::pair<size_t, size_t> occupied(std::span<const uint64_t> counts) {
  size_t first = 0;
  size_t end = counts.size();
  while (end > 0 && counts[end - 1] == 0) --end;
  while (first < end && counts[first] == 0) ++first;
  return {first, end};
}

}  // namespace

std::vector<uint64_t> histogram_counts(Bytes value) {
  std::vector<uint64_t> counts(value.size() / 8);
  for (size_t i = 0; i < counts.size(); ++i) counts[i] = load_word(value, 8 * i);
  return counts;
}

void append_histogram_text(std::string& out, const Aggregation& parameters, std::span<const uint64_t> counts,
                           uint64_t divisor) {
  const auto [first, end] = occupied(counts);
  const uint64_t most = counts.empty() ? 0 : *std::max_element(counts.begin(), counts.end());
  for (size_t i = first; i < end; ++i) {
    const Bucket bucket = bucket_at(static_cast<uint32_t>(i), static_cast<uint32_t>(counts.size()), parameters);
    const auto bar = static_cast<size_t>(static_cast<unsigned __int128>(counts[i]) * kBarWidth / most);
    fmt::format_to(std::back_inserter(out), "{:<16}{:>8} |{:<{}}|\n", bucket.label, counts[i] / divisor,
                   std::string(bar, '@'), kBarWidth);
  }
}

void append_histogram_json(std::string& out, const Aggregation& parameters, std::span<const uint64_t> counts,
                           uint64_t divisor) {
  const auto [first, end] = occupied(counts);
  out += '[';
  for (size_t i = first; i < end; ++i) {
    const Bucket bucket = bucket_at(static_cast<uint32_t>(i), static_cast<uint32_t>(counts.size()), parameters);
    if (i != first) out += ',';
    out += '{';
    if (bucket.low) {
      out += "\"min\": ";
      append_json_integer(out, *bucket.low);
      out += ", ";
    }
    if (bucket.high) {
      out += "\"max\": ";
      append_json_integer(out, *bucket.high);
      out += ", ";
    }
    out += "\"count\": ";
    append_json_integer(out, counts[i] / divisor);
    out += '}';
  }
  out += ']';
}

}  // namespace polytap
