#include "core/run/launch.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

#include "gtest/gtest.h"

namespace polytap {
namespace {

std::optional<int> wait_for_end(LaunchedCommand& command) {
  for (int i = 0; i < 5000; i++) {
    if (std::optional<int> status = command.try_reap()) return status;
    usleep(1000);
  }
  return std::nullopt;
}

// The letter of the process's state, '?' when it is gone.
char state_of(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text;
  std::getline(file, text);
  const size_t close = text.rfind(')');
  return close == std::string::npos ? '?' : text[close + 2];
}

TEST(Launch, RunsTheCommandBehindTheGate) {
  auto command = LaunchedCommand::create({"sh", "-c", "exit 7"}, {});
  ASSERT_TRUE(command.ok()) << command.error().message();
  EXPECT_FALSE(command.value()->gate_open());
  EXPECT_FALSE(command.value()->try_reap());
  ASSERT_TRUE(command.value()->approach_gate().ok());
  ASSERT_TRUE(command.value()->approach_gate().ok());
  EXPECT_EQ(state_of(command.value()->pid()), 'R');
  EXPECT_FALSE(command.value()->try_reap());
  ASSERT_TRUE(command.value()->open_gate().ok());
  EXPECT_EQ(wait_for_end(*command.value()), std::optional(7 << 8));
  EXPECT_EQ(command.value()->exit_status(), std::optional(7 << 8));
}

TEST(Launch, KillsTheChildThatNeverWentThroughTheGate) {
  for (bool approach : {false, true}) {
    pid_t pid = 0;
    {
      auto command = LaunchedCommand::create({"true"}, {});
      ASSERT_TRUE(command.ok());
      pid = command.value()->pid();
      if (approach) {
        ASSERT_TRUE(command.value()->approach_gate().ok());
      }
      EXPECT_EQ(kill(pid, 0), 0);
    }
    EXPECT_EQ(kill(pid, 0), -1);
  }
}

TEST(Launch, LetsTheCommandLiveOnceItRuns) {
  pid_t pid = 0;
  {
    auto command = LaunchedCommand::create({"sleep", "20"}, {});
    ASSERT_TRUE(command.ok() && command.value()->open_gate().ok());
    pid = command.value()->pid();
  }
  EXPECT_EQ(kill(pid, 0), 0);
  kill(pid, SIGKILL);
  waitpid(pid, nullptr, 0);
}

TEST(Launch, TheChildDiesWithItsLauncherAtTheGate) {
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const pid_t launcher = fork();
  if (launcher == 0) {
    auto command = LaunchedCommand::create({"sleep", "20"}, {});
    const pid_t pid = command.ok() ? command.value()->pid() : -1;
    if (write(ends[1], &pid, sizeof pid) != sizeof pid) _exit(1);
    for (;;) pause();
  }
  pid_t pid = 0;
  ASSERT_EQ(read(ends[0], &pid, sizeof pid), static_cast<ssize_t>(sizeof pid));
  ASSERT_GT(pid, 0);
  kill(launcher, SIGKILL);
  waitpid(launcher, nullptr, 0);
  char state = 'R';
  for (int i = 0; i < 2000 && state != '?' && state != 'Z'; i++) {
    usleep(1000);
    state = state_of(pid);
  }
  EXPECT_TRUE(state == '?' || state == 'Z') << state;
  close(ends[0]);
  close(ends[1]);
}

TEST(Launch, TellsWhatCannotBeLaunched) {
  auto missing = LaunchedCommand::create({"no-such-command-here"}, {});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().message(), "cannot launch no-such-command-here: no such command in PATH");
  auto directory = LaunchedCommand::create({"/"}, {});
  ASSERT_FALSE(directory.ok());
  EXPECT_EQ(directory.error().message(), "cannot launch /: Is a directory");
  auto plain = LaunchedCommand::create({"/proc/self/status"}, {});
  ASSERT_FALSE(plain.ok());
  EXPECT_EQ(plain.error().message(), "cannot launch /proc/self/status: Permission denied");
  auto nothing = LaunchedCommand::create({}, {});
  EXPECT_FALSE(nothing.ok());
}

TEST(Launch, ReportsAFilterThatTheKernelRefuses) {
  LaunchNeeds needs;
  needs.seccomp_filter = {0xffff'ffff'ffff'ffff};
  auto command = LaunchedCommand::create({"true"}, needs);
  ASSERT_TRUE(command.ok());
  Status status = command.value()->approach_gate();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message(), "install the seccomp filter in the launched command: Invalid argument");
}

TEST(Launch, SplitsWordsAsTheShellDoes) {
  auto words = [](const std::string& text) { return split_command(text).value(); };
  using Words = std::vector<std::string>;
  EXPECT_EQ(words("ls -l 'a b'"), (Words{"ls", "-l", "a b"}));
  EXPECT_EQ(words("  a\t b\n"), (Words{"a", "b"}));
  EXPECT_EQ(words(R"(a "b c" d"e f"g)"), (Words{"a", "b c", "de fg"}));
  EXPECT_EQ(words(R"(a\ b "\"x\"" "\n" '\n')"), (Words{"a b", "\"x\"", "\\n", "\\n"}));
  EXPECT_EQ(words("a '' \"\""), (Words{"a", "", ""}));
  EXPECT_EQ(words("a\\\nb"), (Words{"ab"}));
  for (const char* bad : {"a 'b", "a \"b", "a \\", "", "  "}) EXPECT_FALSE(split_command(bad).ok()) << bad;
}

}  // namespace
}  // namespace polytap
