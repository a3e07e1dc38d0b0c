#include "core/base/clock_offset.h"

#include <gtest/gtest.h>

#include "core/base/clock.h"

namespace polytap {
namespace {

TEST(ClockOffset, DifferencesOfConvertedTimesAreExact) {
  ClockOffset boot(CLOCK_BOOTTIME);
  const uint64_t now = clock_ns(CLOCK_MONOTONIC);
  const uint64_t first = boot.convert(now);
  // Across several measurements: nothing sleeps in between.
  for (uint64_t later = 0; later < 10'000'000'000; later += 500'000'000) {
    EXPECT_EQ(boot.convert(now + later) - first, later);
  }
}

TEST(ClockOffset, ConvertedTimesLieBetweenReadings) {
  for (const clockid_t clock : {CLOCK_BOOTTIME, CLOCK_TAI}) {
    ClockOffset offset(clock);
    const uint64_t before = clock_ns(clock);
    const uint64_t there = offset.convert(clock_ns(CLOCK_MONOTONIC));
    const uint64_t after = clock_ns(clock);
    EXPECT_GE(there + 2'000, before);
    EXPECT_LE(there, after + 2'000);
  }
}

TEST(ClockOffset, BootTimeIsNeverBehindMonotonicTime) {
  for (int i = 0; i < 1000; ++i) {
    ClockOffset boot(CLOCK_BOOTTIME);
    const uint64_t now = clock_ns(CLOCK_MONOTONIC);
    ASSERT_GE(boot.convert(now), now);
  }
}

}  // namespace
}  // namespace polytap
