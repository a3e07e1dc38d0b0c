#include "core/output/wall_clock.h"

#include <fmt/format.h>

#include <algorithm>

namespace polytap {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

int64_t read_clock(clockid_t clock) {
  timespec time = {};
  ::clock_gettime(clock, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

// FORMAT with %f filled in; %% stays for strftime.
std::string with_microseconds(const std::string& format, int64_t microseconds) {
  std::string text;
  for (size_t i = 0; i < format.size(); ++i) {
    if (format[i] != '%' || i + 1 == format.size()) {
      text += format[i];
    } else if (format[++i] == 'f') {
      text += fmt::format("{:06}", microseconds);
    } else {
      text += '%';
      text += format[i];
    }
  }
  return text;
}

}  // namespace

// The offset is read each time, so that a step of the wall clock shows at once.
void WallClock::append_boot(std::string& out, const std::string& format, uint64_t nanoseconds) {
  append(out, format, static_cast<int64_t>(nanoseconds) + read_clock(CLOCK_REALTIME) - read_clock(CLOCK_BOOTTIME));
}

void WallClock::append_monotonic(std::string& out, const std::string& format, uint64_t nanoseconds) {
  append(out, format, static_cast<int64_t>(nanoseconds) + read_clock(CLOCK_REALTIME) - read_clock(CLOCK_MONOTONIC));
}

uint64_t WallClock::epoch_of_monotonic(uint64_t nanoseconds) {
  return nanoseconds + static_cast<uint64_t>(read_clock(CLOCK_REALTIME) - read_clock(CLOCK_MONOTONIC));
}

void WallClock::append_now(std::string& out, const std::string& format) {
  append(out, format, read_clock(CLOCK_REALTIME));
}

void WallClock::append(std::string& out, const std::string& format, int64_t epoch_nanoseconds) {
  std::time_t second = epoch_nanoseconds / kSecond;
  int64_t rest = epoch_nanoseconds % kSecond;
  if (rest < 0) {
    rest += kSecond;
    --second;
  }
  if (second != second_) {
    ::localtime_r(&second, &parts_);
    second_ = second;
  }
  const bool has_fraction = format.find("%f") != std::string::npos;
  // The trailing space tells an empty result (of "%p" in some locales) from a buffer that is too small.
  std::string padded = has_fraction ? with_microseconds(format, rest / 1000) : format;
  padded.resize(std::min(padded.find('\0'), padded.size()));
  padded += ' ';
  std::string text(padded.size() * 2 + 64, '\0');
  size_t length = 0;
  while ((length = std::strftime(text.data(), text.size(), padded.c_str(), &parts_)) == 0) {
    text.resize(text.size() * 2);
  }
  out.append(text, 0, length - 1);
}

}  // namespace polytap
