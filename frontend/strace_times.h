// How strace's options ask for times, and how they are written.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace polytap {

// "s", "ms", "us", "ns": how many digits there are behind the seconds.
std::optional<unsigned> parse_time_precision(std::string_view text);

struct TimestampFormat {
  enum class Kind : uint8_t { kNone, kTime, kUnix };
  Kind kind = Kind::kNone;
  unsigned digits = 0;
};
// What --absolute-timestamps= takes: "unix", "time,us", "format:unix,precision:ns"; empty: the time of day.
std::optional<TimestampFormat> parse_timestamp_format(std::string_view text);

// "3.004500", cut to DIGITS.
std::string seconds_text(uint64_t nanoseconds, unsigned digits);
std::string timestamp_text(uint64_t realtime_ns, const TimestampFormat& format);

}  // namespace polytap
