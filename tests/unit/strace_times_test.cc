#include "frontend/strace_times.h"

#include <gtest/gtest.h>

namespace polytap {
namespace {

TEST(StraceTimes, ArePreciseAsAskedFor) {
  EXPECT_EQ(seconds_text(1'002'003'004, 0), "1");
  EXPECT_EQ(seconds_text(1'002'003'004, *parse_time_precision("ms")), "1.002");
  EXPECT_EQ(seconds_text(1'002'003'004, *parse_time_precision("us")), "1.002003");
  EXPECT_EQ(seconds_text(1'002'003'004, *parse_time_precision("ns")), "1.002003004");
  EXPECT_FALSE(parse_time_precision("m"));
}

TEST(StraceTimes, FormatsAreWordsInAnyOrder) {
  using Kind = TimestampFormat::Kind;
  EXPECT_EQ(parse_timestamp_format("")->kind, Kind::kTime);
  const auto format = parse_timestamp_format("precision:ns,format:unix");
  ASSERT_TRUE(format);
  EXPECT_EQ(format->kind, Kind::kUnix);
  EXPECT_EQ(timestamp_text(5'000'000'007, *format), "5.000000007");
  EXPECT_EQ(parse_timestamp_format("unix,none")->kind, Kind::kNone);
  EXPECT_FALSE(parse_timestamp_format("unix,x"));
}

}  // namespace
}  // namespace polytap
