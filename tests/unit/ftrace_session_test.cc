// Sessions on this kernel's tracepoints. Needs root.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <string>
#include <thread>

#include "backends/ftrace/ftrace_backend.h"
#include "core/kernel/tracefs.h"
#include "tests/support/questions.h"

namespace polytap::test {
namespace {

// Makes COUNT getppid() calls in each of two threads, once something comes through the pipe.
class Child {
 public:
  explicit Child(int count) {
    if (pipe(pipe_) != 0) return;
    pid_ = fork();
    if (pid_ != 0) return;
    const auto call = [count] {
      for (int i = 0; i < count; ++i) syscall(SYS_getppid);
    };
    char byte = 0;
    std::thread waiting([&] {
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

class FtraceSession : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root, for tracefs";
    const auto tracefs = Tracefs::open();
    if (!tracefs) GTEST_SKIP() << tracefs.error().message();
    instances_ = tracefs->root() + "/instances";
  }
  std::string own_instance() const { return instances_ + "/polytap-" + std::to_string(getpid()); }

  std::string instances_;
  std::unique_ptr<Backend> backend_ = make_ftrace_backend();
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

TEST_F(FtraceSession, FollowsThreadsAndChildrenOfAProcessToItsEnd) {
  Question question;
  question.count(enter_site("getppid"));
  const Child child(1000);
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // its thread is there
  Target target;
  target.pids = {child.pid()};
  auto session = backend_->prepare(question.program, target);
  ASSERT_TRUE(session.ok()) << session.error().message();
  EXPECT_TRUE(std::filesystem::exists(own_instance()));
  ASSERT_TRUE((*session)->start().ok());
  for (int i = 0; i < 100; ++i) syscall(SYS_getppid);  // not the target's
  EXPECT_FALSE((*session)->finished());
  child.go();
  EXPECT_TRUE(within_seconds(10, [&] { return (*session)->finished(); }));
  ASSERT_TRUE((*session)->stop().ok());
  EXPECT_EQ(map_word(**session, 0), 2000);
  EXPECT_EQ((*session)->events(), 2000U);
  EXPECT_FALSE((*session)->losses().any());
  session->reset();
  EXPECT_FALSE(std::filesystem::exists(own_instance()));
}

TEST_F(FtraceSession, TellsEveryLostEvent) {
  Question question;
  question.count(enter_site("getppid"));
  auto session = backend_->prepare(question.program, Target{});
  ASSERT_TRUE(session.ok()) << session.error().message();
  ASSERT_TRUE((*session)->start().ok());
  // More than a buffer holds, whether the reader keeps up or not.
  constexpr int kCalls = 1'000'000;
  for (int i = 0; i < kCalls; ++i) syscall(SYS_getppid);
  ASSERT_TRUE((*session)->stop().ok());
  const int64_t counted = map_word(**session, 0);
  const uint64_t missed = (*session)->losses().missed;
  // Others may call it too.
  EXPECT_GE(static_cast<uint64_t>(counted) + missed, uint64_t{kCalls});
  EXPECT_GT(counted, 0);
}

TEST_F(FtraceSession, ExitEndsTheCounting) {
  Question question;
  const ProbeSite site = enter_site("getppid");
  const uint32_t map = question.count(site);
  question.exit_after(site, 5, 3);
  auto session = backend_->prepare(question.program, Target{});
  ASSERT_TRUE(session.ok()) << session.error().message();
  ASSERT_TRUE((*session)->start().ok());
  for (int i = 0; i < 100; ++i) syscall(SYS_getppid);
  Collector collector;
  EXPECT_TRUE(within_seconds(5, [&] {
    EXPECT_TRUE((*session)->drain(collector).ok());
    return collector.exit_code.has_value();
  }));
  ASSERT_TRUE((*session)->stop().ok());
  EXPECT_EQ(collector.exit_code, 3);
  EXPECT_EQ(map_word(**session, map), 5);
}

TEST_F(FtraceSession, RefusesLayoutsThatAreNotTheKernels) {
  Question question;
  question.count(event_site("sched", "sched_process_exit", {"pid", "prio"}));
  const auto session = backend_->prepare(question.program, Target{});
  ASSERT_FALSE(session.ok());
  EXPECT_NE(session.error().message().find("is not where this kernel has it"), std::string::npos);
  EXPECT_FALSE(std::filesystem::exists(own_instance()));
}

TEST_F(FtraceSession, SweepsTheInstanceOfAKilledTracer) {
  const pid_t tracer = fork();
  if (tracer == 0) {
    Question question;
    question.count(enter_site("getppid"));
    const auto session = backend_->prepare(question.program, Target{});
    if (!session.ok() || !(*session)->start().ok()) _exit(1);
    pause();
    _exit(0);
  }
  const std::string left = instances_ + "/polytap-" + std::to_string(tracer);
  EXPECT_TRUE(within_seconds(5, [&] { return std::filesystem::exists(left + "/events/syscalls/sys_enter_getppid"); }));
  kill(tracer, SIGKILL);
  waitpid(tracer, nullptr, 0);
  EXPECT_TRUE(std::filesystem::exists(left));
  const auto removed = sweep_stale_instances();
  EXPECT_NE(std::find(removed.begin(), removed.end(), "polytap-" + std::to_string(tracer)), removed.end());
  EXPECT_FALSE(std::filesystem::exists(left));
}

TEST_F(FtraceSession, NotesTheFilterAndTheLimit) {
  Question question;
  question.count(enter_site("getppid"));
  const Verdict verdict = backend_->can_run(question.program, Target{});
  EXPECT_TRUE(verdict.possible) << verdict.reason;
  EXPECT_NE(verdict.fidelity.find("MiB per CPU"), std::string::npos);
  EXPECT_TRUE(verdict.notes.empty());  // it has no predicate
  question.show_string(enter_site("openat"), 1);
  EXPECT_FALSE(backend_->can_run(question.program, Target{}).possible);
}

}  // namespace
}  // namespace polytap::test
