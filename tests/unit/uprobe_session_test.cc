// Sessions on functions of this test program. Needs root.
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "backends/uprobe/uprobe_backend.h"
#include "core/base/unique_fd.h"
#include "core/kernel/tracefs.h"
#include "core/probe/registers.h"
#include "core/symbol/process_maps.h"
#include "tests/support/questions.h"

namespace polytap::test {

// What is probed. Called through volatile pointers only, so that no compiler sees through it.
extern "C" __attribute__((noinline)) uint64_t polytap_test_probed(const char* text, uint64_t number) {
  asm volatile("" ::"r"(text));
  return number * 2;
}

namespace {

uint64_t (*volatile probed)(const char*, uint64_t) = polytap_test_probed;

uint64_t file_offset_of(const void* address) {
  const auto wanted = reinterpret_cast<uint64_t>(address);
  std::ifstream maps("/proc/self/maps");
  std::string line;
  while (std::getline(maps, line)) {
    uint64_t start = 0;
    uint64_t end = 0;
    uint64_t offset = 0;
    char permissions[8] = {};
    if (sscanf(line.c_str(), "%lx-%lx %7s %lx", &start, &end, permissions, &offset) == 4 && wanted >= start &&
        wanted < end) {
      return wanted - start + offset;
    }
  }
  return 0;
}

ProbeSite site_of(ProbeType type) {
  ProbeSite site;
  site.type = type;
  site.name = "uprobe:unit_tests:polytap_test_probed";
  site.context = ContextKind::kRegisters;
  site.context_size = registers::kSize;
  char path[4096] = {};
  const ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  site.module = std::string(path, static_cast<size_t>(std::max<ssize_t>(length, 0)));
  site.function = "polytap_test_probed";
  site.file_offset = file_offset_of(reinterpret_cast<const void*>(&polytap_test_probed));
  ProbeArgument text;
  text.name = "arg0";
  text.type = types::pointer(types::integer(1, true), AddressSpace::kUser);
  text.offset = registers::kDi;
  text.size = 8;
  site.arguments.push_back(text);
  return site;
}

// Calls the function COUNT times in each of a thread and a child, once something comes through the pipe.
class Child {
 public:
  explicit Child(int count) {
    if (pipe(pipe_) != 0) return;
    pid_ = fork();
    if (pid_ != 0) return;
    const auto call = [count] {
      for (int i = 0; i < count; ++i) probed("called", static_cast<uint64_t>(i));
    };
    std::thread waiting([&] {
      char byte = 0;
      while (read(pipe_[0], &byte, 1) != 1) {
      }
      call();
    });
    waiting.join();
    if (const pid_t grandchild = fork(); grandchild == 0) {
      call();
      _exit(0);
    } else {
      waitpid(grandchild, nullptr, 0);
    }
    _exit(0);
  }
  ~Child() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
    close(pipe_[0]);
    close(pipe_[1]);
  }
  void go() const { [[maybe_unused]] const ssize_t written = write(pipe_[1], "x", 1); }
  pid_t pid() const { return pid_; }

 private:
  int pipe_[2] = {-1, -1};
  pid_t pid_ = -1;
};

std::string uprobe_events() {
  const auto tracefs = Tracefs::open();
  const auto text = tracefs ? tracefs->read("uprobe_events") : Result<std::string>(std::string());
  return text ? *text : std::string();
}

class UprobeSession : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, for perf and tracefs";
    const auto tracefs = Tracefs::open();
    if (!tracefs) GTEST_SKIP() << tracefs.error().message();
    if (access((tracefs->root() + "/uprobe_events").c_str(), W_OK) != 0)
      GTEST_SKIP() << "this kernel has no uprobe_events";
  }
  std::string own_events() const {
    std::string own;
    std::istringstream lines(uprobe_events());
    for (std::string line; std::getline(lines, line);) {
      if (line.find("polytap_" + std::to_string(getpid()) + "_") != std::string::npos) own += line + "\n";
    }
    return own;
  }
  std::unique_ptr<Backend> backend_ = make_uprobe_backend();
};

