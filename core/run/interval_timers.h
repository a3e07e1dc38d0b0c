// Timers of interval probes: one timerfd each, on CLOCK_MONOTONIC.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/ir/ir.h"

namespace polytap {

// A function to fire at a timer's expiry.
struct IntervalTimer {
  UniqueFd fd;
  uint32_t function = 0;
  uint32_t site = 0;
  // How many expiries since the last call.
  uint64_t expired() const;
};

// Timers, running from now, for every interval site of PROGRAM.
Result<std::vector<IntervalTimer>> start_interval_timers(const ir::Program& program);

}  // namespace polytap
