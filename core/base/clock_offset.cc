#include "core/base/clock_offset.h"

#include <algorithm>
#include <limits>

#include "core/base/clock.h"

namespace polytap {

void ClockOffset::measure() {
  constexpr int kTries = 5;
  constexpr uint64_t kEveryNs = 1'000'000'000;
  int64_t least = 0;
  int64_t most = -1;
  // Once more when the clock was set in between.
  while (least > most) {
    // Each try bounds the offset; a preempted one by far.
    least = std::numeric_limits<int64_t>::min();
    most = std::numeric_limits<int64_t>::max();
    uint64_t after = clock_ns(CLOCK_MONOTONIC);
    for (int i = 0; i < kTries; ++i) {
      const uint64_t before = after;
      const auto there = static_cast<int64_t>(clock_ns(clock_));
      after = clock_ns(CLOCK_MONOTONIC);
      least = std::max(least, there - static_cast<int64_t>(after));
      most = std::min(most, there - static_cast<int64_t>(before));
    }
    next_measurement_ = after + kEveryNs;
  }
  if (offset_ < least || offset_ > most) offset_ = least + (most - least) / 2;
}

}  // namespace polytap
