#include "frontend/strace_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <optional>
#include <utility>

#include "core/syscall/arguments.h"

namespace polytap {
namespace {

struct ColumnName {
  std::string_view name;
  SummaryColumn column;
};
constexpr ColumnName kColumnNames[] = {
    {"time-percent", SummaryColumn::kPercent},
    {"time_percent", SummaryColumn::kPercent},
    {"time", SummaryColumn::kPercent},
    {"total-time", SummaryColumn::kTotal},
    {"total_time", SummaryColumn::kTotal},
    {"time-total", SummaryColumn::kTotal},
    {"time_total", SummaryColumn::kTotal},
    {"min-time", SummaryColumn::kShortest},
    {"min_time", SummaryColumn::kShortest},
    {"shortest", SummaryColumn::kShortest},
    {"time-min", SummaryColumn::kShortest},
    {"time_min", SummaryColumn::kShortest},
    {"max-time", SummaryColumn::kLongest},
    {"max_time", SummaryColumn::kLongest},
    {"longest", SummaryColumn::kLongest},
    {"time-max", SummaryColumn::kLongest},
    {"time_max", SummaryColumn::kLongest},
    {"avg-time", SummaryColumn::kAverage},
    {"avg_time", SummaryColumn::kAverage},
    {"time-avg", SummaryColumn::kAverage},
    {"time_avg", SummaryColumn::kAverage},
    {"calls", SummaryColumn::kCalls},
    {"count", SummaryColumn::kCalls},
    {"errors", SummaryColumn::kErrors},
    {"error", SummaryColumn::kErrors},
    {"name", SummaryColumn::kName},
    {"syscall", SummaryColumn::kName},
    {"syscall-name", SummaryColumn::kName},
    {"syscall_name", SummaryColumn::kName},
    {"p50", SummaryColumn::kP50},
    {"p90", SummaryColumn::kP90},
    {"p99", SummaryColumn::kP99},
};

struct ColumnLook {
  std::string_view title;
  size_t width;
};
ColumnLook look_of(SummaryColumn column) {
  switch (column) {
    case SummaryColumn::kPercent:
      return {"% time", 6};
    case SummaryColumn::kTotal:
      return {"seconds", 11};
    case SummaryColumn::kShortest:
      return {"shortest", 8};
    case SummaryColumn::kLongest:
      return {"longest", 8};
    case SummaryColumn::kAverage:
      return {"usecs/call", 11};
    case SummaryColumn::kCalls:
      return {"calls", 9};
    case SummaryColumn::kErrors:
      return {"errors", 9};
    case SummaryColumn::kP50:
      return {"50 %", 8};
    case SummaryColumn::kP90:
      return {"90 %", 8};
    case SummaryColumn::kP99:
      return {"99 %", 8};
    default:
      return {"syscall", 16};
  }
}

std::optional<SummaryColumn> find_column(std::string_view name) {
  const auto* found = std::ranges::find(kColumnNames, name, &ColumnName::name);
  return found != std::end(kColumnNames) ? std::optional(found->column) : std::nullopt;
}

double seconds(uint64_t ns) { return static_cast<double>(ns) / 1e9; }

// Names stand at the left, and the last one is not filled up.
std::string aligned(SummaryColumn column, const std::string& text, bool last) {
  const size_t width = look_of(column).width;
  if (column != SummaryColumn::kName) return fmt::format("{:>{}}", text, width);
  return last ? text : fmt::format("{:<{}}", text, width);
}

}  // namespace

std::vector<SummaryColumn> default_summary_columns() {
  return {SummaryColumn::kPercent, SummaryColumn::kTotal,  SummaryColumn::kAverage,
          SummaryColumn::kCalls,   SummaryColumn::kErrors, SummaryColumn::kName};
}

Result<std::vector<SummaryColumn>> parse_summary_columns(std::string_view text) {
  std::vector<SummaryColumn> columns;
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    const auto column = find_column(word);
    if (!column) return Error(fmt::format("unknown column name: '{}'", word), EINVAL);
    if (std::ranges::find(columns, *column) != columns.end()) {
      return Error(fmt::format("call summary column has been provided more than once: '{}'", word));
    }
    columns.push_back(*column);
    begin = end + 1;
  }
  // A table without names says nothing.
  if (std::ranges::find(columns, SummaryColumn::kName) == columns.end()) columns.push_back(SummaryColumn::kName);
  return columns;
}

Result<SummaryOrder> parse_summary_order(std::string_view text) {
  if (text == "nothing" || text == "none") return SummaryOrder{false, SummaryColumn::kName};
  const auto column = find_column(text);
  if (!column) return Error(fmt::format("invalid sortby: '{}'", text), EINVAL);
  return SummaryOrder{true, *column};
}

bool parse_duration(std::string_view text, uint64_t unit_ns, uint64_t& ns) {
  constexpr std::pair<std::string_view, uint64_t> kUnits[] = {
      {"us", 1'000}, {"ms", 1'000'000}, {"ns", 1}, {"s", 1'000'000'000}};
  for (const auto& [unit, scale] : kUnits) {
    if (!text.ends_with(unit)) continue;
    text.remove_suffix(unit.size());
    unit_ns = scale;
    break;
  }
  double number = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size() || number < 0) return false;
  ns = static_cast<uint64_t>(number * static_cast<double>(unit_ns));
  return true;
}

