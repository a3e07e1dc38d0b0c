#include "frontend/strace_calls.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/base/clock.h"

namespace polytap {
namespace {

constexpr int64_t kFirstRestart = -516;
constexpr int64_t kLastRestart = -512;

}  // namespace

StraceCalls::StraceCalls(const StraceOptions& options, std::unique_ptr<StraceStacks> injection_stacks)
    : options_(options),
      injections_(options.inject_seed, options.inject_rate),
      injection_stacks_(std::move(injection_stacks)),
      order_(options.summary_order),
      columns_(options.summary_columns) {
  if (options.summary_percentiles) {
    const auto name = std::ranges::find(columns_, SummaryColumn::kName);
    columns_.insert(name, {SummaryColumn::kP50, SummaryColumn::kP90, SummaryColumn::kP99});
  }
  if (options.summary_interval_ns != 0) next_summary_ns_ = clock_ns(CLOCK_MONOTONIC) + options.summary_interval_ns;
}

RenderStyle StraceCalls::style_of(const CallValues& call) const {
  RenderStyle style = options_.style;
  style.verbose = !options_.abbreviated.contains(call.number, call.interface);
  style.dereference = options_.dereferenced.contains(call.number, call.interface);
  style.raw = options_.raw.contains(call.number, call.interface);
  return style;
}

std::optional<CallTampering> StraceCalls::enter(const CallStop& stop, const MemoryView& memory) {
  if (!options_.trace.contains(stop.call.number, stop.call.interface) || !options_.matches.accepts(stop, memory))
    return std::nullopt;
  if (stop.is_startup || options_.injections.empty()) return CallTampering{};
  if (injection_stacks_ == nullptr) return injections_.next(options_.injections, stop.tid, stop.call, {});
  return injections_.next(options_.injections, stop.tid, stop.call, [&] {
    // What is mapped may have changed since the last one.
    injection_stacks_->on_end(stop.tgid);
    return injection_stacks_->text(stop.tid, stop.tgid);
  });
}

uint64_t StraceCalls::duration(const CallStop& entry, const CallStop& exit) const {
  return options_.wall_clock ? exit.monotonic_ns - entry.monotonic_ns : exit.system_ns - entry.system_ns;
}

bool StraceCalls::leave(const CallStop& entry, const CallStop& exit) {
  const int64_t result = exit.call.result;
  const bool restart = exit.call.failed && result >= kFirstRestart && result <= kLastRestart;
  const CallStatus status = restart            ? CallStatus::kUnavailable
                            : exit.call.failed ? CallStatus::kFailed
                                               : CallStatus::kSuccessful;
  if ((options_.statuses & static_cast<uint8_t>(status)) == 0) return false;
  if (!options_.errors.empty() &&
      std::ranges::find(options_.errors, static_cast<int>(-result)) == options_.errors.end())
    return false;
  shown_++;
  if (options_.summary != StraceOptions::Summary::kNone) {
    const pid_t process = options_.summary_per_process ? exit.tgid : 0;
    summaries_[process].add(entry.call.number, duration(entry, exit), exit.call.failed, options_.overhead_ns);
  }
  return options_.summary != StraceOptions::Summary::kOnly;
}

bool StraceCalls::leave_unfinished() const {
  return options_.summary != StraceOptions::Summary::kOnly &&
         (options_.statuses & static_cast<uint8_t>(CallStatus::kUnfinished)) != 0;
}

void StraceCalls::end(pid_t tid) { injections_.forget(tid); }

std::string StraceCalls::summary() const {
  if (options_.summary == StraceOptions::Summary::kNone) return {};
  if (!options_.summary_per_process) {
    const auto all = summaries_.find(0);
    return (all != summaries_.end() ? all->second : StraceSummary()).render(columns_, order_);
  }
  std::string text;
  for (const auto& [process, summary] : summaries_) {
    text += fmt::format("Process {}:\n", process) + summary.render(columns_, order_);
  }
  return text;
}

std::string StraceCalls::periodic_summary() {
  if (next_summary_ns_ == 0 || clock_ns(CLOCK_MONOTONIC) < next_summary_ns_) return {};
  next_summary_ns_ = clock_ns(CLOCK_MONOTONIC) + options_.summary_interval_ns;
  return summary();
}

}  // namespace polytap
