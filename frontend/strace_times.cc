#include "frontend/strace_times.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <time.h>

namespace polytap {
namespace {

constexpr uint64_t kNsPerSecond = 1'000'000'000;
constexpr unsigned kNsDigits = 9;

// ".004500", or nothing.
std::string fraction(uint64_t nanoseconds, unsigned digits) {
  if (digits == 0) return {};
  return "." + fmt::format("{:09}", nanoseconds % kNsPerSecond).substr(0, digits);
}

}  // namespace

std::optional<unsigned> parse_time_precision(std::string_view text) {
  if (text == "s") return 0;
  if (text == "ms") return 3;
  if (text == "us") return 6;
  if (text == "ns") return kNsDigits;
  return std::nullopt;
}

std::optional<TimestampFormat> parse_timestamp_format(std::string_view text) {
  using Kind = TimestampFormat::Kind;
  TimestampFormat format{Kind::kTime, 0};
  while (!text.empty()) {
    std::string_view word = text.substr(0, text.find(','));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    constexpr std::string_view kFormat = "format:";
    constexpr std::string_view kPrecision = "precision:";
    if (word.starts_with(kFormat)) word.remove_prefix(kFormat.size());
    if (word.starts_with(kPrecision)) word.remove_prefix(kPrecision.size());
    if (word == "none") {
      format.kind = Kind::kNone;
    } else if (word == "time") {
      format.kind = Kind::kTime;
    } else if (word == "unix") {
      format.kind = Kind::kUnix;
    } else if (const auto digits = parse_time_precision(word)) {
      format.digits = *digits;
    } else {
      return std::nullopt;
    }
  }
  return format;
}

std::string seconds_text(uint64_t nanoseconds, unsigned digits) {
  return fmt::format("{}{}", nanoseconds / kNsPerSecond, fraction(nanoseconds, digits));
}

std::string timestamp_text(uint64_t realtime_ns, const TimestampFormat& format) {
  if (format.kind == TimestampFormat::Kind::kUnix) return seconds_text(realtime_ns, format.digits);
  const auto seconds = static_cast<time_t>(realtime_ns / kNsPerSecond);
  struct tm local {};
  localtime_r(&seconds, &local);
  return fmt::format("{:%H:%M:%S}{}", local, fraction(realtime_ns, format.digits));
}

}  // namespace polytap
