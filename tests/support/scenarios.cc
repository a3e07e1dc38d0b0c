#include "tests/support/scenarios.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <string_view>
#include <thread>

#include "tests/support/function_scenarios.h"

namespace polytap::test {
namespace {

constexpr const char* kMark = "--polytap-scenario=";

void ask_parent(int times) {
  for (int i = 0; i < times; i++) syscall(SYS_getppid);
}

// COUNT getppid calls.
int getppid_loop(int count) {
  ask_parent(count);
  return 3;
}

// COUNT threads with 100 getppid calls each.
int threads(int count) {
  std::vector<std::thread> all;
  for (int i = 0; i < count; i++) all.emplace_back([] { ask_parent(100); });
  for (std::thread& thread : all) thread.join();
  return 0;
}

// COUNT forks; each child calls getppid once.
int forks(int count) {
  for (int i = 0; i < count; i++) {
    const pid_t child = fork();
    if (child == 0) {
      ask_parent(1);
      _exit(0);
    }
    if (i % 8 == 7 || i == count - 1) {
      while (waitpid(-1, nullptr, 0) > 0) {
      }
    }
  }
  return 0;
}

void execute(const char* name, const char* count) {
  const std::string option = std::string(kMark) + name;
  execl("/proc/self/exe", "/proc/self/exe", option.c_str(), count, nullptr);
  _exit(9);
}

// A thread that is not the leader executes getppid with COUNT calls, while others run.
int thread_exec(int count) {
  const std::string text = std::to_string(count);
  std::thread([] { pause(); }).detach();
  std::thread([] {
    for (;;) ask_parent(0);
  }).detach();
  std::thread([&] { execute("getppid", text.c_str()); }).detach();
  for (;;) pause();
}

// vfork, and exec of getppid with COUNT calls in the child.
int vfork_exec(int count) {
  const std::string text = std::to_string(count);
  const pid_t child = vfork();
  if (child == 0) execute("getppid", text.c_str());
  int status = 0;
  waitpid(child, &status, 0);
  return WEXITSTATUS(status);
}

// COUNT getppid calls, SIGSTOP to itself, and again as many.
int stop_and_continue(int count) {
  ask_parent(count);
  raise(SIGSTOP);
  ask_parent(count);
  return 4;
}

std::atomic<int> signals_handled = 0;

// COUNT handled SIGUSR1, COUNT ignored SIGCHLD and SIGUSR2; the exit status is how many handlers ran.
int signals(int count) {
  signal(SIGUSR1, [](int) { signals_handled++; });
  signal(SIGUSR2, SIG_IGN);
  for (int i = 0; i < count; i++) {
    raise(SIGUSR1);
    raise(SIGCHLD);
    raise(SIGUSR2);
  }
  return signals_handled;
}

// Until it is killed: COUNT threads and the leader call getppid, with a pause now and then.
int busy(int count) {
  std::vector<std::thread> all;
  auto work = [] {
    for (;;) {
      ask_parent(50);
      usleep(500);
    }
  };
  for (int i = 0; i < count; i++) all.emplace_back(work);
  work();
  return 0;
}

// A signal handler that counts, under a storm of getppid: ends when COUNT signals were handled.
int count_signals(int count) {
  signal(SIGUSR1, [](int) { signals_handled++; });
  if (write(STDOUT_FILENO, "r", 1) != 1) return 1;
  while (signals_handled < count) ask_parent(1);
  return 5;
}

// access() of a string that ends with a NUL at the end of the last readable page, and of one that runs past it.
int strings(int /*count*/) {
  auto* pages = static_cast<char*>(mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  memset(pages, 'x', 4096);
  if (mprotect(pages + 4096, 4096, PROT_NONE) != 0) return 1;
  memcpy(pages + 4096 - 6, "/ends", 6);
  syscall(SYS_access, pages + 4096 - 6, 0);
  memcpy(pages + 4096 - 5, "/runs", 5);
  syscall(SYS_access, pages + 4096 - 5, 0);
  syscall(SYS_access, nullptr, 0);
  return 0;
}

// Three functions with frame pointers (tests/CMakeLists.txt), the innermost of which makes the call itself.
#define WITH_FRAME __attribute__((noinline))
WITH_FRAME long frame_inner() {
  long result = SYS_getppid;
  asm volatile("syscall" : "+a"(result) : : "rcx", "r11", "memory");
  return result;
}
WITH_FRAME long frame_middle() {
  volatile long result = frame_inner();
  return result + 1;
}
WITH_FRAME long frame_outer() {
  volatile long result = frame_middle();
  return result + 1;
}
int frames(int /*count*/) { return frame_outer() > 0 ? 0 : 1; }

struct Scenario {
  const char* name;
  int (*run)(int count);
};
constexpr Scenario kScenarios[] = {
    {"getppid", getppid_loop},
    {"threads", threads},
    {"forks", forks},
    {"thread-exec", thread_exec},
    {"vfork-exec", vfork_exec},
    {"stop-and-continue", stop_and_continue},
    {"signals", signals},
    {"busy", busy},
    {"count-signals", count_signals},
    {"strings", strings},
    {"frames", frames},
};

// Before main(), which belongs to gtest.
__attribute__((constructor)) void run_scenario(int argc, char** argv) {
  if (argc < 2) return;
  std::string_view option = argv[1];
  if (!option.starts_with(kMark)) return;
  option.remove_prefix(strlen(kMark));
  for (const Scenario& scenario : kScenarios) {
    if (option == scenario.name) _exit(scenario.run(argc > 2 ? atoi(argv[2]) : 0));
  }
  const int status = run_function_scenario(std::string(option), argc > 2 ? atoi(argv[2]) : 0);
  _exit(status >= 0 ? status : 125);
}

}  // namespace

std::vector<std::string> scenario(const std::string& name, const std::vector<std::string>& arguments) {
  std::vector<std::string> command = {"/proc/self/exe", kMark + name};
  command.insert(command.end(), arguments.begin(), arguments.end());
  return command;
}

std::vector<uint64_t> frames_functions() {
  return {reinterpret_cast<uint64_t>(&frame_inner), reinterpret_cast<uint64_t>(&frame_middle),
          reinterpret_cast<uint64_t>(&frame_outer)};
}

}  // namespace polytap::test
