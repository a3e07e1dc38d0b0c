#include "frontend/strace_summary.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "core/syscall/arguments.h"

namespace polytap {

void StraceSummary::add(uint64_t number, uint64_t ns, bool failed) {
  Row& row = rows_[number];
  row.calls++;
  row.errors += failed ? 1 : 0;
  row.ns += ns;
  row.min_ns = std::min(row.min_ns, ns);
  row.max_ns = std::max(row.max_ns, ns);
}

std::string StraceSummary::render(const std::string& key) const {
  std::vector<std::pair<uint64_t, Row>> rows(rows_.begin(), rows_.end());
  auto by = [&](auto value) {
    std::ranges::stable_sort(rows, [&](const auto& a, const auto& b) { return value(a.second) > value(b.second); });
  };
  if (key == "calls" || key == "count") {
    by([](const Row& row) { return row.calls; });
  } else if (key == "errors" || key == "error") {
    by([](const Row& row) { return row.errors; });
  } else if (key == "name" || key == "syscall" || key == "syscall-name") {
    std::ranges::sort(rows, {}, [](const auto& row) { return call_name(row.first); });
  } else if (key == "max" || key == "max-time") {
    by([](const Row& row) { return row.max_ns; });
  } else if (key == "min" || key == "min-time") {
    by([](const Row& row) { return row.min_ns; });
  } else if (key == "avg" || key == "avg-time") {
    by([](const Row& row) { return row.ns / row.calls; });
  } else if (key != "nothing" && key != "none") {
    by([](const Row& row) { return row.ns; });
  }
  Row total;
  for (const auto& [number, row] : rows) {
    total.calls += row.calls;
    total.errors += row.errors;
    total.ns += row.ns;
  }
  const std::string rule = "------ ----------- ----------- --------- --------- ----------------\n";
  auto line = [&](double percent, const Row& row, const std::string& name) {
    const std::string errors = row.errors != 0 ? fmt::format("{}", row.errors) : "";
    return fmt::format("{:>6.2f} {:>11.6f} {:>11} {:>9} {:>9} {}\n", percent, static_cast<double>(row.ns) / 1e9,
                       row.calls != 0 ? row.ns / row.calls / 1000 : 0, row.calls, errors, name);
  };
  std::string text = "% time     seconds  usecs/call     calls    errors syscall\n" + rule;
  for (const auto& [number, row] : rows) {
    const double percent = total.ns != 0 ? 100.0 * static_cast<double>(row.ns) / static_cast<double>(total.ns) : 0.0;
    text += line(percent, row, call_name(number));
  }
  return text + rule + line(100.0, total, "total");
}

}  // namespace polytap
