#include "core/run/interval_timers.h"

#include <sys/timerfd.h>
#include <unistd.h>

namespace polytap {

namespace {

Result<UniqueFd> start_timer(uint64_t period_ns) {
  UniqueFd fd(timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK));
  if (!fd.valid()) return Error::from_errno("timerfd_create");
  constexpr uint64_t kNanosecond = 1'000'000'000;
  const timespec period{static_cast<time_t>(period_ns / kNanosecond), static_cast<long>(period_ns % kNanosecond)};
  const itimerspec timing{period, period};
  if (timerfd_settime(fd.get(), 0, &timing, nullptr) != 0) return Error::from_errno("timerfd_settime");
  return fd;
}

}  // namespace

uint64_t IntervalTimer::expired() const {
  uint64_t count = 0;
  return read(fd.get(), &count, sizeof count) == sizeof count ? count : 0;
}

Result<std::vector<IntervalTimer>> start_interval_timers(const ir::Program& program) {
  std::vector<IntervalTimer> timers;
  for (uint32_t f = 0; f < program.functions.size(); ++f) {
    for (const uint32_t s : program.functions[f].sites) {
      const ProbeSite& site = program.sites[s];
      if (site.type != ProbeType::kInterval) continue;
      auto fd = start_timer(site.period_ns);
      if (!fd) return std::move(fd).error().context("start " + site.name);
      timers.push_back({std::move(fd).value(), f, s});
    }
  }
  return timers;
}

}  // namespace polytap
