// strace's -e options.
#include "frontend/strace_filter.h"

#include <gtest/gtest.h>
#include <linux/unistd.h>

#include <algorithm>

#include "frontend/strace_inject.h"

namespace polytap {
namespace {

CallSet set_of(std::string_view text) {
  auto set = parse_call_set(text);
  EXPECT_TRUE(set.ok()) << text;
  return set.ok() ? std::move(set).value() : CallSet{};
}

CallValues call_of(uint64_t number) {
  CallValues call;
  call.number = number;
  return call;
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

TEST(CallSet, OfOneInterface) {
  const CallSet plain = set_of("open");
  EXPECT_TRUE(plain.contains(__NR_open) && plain.contains(__NR_open, CallInterface::kI386) &&
              plain.contains(__NR_open, CallInterface::kX32));
  const CallSet i386 = set_of("open@32");
  EXPECT_FALSE(i386.contains(__NR_open));
  EXPECT_TRUE(i386.contains(__NR_open, CallInterface::kI386));
  EXPECT_FALSE(i386.contains(__NR_open, CallInterface::kX32));
  const CallSet others = set_of("!%file@x32");
  EXPECT_TRUE(others.contains(__NR_open));
  EXPECT_FALSE(others.contains(__NR_open, CallInterface::kX32));
  EXPECT_FALSE(set_of("%file@64").contains(__NR_open, CallInterface::kI386));
  // Names that only i386 has.
  EXPECT_FALSE(set_of("stat64").contains(__NR_stat));
  EXPECT_TRUE(set_of("stat64").contains(__NR_stat, CallInterface::kI386));
  EXPECT_TRUE(parse_call_set("stat64@32").ok());
  EXPECT_FALSE(parse_call_set("stat64@64").ok());
  EXPECT_FALSE(parse_call_set("open@16").ok());
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
  InjectCounter counter(0, 1);
  const auto injects = [&](pid_t tid, uint64_t number) {
    return counter.next(rules, tid, call_of(number), {}).result.has_value();
  };
  std::string hits;
  for (int i = 0; i < 8; i++) hits += injects(1, __NR_read) ? '1' : '0';
  EXPECT_EQ(hits, "01001001");
  EXPECT_FALSE(injects(2, __NR_read));
  EXPECT_FALSE(injects(1, __NR_write));
  EXPECT_FALSE(injects(1, __NR_close));
}

TEST(Inject, SeveralRulesForACall) {
  const std::vector<InjectRule> rules = {*parse_inject_rule("read:error=EIO:when=1", false),
                                         *parse_inject_rule("read:error=EINTR:when=3+", false)};
  InjectCounter counter(0, 1);
  std::vector<int64_t> results;
  for (int i = 0; i < 4; i++) results.push_back(counter.next(rules, 1, call_of(__NR_read), {}).result.value_or(0));
  EXPECT_EQ(results, (std::vector<int64_t>{-EIO, 0, -EINTR, -EINTR}));
  EXPECT_EQ(counter.report(rules),
            "inject=read:error=EIO:when=1: 1 of 4 calls of read, the first was call 1 of process 1\n"
            "inject=read:error=EINTR:when=3+: 2 of 4 calls of read, the first was call 3 of process 1\n");
}

TEST(Inject, TheReportTellsPlacesApartByTheirStacks) {
  const std::vector<InjectRule> rules = {*parse_inject_rule("read:error=EIO", false)};
  InjectCounter counter(0, 1);
  for (int i = 0; i < 5; i++)
    counter.next(rules, 1, call_of(__NR_read), [&] { return i == 2 ? " > two\n" : " > one\n"; });
  EXPECT_EQ(counter.report(rules),
            "inject=read:error=EIO: 5 of 5 calls of read, the first was call 1 of process 1\n"
            "4 times at:\n > one\nonce at:\n > two\n");
}

TEST(Inject, ASeedGivesTheSameCallsAgain) {
  const std::vector<InjectRule> rules = {*parse_inject_rule("read:error=EIO", false)};
  const auto drawn = [&](uint64_t seed) {
    InjectCounter counter(seed, 0.25);
    std::string hits;
    for (int i = 0; i < 400; i++) hits += counter.next(rules, 1000 + i % 2, call_of(__NR_read), {}).result ? '1' : '0';
    return hits;
  };
  EXPECT_EQ(drawn(7), drawn(7));
  EXPECT_NE(drawn(7), drawn(8));
  const std::string hits = drawn(7);
  const auto count = std::count(hits.begin(), hits.end(), '1');
  EXPECT_GT(count, 60);
  EXPECT_LT(count, 140);
}

TEST(Inject, PokesAndOtherCalls) {
  const auto poke = parse_inject_rule("read:poke_exit=@arg2=4142,@arg1=00:when=2", false);
  ASSERT_TRUE(poke.ok());
  ASSERT_EQ(poke->tampering.poke_exit.size(), 2U);
  EXPECT_EQ(poke->tampering.poke_exit[0].argument, 1U);
  EXPECT_EQ(poke->tampering.poke_exit[0].bytes, (std::vector<std::byte>{std::byte{0x41}, std::byte{0x42}}));
  EXPECT_EQ(parse_inject_rule("getcwd:syscall=getpid", false)->tampering.number, __NR_getpid);
  for (const char* wrong : {"read:poke_exit=@arg7=00", "read:poke_exit=@arg1=0", "read:poke_exit=arg1=00",
                            "read:syscall=write", "read:syscall=getpid:error=EIO"}) {
    EXPECT_FALSE(parse_inject_rule(wrong, false).ok()) << wrong;
  }
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
