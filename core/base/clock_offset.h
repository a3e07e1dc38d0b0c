// Times of CLOCK_MONOTONIC, which recorded events carry, on the system's other clocks.
#pragma once

#include <time.h>

#include <cstdint>

namespace polytap {

// How far CLOCK is ahead of CLOCK_MONOTONIC. The difference changes only when the machine sleeps or its clock is set,
// so that it is measured once a second and kept as long as it can still be right: differences of converted times are
// exact.
class ClockOffset {
 public:
  explicit ClockOffset(clockid_t clock) : clock_(clock) {}

  // What CLOCK showed when CLOCK_MONOTONIC showed TIME_NS. Times given should not run backwards by more than a second.
  uint64_t convert(uint64_t time_ns) {
    if (time_ns >= next_measurement_) measure();
    return time_ns + static_cast<uint64_t>(offset_);
  }

 private:
  void measure();

  clockid_t clock_;
  int64_t offset_ = 0;
  uint64_t next_measurement_ = 0;
};

}  // namespace polytap
