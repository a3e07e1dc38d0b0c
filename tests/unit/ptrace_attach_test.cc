// The ptrace backend on running processes: they must be as they were when it lets go, however it ends.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <set>

#include "backends/ptrace/proc_entries.h"
#include "backends/ptrace/ptrace_backend.h"
#include "gtest/gtest.h"
#include "tests/support/questions.h"
#include "tests/support/scenarios.h"
#include "tests/support/target_process.h"

namespace polytap::test {
namespace {

// Whether each thread of PID, at least THREADS (a sanitizer may add its own), is untraced and makes system calls:
// sleeps of the scenario "busy" count as switches.
void expect_running(pid_t pid, size_t threads) {
  const std::vector<pid_t> all = threads_of(pid);
  EXPECT_GE(all.size(), threads);
  for (pid_t tid : all) {
    EXPECT_EQ(read_status_value(tid, "TracerPid"), 0U);
    auto switches = [&] { return read_status_value(tid, "voluntary_ctxt_switches").value_or(0); };
    const uint64_t before = switches();
    EXPECT_TRUE(eventually([&] { return switches() > before + 2; })) << "thread " << tid << " stands still";
  }
}

TEST(PtraceAttach, SeesEveryThreadAndLeavesThemRunning) {
  Process busy(scenario("busy", {"5"}));
  ASSERT_TRUE(eventually([&] { return threads_of(busy.pid()).size() >= 6; }));
  Question question;
  question.show_builtin(enter_site("getppid"), ir::Builtin::kTid);
  auto backend = make_ptrace_backend();
  for (int round = 0; round < 5; round++) {
    auto session = backend->prepare(question.program, target_of(busy.pid()));
    ASSERT_TRUE(session.ok());
    Status started = session.value()->start();
    ASSERT_TRUE(started.ok()) << started.error().message();
    Collector collector;
    std::set<uint64_t> seen;
    EXPECT_TRUE(eventually([&] {
      EXPECT_TRUE(session.value()->drain(collector).ok());
      for (const Shown& shown : collector.shown) seen.insert(shown.word(0));
      collector.shown.clear();
      return seen.size() == 6;
    }));
    EXPECT_EQ(tracing_process(busy.pid()), getpid());
    ASSERT_TRUE(session.value()->stop().ok());
    EXPECT_FALSE(session.value()->finished());
    expect_running(busy.pid(), 6);
  }
}

TEST(PtraceAttach, FinishesWithTheTarget) {
  Process busy(scenario("busy", {"2"}));
  Question question;
  question.count(enter_site("getppid"));
  auto session = make_ptrace_backend()->prepare(question.program, target_of(busy.pid()));
  ASSERT_TRUE(session.ok());
  ASSERT_TRUE(session.value()->start().ok());
  EXPECT_TRUE(eventually([&] { return map_word(*session.value(), 0) > 100; }));
  kill(busy.pid(), SIGKILL);
  EXPECT_TRUE(eventually([&] { return session.value()->finished(); }));
  EXPECT_EQ(kill(busy.pid(), 0), -1);  // reaped: the tracer is a thread of its parent here
}

// A session in a child process, which is then killed.
TEST(PtraceAttach, TraceesRunOnWhenTheTracerIsKilled) {
  Process busy(scenario("busy", {"3"}));
  ASSERT_TRUE(eventually([&] { return threads_of(busy.pid()).size() >= 4; }));
  for (int round = 0; round < 10; round++) {
    const pid_t tracer = fork();
    if (tracer == 0) {
      Question question;
      question.count(enter_site("getppid"));
      question.count(exit_site("getppid"));
      auto session = make_ptrace_backend()->prepare(question.program, target_of(busy.pid()));
      if (!session.ok() || !session.value()->start().ok()) _exit(1);
      for (;;) pause();
    }
    EXPECT_TRUE(eventually([&] { return tracing_process(busy.pid()) == tracer; }));
    usleep(10'000 + round * 997);
    kill(tracer, SIGKILL);
    int status = 0;
    waitpid(tracer, &status, 0);
    EXPECT_EQ(status, SIGKILL);
    expect_running(busy.pid(), 4);
  }
}

TEST(PtraceAttach, LosesNoSignalWhileAttachingAndDetaching) {
#ifdef __SANITIZE_THREAD__
  GTEST_SKIP() << "ThreadSanitizer holds signals back and merges them";
#endif
  constexpr int kSignals = 400;
  Process counter(scenario("count-signals", {std::to_string(kSignals)}));
  counter.wait_for_output();
  Question question;
  question.count(enter_site("getppid"));
  question.count(event_site("signal", "signal_deliver", {}));
  auto backend = make_ptrace_backend();
  for (int sent = 0; sent < kSignals - 1;) {
    auto session = backend->prepare(question.program, target_of(counter.pid()));
    ASSERT_TRUE(session.ok());
    ASSERT_TRUE(session.value()->start().ok());
    for (int i = 0; i < 7 && sent < kSignals - 1; i++, sent++) {
      // One at a time: a standard signal that is pending takes no second one in.
      kill(counter.pid(), SIGUSR1);
      if (i == 6) {
        ASSERT_TRUE(session.value()->stop().ok());
      }
      ASSERT_TRUE(eventually([&] { return read_status_value(counter.pid(), "ShdPnd", 0, 16) == 0U; }));
    }
  }
  EXPECT_EQ(threads_of(counter.pid()).size(), 1);  // not yet: one is missing
  kill(counter.pid(), SIGUSR1);
  std::optional<int> status;
  EXPECT_TRUE(eventually([&] { return (status = counter.try_wait()).has_value(); }));
  EXPECT_EQ(status, std::optional(5 << 8));
}

TEST(PtraceAttach, LeavesAStoppedProcessStopped) {
  Process busy(scenario("busy", {"1"}));
  ASSERT_TRUE(eventually([&] { return threads_of(busy.pid()).size() >= 2; }));
  kill(busy.pid(), SIGSTOP);
  ASSERT_TRUE(eventually([&] { return read_state(busy.pid()) == 'T'; }));
  Question question;
  question.count(enter_site("getppid"));
  auto session = make_ptrace_backend()->prepare(question.program, target_of(busy.pid()));
  ASSERT_TRUE(session.ok());
  ASSERT_TRUE(session.value()->start().ok());
  usleep(20'000);
  EXPECT_EQ(map_word(*session.value(), 0), 0);
  ASSERT_TRUE(session.value()->stop().ok());
  EXPECT_TRUE(eventually([&] { return read_state(busy.pid()) == 'T'; }));
  kill(busy.pid(), SIGCONT);
  expect_running(busy.pid(), 2);
}

TEST(PtraceAttach, HearsOfAProcessThatContinues) {
  Process busy(scenario("busy", {"1"}));
  ASSERT_TRUE(eventually([&] { return threads_of(busy.pid()).size() >= 2; }));
  Question question;
  question.count(enter_site("getppid"));
  auto session = make_ptrace_backend()->prepare(question.program, target_of(busy.pid()));
  ASSERT_TRUE(session.ok());
  ASSERT_TRUE(session.value()->start().ok());
  for (int round = 0; round < 3; round++) {
    kill(busy.pid(), SIGSTOP);
    usleep(20'000);
    const int64_t before = map_word(*session.value(), 0);
    usleep(20'000);
    EXPECT_EQ(map_word(*session.value(), 0), before);
    kill(busy.pid(), SIGCONT);
    EXPECT_TRUE(eventually([&] { return map_word(*session.value(), 0) > before + 100; }));
  }
}

TEST(PtraceAttach, RefusesWhatCannotBeAttached) {
  Process busy(scenario("busy", {"0"}));
  Question question;
  question.count(enter_site("getppid"));
  auto backend = make_ptrace_backend();
  auto first = backend->prepare(question.program, target_of(busy.pid()));
  ASSERT_TRUE(first.ok() && first.value()->start().ok());
  const Verdict verdict = backend->can_run(question.program, target_of(busy.pid()));
  EXPECT_FALSE(verdict.possible);
  EXPECT_NE(verdict.reason.find("is already traced by process " + std::to_string(getpid())), std::string::npos);
  EXPECT_FALSE(backend->can_run(question.program, {}).possible);
  EXPECT_NE(backend->can_run(question.program, {}).reason.find("-c or a process with -p"), std::string::npos);
  Status gone = backend->prepare(question.program, target_of(0x3fffff)).value()->start();
  ASSERT_FALSE(gone.ok());
  EXPECT_EQ(gone.error().message(), "there is no process 4194303");
}

}  // namespace
}  // namespace polytap::test
