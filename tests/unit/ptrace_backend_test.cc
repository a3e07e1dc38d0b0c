// The ptrace backend on commands that it launches.
#include "backends/ptrace/ptrace_backend.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "core/ir/verify.h"
#include "core/symbol/process_maps.h"
#include "gtest/gtest.h"
#include "tests/support/questions.h"
#include "tests/support/scenarios.h"

namespace polytap::test {
namespace {

// Each test runs with the seccomp filter and without.
class PtraceLaunch : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override { setenv("POLYTAP_PTRACE_SECCOMP", GetParam() ? "1" : "0", 1); }
  void TearDown() override { unsetenv("POLYTAP_PTRACE_SECCOMP"); }

  Answer run(const Question& question, const std::vector<std::string>& command) {
    const Status verified = ir::verify(question.program);
    if (!verified.ok()) return {verified.error().message(), {}, {}, {}, {}, 0};
    return run_command(*backend_, question.program, command);
  }

  std::unique_ptr<Backend> backend_ = make_ptrace_backend();
};
INSTANTIATE_TEST_SUITE_P(Seccomp, PtraceLaunch, testing::Bool(),
                         [](const auto& parameter) { return parameter.param ? "Filtered" : "Unfiltered"; });

TEST_P(PtraceLaunch, CountsEveryCallOnce) {
  Question question;
  question.count(enter_site("getppid"));
  Answer result = run(question, scenario("getppid", {"1000"}));
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.words, std::vector<int64_t>{1000});
  EXPECT_EQ(result.events, 1000);
  EXPECT_EQ(result.status, std::optional(3 << 8));
}

TEST_P(PtraceLaunch, SeesEntriesAndExitsWithTheirValues) {
  Question question;
  question.count(enter_site("getppid"));
  question.count(exit_site("getppid"));
  question.last(exit_site("getppid"), 16, 8);
  question.last(exit_site("getppid"), 8, 4);
  question.last(enter_site("getppid"), 4, 4);
  Answer result = run(question, scenario("getppid", {"100"}));
  EXPECT_EQ(result.error, "");
  ASSERT_EQ(result.words.size(), 5);
  EXPECT_EQ(result.words[0], 100);
  EXPECT_EQ(result.words[1], 100);
  EXPECT_EQ(result.words[2], getpid());
  EXPECT_EQ(result.words[3], 110);
  EXPECT_GT(result.words[4], 1);
}

TEST_P(PtraceLaunch, CountsTheCallsOfAllThreads) {
  Question question;
  question.count(enter_site("getppid"));
  question.count(exit_site("getppid"));
  Answer result = run(question, scenario("threads", {"8"}));
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.words, (std::vector<int64_t>{800, 800}));
}

TEST_P(PtraceLaunch, FollowsForks) {
  Question question;
  question.count(enter_site("getppid"));
  question.count(event_site("sched", "sched_process_fork", {}));
  question.count(event_site("sched", "sched_process_exit", {}));
  question.last(event_site("sched", "sched_process_exit", {"group_dead"}), 8, 4);
  Answer result = run(question, scenario("forks", {"200"}));
  EXPECT_EQ(result.error, "");
  ASSERT_EQ(result.words.size(), 4);
  EXPECT_EQ(result.words[0], 200);
#ifndef __SANITIZE_THREAD__  // which gives each child a thread of its own
  EXPECT_EQ(result.words[1], 200);
#endif
  EXPECT_EQ(result.words[2], result.words[1] + 1);
  EXPECT_EQ(result.words[3], 1);
  EXPECT_EQ(result.status, std::optional(0));
}

// The kernel's tracepoint fires in the parent and in the child. (One fork only: while a process is traced, even an
// ignored SIGCHLD is pending for a moment, and makes a later fork restart, with an exit of its own.)
TEST_P(PtraceLaunch, SeesTheChildLeaveClone) {
  Question question;
  question.count(exit_site("clone"));
  Answer result = run(question, scenario("forks", {"1"}));
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.words, std::vector<int64_t>{2});
}

TEST_P(PtraceLaunch, FollowsExecOfAThread) {
  Question question;
  question.count(enter_site("getppid"));
  question.count(enter_site("execve"));
  question.count(exit_site("execve"));
  question.count(event_site("sched", "sched_process_exec", {}));
  question.last(event_site("sched", "sched_process_exec", {"pid", "old_pid"}), 8, 4);
  question.last(event_site("sched", "sched_process_exec", {"pid", "old_pid"}), 12, 4);
  Answer result = run(question, scenario("thread-exec", {"7"}));
  EXPECT_EQ(result.error, "");
  ASSERT_EQ(result.words.size(), 6);
  EXPECT_EQ(result.words[0], 7);
  EXPECT_EQ(result.words[1], 2);
  EXPECT_EQ(result.words[2], 2);
  EXPECT_EQ(result.words[3], 2);
  EXPECT_NE(result.words[4], result.words[5]);
  EXPECT_EQ(result.status, std::optional(3 << 8));
}

