// strace's -e options.
#include "frontend/strace_filter.h"

#include <gtest/gtest.h>
#include <linux/unistd.h>

#include "frontend/strace_inject.h"

namespace polytap {
namespace {

CallSet set_of(std::string_view text) {
  auto set = parse_call_set(text);
  EXPECT_TRUE(set.ok()) << text;
  return set.ok() ? std::move(set).value() : CallSet{};
}

TEST(CallSet, NamesClassesExpressionsAndNegation) {
  EXPECT_TRUE(set_of("open,close").contains(__NR_close));
  EXPECT_FALSE(set_of("open,close").contains(__NR_read));
  EXPECT_TRUE(set_of("%file").contains(__NR_openat));
  EXPECT_TRUE(set_of("file").contains(__NR_openat));
  EXPECT_FALSE(set_of("!%file").contains(__NR_openat));
  EXPECT_TRUE(set_of("!%file").contains(5000));
  EXPECT_TRUE(set_of("/^get.*id$").contains(__NR_getpid));
  EXPECT_TRUE(set_of("/(l|f)stat").contains(__NR_newfstatat));
  EXPECT_TRUE(set_of("all").is_all());
  EXPECT_TRUE(set_of("none").members.none());
  EXPECT_TRUE(set_of("257").contains(__NR_openat));
  EXPECT_TRUE(set_of("?nothing,read").contains(__NR_read));
  EXPECT_FALSE(parse_call_set("nothing").ok());
  EXPECT_FALSE(parse_call_set("%nothing").ok());
  EXPECT_FALSE(parse_call_set("/(").ok());
  EXPECT_EQ(set_of("%stat").members.count(), 1U);
  EXPECT_EQ(set_of("%%stat").members.count(), 5U);
}

TEST(SignalSet, NamesAndNegation) {
  EXPECT_EQ(*parse_signal_set("SIGHUP,2"), 3U);
  EXPECT_EQ(*parse_signal_set("!HUP"), ~1UL);
  EXPECT_EQ(*parse_signal_set("none"), 0U);
  EXPECT_FALSE(parse_signal_set("SIGWHAT").ok());
}

TEST(Inject, WhenCountsPerTraceeAndCall) {
  auto rule = parse_inject_rule("read,write:error=ENOSPC:when=2+3", false);
  ASSERT_TRUE(rule.ok());
  EXPECT_EQ(rule->tampering.result, -28);
  const std::vector<InjectRule> rules = {*rule};
  InjectCounter counter;
  std::string hits;
  for (int i = 0; i < 8; i++) hits += counter.next(rules, 1, __NR_read) != nullptr ? '1' : '0';
  EXPECT_EQ(hits, "01001001");
  EXPECT_EQ(counter.next(rules, 2, __NR_read), nullptr);
  EXPECT_EQ(counter.next(rules, 1, __NR_write), nullptr);
  EXPECT_EQ(counter.next(rules, 1, __NR_close), nullptr);
}

TEST(Inject, Forms) {
  EXPECT_EQ(parse_inject_rule("all", true)->tampering.result, -ENOSYS);
  EXPECT_EQ(parse_inject_rule("read:retval=7", false)->tampering.result, 7);
  EXPECT_EQ(parse_inject_rule("read:signal=USR1:when=1..3", false)->last, 3U);
  EXPECT_EQ(parse_inject_rule("read:delay_enter=2ms", false)->tampering.delay_enter_us, 2000U);
  for (const char* wrong : {"read", "read:error=0", "read:error=ENOTHING", "read:error=EIO:retval=1", "read:when=0",
                            "read:error=EIO:when=3..1", "read:error=EIO:when=70000", "nothing:error=EIO"}) {
    EXPECT_FALSE(parse_inject_rule(wrong, false).ok()) << wrong;
  }
}

}  // namespace
}  // namespace polytap