template <typename Done>
bool within_seconds(int seconds, Done done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

TEST_F(UprobeSession, FollowsThreadsAndChildrenOfAProcessToItsEnd) {
  Question question;
  question.count(site_of(ProbeType::kUprobe));
  question.last(site_of(ProbeType::kUretprobe), registers::kAx, 8);
  const Child child(500);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // its thread is there
  Target target;
  target.pids = {child.pid()};
  auto session = backend_->prepare(question.program, target);
  ASSERT_TRUE(session.ok()) << session.error().message();
  EXPECT_NE(own_events(), "");
  ASSERT_TRUE((*session)->start().ok());
  for (int i = 0; i < 100; ++i) probed("not the target's", 1);
  EXPECT_FALSE((*session)->finished());
  child.go();
  EXPECT_TRUE(within_seconds(20, [&] { return (*session)->finished(); }));
  ASSERT_TRUE((*session)->stop().ok());
  EXPECT_EQ(map_word(**session, 0), 1000);
  EXPECT_EQ(map_word(**session, 1), 998);
  EXPECT_EQ((*session)->events(), 2000U);
  EXPECT_FALSE((*session)->losses().any());
  session->reset();
  EXPECT_EQ(own_events(), "");
}

TEST_F(UprobeSession, CountsEverybodyWithoutTracefs) {
  Question question;
  question.count(site_of(ProbeType::kUprobe));
  question.count(site_of(ProbeType::kUprobe));  // another function at the same place
  auto session = backend_->prepare(question.program, Target{});
  ASSERT_TRUE(session.ok()) << session.error().message();
  if (sysconf(_SC_NPROCESSORS_ONLN) <= 8) {
    EXPECT_EQ(own_events(), "");
  }
  ASSERT_TRUE((*session)->start().ok());
  for (uint64_t i = 0; i < 100; ++i) EXPECT_EQ(probed("x", i), 2 * i);
  ASSERT_TRUE((*session)->stop().ok());
  for (uint64_t i = 0; i < 100; ++i) probed("x", i);
  EXPECT_EQ(map_word(**session, 0), 100);
  EXPECT_EQ(map_word(**session, 1), 100);
  EXPECT_FALSE((*session)->losses().any());
}

TEST_F(UprobeSession, StringsAreFetchedByTheKernelAndTooLongOnesAreTold) {
  Question question;
  question.show_string(site_of(ProbeType::kUprobe), 0);
  auto session = backend_->prepare(question.program, Target{});
  ASSERT_TRUE(session.ok()) << session.error().message();
  ASSERT_TRUE((*session)->start().ok());
  const std::string held(4000, 'y');
  const std::string too_long(5000, 'z');
  probed("first", 0);
  probed("", 0);
  probed("(fault)", 0);
  probed(held.c_str(), 0);
  probed(too_long.c_str(), 0);
  probed(reinterpret_cast<const char*>(uint64_t{0x10}), 0);
  ASSERT_TRUE((*session)->stop().ok());
  Collector collector;
  ASSERT_TRUE((*session)->drain(collector).ok());
  std::vector<std::string> strings;
  for (const Shown& shown : collector.shown) {
    strings.emplace_back(reinterpret_cast<const char*>(shown.payload.data()) + 8, shown.word(0));
  }
  EXPECT_EQ(strings, (std::vector<std::string>{"first", "", "(fault)", std::string(63, 'y'), ""}));
  EXPECT_EQ((*session)->losses().faults, 1U);
  EXPECT_EQ((*session)->losses().missed, 1U);
}

TEST_F(UprobeSession, ExitStopsCountingAtOnce) {
  Question question;
  question.exit_after(site_of(ProbeType::kUprobe), 10, 7);
  question.count(site_of(ProbeType::kUprobe));
  auto session = backend_->prepare(question.program, Target{});
  ASSERT_TRUE(session.ok()) << session.error().message();
  ASSERT_TRUE((*session)->start().ok());
  for (int i = 0; i < 100; ++i) probed("x", 1);
  ASSERT_TRUE((*session)->stop().ok());
  EXPECT_EQ(map_word(**session, 1), 9);
  Collector collector;
  ASSERT_TRUE((*session)->drain(collector).ok());
  EXPECT_EQ(collector.exit_code, 7);
}

TEST_F(UprobeSession, StacksBeginWithTheFunctionAndItsCaller) {
  Question question;
  question.show_stack(site_of(ProbeType::kUprobe));
  auto session = backend_->prepare(question.program, Target{});
  ASSERT_TRUE(session.ok()) << session.error().message();
  ASSERT_TRUE((*session)->start().ok());
  probed("x", 1);
  ASSERT_TRUE((*session)->stop().ok());
  Collector collector;
  ASSERT_TRUE((*session)->drain(collector).ok());
  ASSERT_EQ(collector.shown.size(), 1U);
  const Shown& shown = collector.shown[0];
  EXPECT_EQ(shown.word(0), static_cast<uint64_t>(getpid()));
  EXPECT_EQ(shown.word(1), reinterpret_cast<uint64_t>(&polytap_test_probed));
  // This function, whose end is not known: it is not far.
  ASSERT_NE(shown.word(2), 0U);
  ASSERT_NE((*session)->process_maps(), nullptr);
  const auto mapping = (*session)->process_maps()->find(getpid(), shown.word(2));
  ASSERT_TRUE(mapping.has_value());
  EXPECT_EQ(mapping->path, site_of(ProbeType::kUprobe).module);
}

TEST_F(UprobeSession, EveryLossIsTold) {
  Question question;
  question.count(site_of(ProbeType::kUprobe));
  const pid_t child = fork();
  if (child == 0) {
    // Held by SIGSTOP until the session has begun; more than a ring holds while nobody reads it.
    raise(SIGSTOP);
    for (uint64_t i = 0; i < 200'000; ++i) probed("x", i);
    _exit(0);
  }
  waitpid(child, nullptr, WUNTRACED);
  Target target;
  target.pids = {child};
  auto session = backend_->prepare(question.program, target);
  ASSERT_TRUE(session.ok()) << session.error().message();
  ASSERT_TRUE((*session)->start().ok());
  kill(child, SIGCONT);
  EXPECT_TRUE(within_seconds(60, [&] { return (*session)->finished(); }));
  waitpid(child, nullptr, 0);
  ASSERT_TRUE((*session)->stop().ok());
  const uint64_t missed = (*session)->losses().missed;
  EXPECT_EQ(static_cast<uint64_t>(map_word(**session, 0)) + missed, 200'000U);
}

TEST_F(UprobeSession, WhatAKilledOwnerLeftIsRemoved) {
  const auto tracefs = Tracefs::open();
  ASSERT_TRUE(tracefs.ok());
  // The group of a process that is no more: pids end at 2^22.
  const ProbeSite site = site_of(ProbeType::kUprobe);
  const std::string definition = fmt::format("p:polytap_4194305_77/e0 {}:{:#x}", site.module, site.file_offset);
  const UniqueFd events(open((tracefs->root() + "/uprobe_events").c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  ASSERT_EQ(write(events.get(), definition.data(), definition.size()), static_cast<ssize_t>(definition.size()));
  ASSERT_NE(uprobe_events().find("polytap_4194305_77/e0"), std::string::npos);
  EXPECT_EQ(sweep_stale_uprobe_events(), std::vector<std::string>{"polytap_4194305_77"});
  EXPECT_EQ(uprobe_events().find("polytap_4194305_77"), std::string::npos);
}

TEST_F(UprobeSession, AWrongPlaceIsAnErrorThatNamesIt) {
  Question question;
  ProbeSite site = site_of(ProbeType::kUprobe);
  site.module = "/nonexistent/program";
  question.show_string(site, 0);
  auto session = backend_->prepare(question.program, Target{});
  ASSERT_FALSE(session.ok());
  EXPECT_NE(session.error().message().find("/nonexistent/program"), std::string::npos) << session.error().message();
  EXPECT_EQ(own_events(), "");
}

}  // namespace
}  // namespace polytap::test