TEST_P(PtraceLaunch, FollowsVforkAndExec) {
  Question question;
  question.count(enter_site("getppid"));
  question.count(exit_site("getppid"));
  Answer result = run(question, scenario("vfork-exec", {"5"}));
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.words, (std::vector<int64_t>{5, 5}));
  EXPECT_EQ(result.status, std::optional(3 << 8));
}

TEST_P(PtraceLaunch, StopsAndContinues) {
  Question question;
  question.count(enter_site("getppid"));
  const uint32_t pid_map = question.last(enter_site("getppid"), 4, 4);
  auto launched =
      LaunchedCommand::create(scenario("stop-and-continue", {"10"}), backend_->launch_needs(question.program));
  ASSERT_TRUE(launched.ok());
  Target target;
  target.command = launched.value().get();
  auto session = backend_->prepare(question.program, target);
  ASSERT_TRUE(session.ok());
  ASSERT_TRUE(session.value()->start().ok());
  ASSERT_TRUE(target.command->open_gate().ok());
  for (int i = 0; i < 2000 && map_word(*session.value(), 0) < 10; i++) usleep(1000);
  usleep(50'000);
  EXPECT_EQ(map_word(*session.value(), 0), 10);
  EXPECT_EQ(map_word(*session.value(), pid_map), target.command->pid());
  EXPECT_FALSE(session.value()->finished());
  kill(target.command->pid(), SIGCONT);
  for (int i = 0; i < 2000 && !session.value()->finished(); i++) usleep(1000);
  EXPECT_TRUE(session.value()->finished());
  EXPECT_EQ(map_word(*session.value(), 0), 20);
  EXPECT_EQ(target.command->exit_status(), std::optional(4 << 8));
}

TEST_P(PtraceLaunch, DeliversSignalsAndCountsThoseTheKernelWould) {
  Question question;
  question.count(event_site("signal", "signal_deliver", {}));
  question.last(event_site("signal", "signal_deliver", {"sig", "errno", "code"}), 8, 4);
  question.last(event_site("signal", "signal_deliver", {"sig", "errno", "code"}), 16, 4);
  question.count(enter_site("getppid"));
  Answer result = run(question, scenario("signals", {"6"}));
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.words, (std::vector<int64_t>{6, SIGUSR1, SI_TKILL, 0}));
  EXPECT_EQ(result.status, std::optional(6 << 8));
}

TEST_P(PtraceLaunch, ReadsStringsUpToTheLastReadableByte) {
  Question question;
  question.show_string(enter_site("access"), 0);
  Answer result = run(question, scenario("strings"));
  EXPECT_EQ(result.error, "");
  // The dynamic linker's access("/etc/ld.so.preload") comes first.
  ASSERT_GE(result.shown.size(), 3);
  const Shown* last = &result.shown[result.shown.size() - 3];
  ASSERT_EQ(last[0].word(0), 5);
  EXPECT_EQ(memcmp(last[0].payload.data() + 8, "/ends", 5), 0);
  EXPECT_EQ(last[1].word(0), 0);
  EXPECT_EQ(last[2].word(0), 0);
}

TEST_P(PtraceLaunch, WalksFramePointers) {
  Question question;
  question.show_stack(enter_site("getppid"));
  Answer result = run(question, scenario("frames"));
  EXPECT_EQ(result.error, "");
  ASSERT_EQ(result.shown.size(), 1);
  // The traced process runs this very binary: the places are the same but for where it was mapped, a multiple of pages.
  const std::vector<uint64_t> functions = frames_functions();
  const uint64_t shift = result.shown[0].word(1) - functions[0];
  for (size_t i = 0; i < functions.size(); i++) {
    const uint64_t frame = result.shown[0].word(1 + i);
    EXPECT_LT(frame - functions[i] - (shift & ~uint64_t{0xfff}), 1024) << "frame " << i;
  }
}

TEST_P(PtraceLaunch, LetsTheCommandLiveAfterExit) {
  Question question;
  question.exit_after(enter_site("getppid"), 20, 42);
  question.count(enter_site("getppid"));
  Answer result = run(question, scenario("getppid", {"1000"}));
  EXPECT_EQ(result.error, "");
  EXPECT_EQ(result.exit_code, std::optional(42));
  EXPECT_EQ(result.words, (std::vector<int64_t>{20, 19}));
  EXPECT_EQ(result.status, std::optional(3 << 8));
}

