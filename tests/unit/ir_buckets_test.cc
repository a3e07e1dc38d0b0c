#include <gtest/gtest.h>

#include <limits>

#include "core/ir/ir.h"

namespace polytap::ir {
namespace {

constexpr int64_t kMin = std::numeric_limits<int64_t>::min();
constexpr int64_t kMax = std::numeric_limits<int64_t>::max();

TEST(Histogram, PowersOfTwo) {
  EXPECT_EQ(hist_bucket(-1, 0), 0U);
  EXPECT_EQ(hist_bucket(0, 0), 1U);
  EXPECT_EQ(hist_bucket(1, 0), 2U);
  EXPECT_EQ(hist_bucket(2, 0), 3U);
  EXPECT_EQ(hist_bucket(3, 0), 3U);
  EXPECT_EQ(hist_bucket(4, 0), 4U);
  EXPECT_EQ(hist_bucket(kMax, 0), 64U);
  EXPECT_EQ(hist_buckets(0), 65U);
}

TEST(Histogram, BucketsGrowWithoutGaps) {
  for (uint8_t bits = 0; bits <= 5; ++bits) {
    uint32_t last = hist_bucket(0, bits);
    for (int64_t value = 1; value < 5000; ++value) {
      const uint32_t bucket = hist_bucket(value, bits);
      ASSERT_TRUE(bucket == last || bucket == last + 1) << value << " with " << int{bits} << " bits";
      last = bucket;
    }
    for (int64_t value = 4096; value > 0; value *= 2) {
      ASSERT_EQ(hist_bucket(value, bits), hist_bucket(value - 1, bits) + 1) << value;
      if (value > kMax / 2) break;
    }
    EXPECT_EQ(hist_buckets(bits), hist_bucket(kMax, bits) + 1);
  }
}

TEST(Histogram, SubBucketsSplitEveryPower) {
  // 2 bits: [8, 10) [10, 12) [12, 14) [14, 16).
  EXPECT_EQ(hist_bucket(8, 2), hist_bucket(9, 2));
  EXPECT_EQ(hist_bucket(10, 2), hist_bucket(9, 2) + 1);
  EXPECT_EQ(hist_bucket(16, 2), hist_bucket(8, 2) + 4);
}

TEST(LinearHistogram, Buckets) {
  const Aggregation parameters{.kind = AggregationKind::kLhist, .low = 0, .high = 10, .step = 2};
  EXPECT_EQ(lhist_buckets(parameters), 7U);
  EXPECT_EQ(lhist_bucket(-1, parameters), 0U);
  EXPECT_EQ(lhist_bucket(0, parameters), 1U);
  EXPECT_EQ(lhist_bucket(9, parameters), 5U);
  EXPECT_EQ(lhist_bucket(10, parameters), 6U);
  EXPECT_EQ(lhist_bucket(kMax, parameters), 6U);
}

TEST(LinearHistogram, RangesBeyondInt64) {
  const Aggregation parameters{.kind = AggregationKind::kLhist, .low = kMin, .high = kMax, .step = kMax};
  EXPECT_EQ(lhist_buckets(parameters), 5U);
  EXPECT_EQ(lhist_bucket(kMin, parameters), 1U);
  EXPECT_EQ(lhist_bucket(0, parameters), 2U);
  EXPECT_EQ(lhist_bucket(kMax - 1, parameters), 3U);
  EXPECT_EQ(lhist_bucket(kMax, parameters), 4U);
}

TEST(LinearHistogram, AnUnevenLastStepIsABucket) {
  const Aggregation parameters{.kind = AggregationKind::kLhist, .low = 0, .high = 10, .step = 4};
  EXPECT_EQ(lhist_buckets(parameters), 5U);
  EXPECT_EQ(lhist_bucket(9, parameters), 3U);
  EXPECT_EQ(lhist_bucket(10, parameters), 4U);
}

}  // namespace
}  // namespace polytap::ir