void StraceSummary::add(uint64_t number, uint64_t ns, bool failed, uint64_t overhead_ns) {
  ns -= std::min(ns, overhead_ns);
  Row& row = rows_[number];
  row.calls++;
  row.errors += failed ? 1 : 0;
  row.ns += ns;
  row.min_ns = std::min(row.min_ns, ns);
  row.max_ns = std::max(row.max_ns, ns);
  // The three bits behind the first one tell the step.
  const auto top = static_cast<unsigned>(std::bit_width(ns));
  const size_t step = top > 3 ? top * kSteps + (ns >> (top - 4) & (kSteps - 1)) : ns;
  row.steps[std::min(step, row.steps.size() - 1)]++;
}

uint64_t StraceSummary::percentile(const Row& row, unsigned percent) {
  uint64_t left = (row.calls * percent + 99) / 100;
  for (size_t step = 0; step < row.steps.size(); step++) {
    if (row.steps[step] < left) {
      left -= row.steps[step];
      continue;
    }
    const size_t top = step / kSteps;
    // In the middle of the step, but not beyond what was seen.
    const uint64_t ns = top > 3 ? ((2 * (kSteps + step % kSteps) + 1) << (top - 4)) / 2 : step;
    return std::clamp(ns, row.min_ns, row.max_ns);
  }
  return row.max_ns;
}

void StraceSummary::merge(Row& into, const Row& row) {
  into.calls += row.calls;
  into.errors += row.errors;
  into.ns += row.ns;
  into.min_ns = std::min(into.min_ns, row.min_ns);
  into.max_ns = std::max(into.max_ns, row.max_ns);
  for (size_t i = 0; i < row.steps.size(); i++) into.steps[i] += row.steps[i];
}

std::string StraceSummary::cell(SummaryColumn column, const Row& row, uint64_t total_ns, const std::string& name,
                                bool last) {
  std::string text;
  switch (column) {
    case SummaryColumn::kPercent:
      text = fmt::format("{:.2f}", total_ns != 0 ? 100.0 * static_cast<double>(row.ns) / static_cast<double>(total_ns)
                                   : name == "total" ? 100.0
                                                     : 0.0);
      break;
    case SummaryColumn::kTotal:
      text = fmt::format("{:.6f}", seconds(row.ns));
      break;
    case SummaryColumn::kShortest:
      text = fmt::format("{:.6f}", seconds(row.calls != 0 ? row.min_ns : 0));
      break;
    case SummaryColumn::kLongest:
      text = fmt::format("{:.6f}", seconds(row.max_ns));
      break;
    case SummaryColumn::kAverage:
      text = fmt::format("{}", row.calls != 0 ? row.ns / row.calls / 1000 : 0);
      break;
    case SummaryColumn::kCalls:
      text = fmt::format("{}", row.calls);
      break;
    case SummaryColumn::kErrors:
      if (row.errors != 0) text = fmt::format("{}", row.errors);
      break;
    case SummaryColumn::kP50:
      text = fmt::format("{:.6f}", seconds(percentile(row, 50)));
      break;
    case SummaryColumn::kP90:
      text = fmt::format("{:.6f}", seconds(percentile(row, 90)));
      break;
    case SummaryColumn::kP99:
      text = fmt::format("{:.6f}", seconds(percentile(row, 99)));
      break;
    case SummaryColumn::kName:
      text = name;
  }
  return aligned(column, text, last);
}

std::string StraceSummary::render(const std::vector<SummaryColumn>& columns, const SummaryOrder& order) const {
  std::vector<std::pair<uint64_t, const Row*>> rows;
  for (const auto& [number, row] : rows_) rows.emplace_back(number, &row);
  auto by = [&](auto value) {
    std::ranges::stable_sort(rows, [&](const auto& a, const auto& b) { return value(*a.second) > value(*b.second); });
  };
  switch (order.by) {
    case SummaryColumn::kPercent:
    case SummaryColumn::kTotal:
      by([](const Row& row) { return row.ns; });
      break;
    case SummaryColumn::kShortest:
      by([](const Row& row) { return row.min_ns; });
      break;
    case SummaryColumn::kLongest:
      by([](const Row& row) { return row.max_ns; });
      break;
    case SummaryColumn::kAverage:
      by([](const Row& row) { return row.ns / row.calls; });
      break;
    case SummaryColumn::kCalls:
      by([](const Row& row) { return row.calls; });
      break;
    case SummaryColumn::kErrors:
      by([](const Row& row) { return row.errors; });
      break;
    case SummaryColumn::kName:
      if (order.sorted) std::ranges::sort(rows, {}, [](const auto& row) { return call_name(row.first); });
      break;
    default:
      by([&](const Row& row) {
        return percentile(row, order.by == SummaryColumn::kP50 ? 50 : order.by == SummaryColumn::kP90 ? 90 : 99);
      });
  }
  Row total;
  for (const auto& [number, row] : rows) merge(total, *row);
  std::string rule;
  std::string text;
  auto line = [&](const Row& row, const std::string& name) {
    for (const SummaryColumn& column : columns) {
      const bool last = &column == &columns.back();
      text += cell(column, row, total.ns, name, last) + (last ? '\n' : ' ');
    }
  };
  for (const SummaryColumn& column : columns) {
    const bool last = &column == &columns.back();
    const ColumnLook look = look_of(column);
    text += aligned(column, std::string(look.title), last) + (last ? '\n' : ' ');
    rule += std::string(look.width, '-') + (last ? '\n' : ' ');
  }
  text += rule;
  for (const auto& [number, row] : rows) line(*row, call_name(number));
  text += rule;
  line(total, "total");
  return text;
}

}  // namespace polytap