TEST_P(PtraceLaunch, TellsThePlaceOfTheProbe) {
  Question question;
  using ir::Builtin;
  for (Builtin what : {Builtin::kPid, Builtin::kTid, Builtin::kUid, Builtin::kGid, Builtin::kCpu, Builtin::kChildPid,
                       Builtin::kSiteIndex, Builtin::kElapsed}) {
    question.show_builtin(enter_site("getppid"), what);
  }
  Answer result = run(question, scenario("getppid", {"1"}));
  EXPECT_EQ(result.error, "");
  ASSERT_EQ(result.shown.size(), 8);
  const uint64_t pid = result.shown[0].word(0);
  EXPECT_EQ(result.shown[1].word(0), pid);
  EXPECT_EQ(result.shown[2].word(0), getuid());
  EXPECT_EQ(result.shown[3].word(0), getgid());
  EXPECT_LT(result.shown[4].word(0), static_cast<uint64_t>(sysconf(_SC_NPROCESSORS_CONF)));
  EXPECT_EQ(result.shown[5].word(0), pid);
  EXPECT_EQ(result.shown[6].word(0), 6);
  EXPECT_LT(result.shown[7].word(0), 20'000'000'000);
}

// Starts COMMAND under a session for QUESTION; null when that fails.
struct Started {
  std::unique_ptr<LaunchedCommand> command;
  std::unique_ptr<Session> session;  // goes first
};
Started start(Backend& backend, const Question& question, const std::vector<std::string>& words) {
  auto command = LaunchedCommand::create(words, backend.launch_needs(question.program));
  if (!command.ok()) return {};
  Target target;
  target.command = command.value().get();
  auto session = backend.prepare(question.program, target);
  if (!session.ok() || !session.value()->start().ok() || !target.command->open_gate().ok()) return {};
  return {std::move(command).value(), std::move(session).value()};
}

// Without filter the command outlives the session, with it it ends with the session, and never hangs or misbehaves.
TEST_P(PtraceLaunch, LeavesTheCommandOrEndsIt) {
  Question question;
  question.count(enter_site("getppid"));
  Started started = start(*backend_, question, scenario("busy", {"2"}));
  ASSERT_NE(started.session, nullptr);
  for (int i = 0; i < 2000 && map_word(*started.session, 0) < 100; i++) usleep(1000);
  ASSERT_TRUE(started.session->stop().ok());
  const int64_t counted = map_word(*started.session, 0);
  usleep(20'000);
  EXPECT_EQ(map_word(*started.session, 0), counted);
  EXPECT_FALSE(started.command->try_reap());
  started.session.reset();
  if (GetParam()) {
    EXPECT_EQ(started.command->try_reap(), std::optional(SIGTERM));
  } else {
    EXPECT_FALSE(started.command->try_reap());
    kill(started.command->pid(), SIGKILL);
    for (int i = 0; i < 2000 && !started.command->try_reap(); i++) usleep(1000);
    EXPECT_EQ(started.command->try_reap(), std::optional(SIGKILL));
  }
}

TEST_P(PtraceLaunch, SurvivesKillsAtAnyMoment) {
  Question question;
  question.count(enter_site("getppid"));
  question.count(exit_site("getppid"));
  question.count(event_site("sched", "sched_process_fork", {}));
  for (int round = 0; round < 20; round++) {
    Started started =
        start(*backend_, question, scenario(round % 2 == 0 ? "busy" : "forks", {round % 2 == 0 ? "4" : "100000"}));
    ASSERT_NE(started.session, nullptr);
    usleep(3000 + 1371 * round);
    kill(started.command->pid(), SIGKILL);
    for (int i = 0; i < 5000 && !started.session->finished(); i++) usleep(1000);
    EXPECT_TRUE(started.session->finished());
    EXPECT_EQ(started.command->try_reap(), std::optional(SIGKILL));
  }
}

// Every entry has its exit, whatever else is asked.
TEST_P(PtraceLaunch, SeesAllCallsThroughRawTracepoints) {
  ProbeSite enter = event_site("raw_syscalls", "sys_enter", {});
  enter.arguments = {{"id", types::integer(8, true), 8, 8, ProbeArgument::Form::kInline}};
  ProbeSite exit = event_site("raw_syscalls", "sys_exit", {});
  exit.arguments = {{"id", types::integer(8, true), 8, 8, ProbeArgument::Form::kInline},
                    {"ret", types::integer(8, true), 16, 8, ProbeArgument::Form::kInline}};
  enter.context_size = 64;
  exit.context_size = 24;
  Question question;
  question.count(enter);
  question.count(exit);
  question.last(enter, 8, 8);
  question.count(enter_site("getppid"));
  Answer result = run(question, scenario("getppid", {"50"}));
  EXPECT_EQ(result.error, "");
  ASSERT_EQ(result.words.size(), 4);
  EXPECT_EQ(result.words[0], result.words[1] + 1);  // exit_group does not return
  EXPECT_EQ(result.words[2], 231);                  // exit_group
  EXPECT_EQ(result.words[3], 50);
}

}  // namespace
}  // namespace polytap::test
