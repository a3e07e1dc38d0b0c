// The kernel's clocks as time of day.
#pragma once

#include <cstdint>
#include <ctime>
#include <string>

namespace polytap {

// Formats nanoseconds on CLOCK_MONOTONIC, CLOCK_BOOTTIME or since the epoch as strftime(3) does, in the local time
// zone; %f is the microseconds, six digits.
class WallClock {
 public:
  void append_boot(std::string& out, const std::string& format, uint64_t nanoseconds);
  void append_monotonic(std::string& out, const std::string& format, uint64_t nanoseconds);
  void append_now(std::string& out, const std::string& format);

  // Nanoseconds since the epoch.
  static uint64_t epoch_of_monotonic(uint64_t nanoseconds);

 private:
  void append(std::string& out, const std::string& format, int64_t epoch_nanoseconds);

  // Breaking down a second into its parts costs more than the rest: kept for the next record of the same second.
  std::time_t second_ = -1;
  std::tm parts_ = {};
};

}  // namespace polytap
