// strace's -c: how often each call was made, how often it failed, and how long it took.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace polytap {

enum class SummaryColumn : uint8_t {
  kPercent,
  kTotal,
  kShortest,
  kLongest,
  kAverage,
  kCalls,
  kErrors,
  kName,
  kP50,
  kP90,
  kP99
};

std::vector<SummaryColumn> default_summary_columns();
// -U: "time-percent,calls,name".
Result<std::vector<SummaryColumn>> parse_summary_columns(std::string_view text);
// -S; nothing when there is no such key. "nothing" gives kName too, unsorted.
struct SummaryOrder {
  bool sorted = true;
  SummaryColumn by = SummaryColumn::kPercent;
};
Result<SummaryOrder> parse_summary_order(std::string_view text);
// "5", "5us", "2ms": nanoseconds; a number alone is of UNIT_NS.
bool parse_duration(std::string_view text, uint64_t unit_ns, uint64_t& ns);

class StraceSummary {
 public:
  // OVERHEAD_NS is taken off each call (-O).
  void add(uint64_t number, uint64_t ns, bool failed, uint64_t overhead_ns = 0);
  bool is_empty() const { return rows_.empty(); }
  std::string render(const std::vector<SummaryColumn>& columns, const SummaryOrder& order) const;

 private:
  // Eight steps for each doubling: percentiles are right within 9 %.
  static constexpr size_t kSteps = 8;
  struct Row {
    uint64_t calls = 0;
    uint64_t errors = 0;
    uint64_t ns = 0;
    uint64_t min_ns = UINT64_MAX;
    uint64_t max_ns = 0;
    std::array<uint32_t, 64 * kSteps> steps{};
  };
  static uint64_t percentile(const Row& row, unsigned percent);
  static void merge(Row& into, const Row& row);
  static std::string cell(SummaryColumn column, const Row& row, uint64_t total_ns, const std::string& name, bool last);

  std::map<uint64_t, Row> rows_;
};

}  // namespace polytap
