#include "tests/support/function_scenarios.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <iterator>
#include <stdexcept>
#include <thread>

#include "core/base/check.h"
#include "core/symbol/process_maps.h"
#include "core/symbol/read_whole_file.h"

#define PROBED __attribute__((noinline, noclone))

namespace polytap::test {
namespace {

PROBED int64_t leaf(int64_t value) {
  asm volatile("" : "+r"(value));
  return value + 1;
}

PROBED int64_t recursive(int64_t depth) {
  if (depth == 0) return leaf(0);
  volatile int64_t below = recursive(depth - 1);
  return below + 1;
}

jmp_buf left;
PROBED int64_t leaving(int64_t value) {
  asm volatile("" : "+r"(value));
  if (value % 2 == 0) longjmp(left, 1);  // NOLINT(cert-err52-cpp): what is tested
  return value;
}

PROBED void thrower(int64_t value) {
  asm volatile("" : "+r"(value));
  if (value >= 0) throw std::runtime_error("thrown");
}
PROBED int64_t throwing(int64_t value) {
  thrower(value);
  return leaf(value);
}

int calls(int count) {
  int64_t sum = 0;
  for (int i = 0; i < count; i++) sum = leaf(sum);
  return sum == count ? 3 : 1;
}

int calling_threads(int count) {
  std::atomic<int> wrong = 0;
  std::vector<std::thread> all;
  for (int i = 0; i < 4; i++) all.emplace_back([&] { wrong += calls(count) != 3; });
  for (std::thread& thread : all) thread.join();
  return wrong == 0 ? 3 : 1;
}

int calling_children(int count) {
  for (int i = 0; i < count; i++) {
    const pid_t child = i % 3 == 0 ? vfork() : fork();
    if (child == 0) _exit(static_cast<int>(leaf(i) & 0x7f));
    int status = 0;
    if (waitpid(child, &status, 0) != child || status != ((i + 1) & 0x7f) << 8) return 1;
  }
  return 3;
}

int recursion(int count) { return recursive(count) == count + 1 ? 3 : 1; }

int left_times = 0;
int leaving_calls(int count) {
  static int i;  // keeps its value over the longjmp
  for (i = 0; i < count; i++) {
    if (setjmp(left) == 0) {  // NOLINT(cert-err52-cpp)
      leaving(i);
    } else {
      left_times++;
    }
  }
  return left_times == (count + 1) / 2 ? 3 : 1;
}

int exceptions(int count) {
  int caught = 0;
  for (int i = 0; i < count; i++) {
    try {
      throwing(i);
    } catch (const std::runtime_error&) {
      caught++;
    }
  }
  return caught == count ? 3 : 1;
}

std::atomic<int> alarms = 0;
// Calls until COUNT timer signals were handled, whose handler calls too; then twice COUNT thousand calls more.
int calls_with_signals(int count) {
  struct sigaction action {};
  action.sa_handler = [](int) {
    leaf(0);
    alarms++;
  };
  action.sa_flags = SA_RESTART;
  sigaction(SIGALRM, &action, nullptr);
  const itimerval often{{0, 300}, {0, 300}};
  setitimer(ITIMER_REAL, &often, nullptr);
  while (alarms < count) leaf(1);
  const itimerval never{};
  setitimer(ITIMER_REAL, &never, nullptr);
  return calls(2000 * count);
}

std::atomic<bool> enough = false;
// COUNT threads and the leader call until SIGUSR1 comes; each checks every answer.
int calls_until_signal(int count) {
  std::atomic<int> wrong = 0;
  signal(SIGUSR1, [](int) { enough = true; });
  auto work = [&] {
    while (!enough) {
      for (int i = 0; i < 100; i++) wrong += leaf(i) != i + 1;
      wrong += recursive(5) != 6;
      usleep(100);
    }
  };
  std::vector<std::thread> all;
  for (int i = 0; i < count; i++) all.emplace_back(work);
  if (write(STDOUT_FILENO, "r", 1) != 1) return 2;
  work();
  for (std::thread& thread : all) thread.join();
  return wrong == 0 ? 3 : 1;
}

// With SIGTRAP blocked, as sigfillset() does.
int calls_with_blocked_signals(int count) {
  sigset_t all;
  sigfillset(&all);
  sigprocmask(SIG_BLOCK, &all, nullptr);
  return calls(count);
}

// A SIGTRAP of one's own arrives in its handler.
std::atomic<int> own_traps = 0;
int own_sigtrap(int count) {
  signal(SIGTRAP, [](int) { own_traps++; });
  for (int i = 0; i < count; i++) {
    leaf(i);
    raise(SIGTRAP);
    asm volatile("int3");
  }
  return own_traps == 2 * count ? 3 : 1;
}

// One instruction of a kind behind each label 1 to 12; the result is a number that depends on all of them.
extern "C" int64_t polytap_delicate(int64_t value);
extern "C" const void* const polytap_delicate_labels[12];
asm(R"(
    .pushsection .text
    .globl polytap_delicate
    .type polytap_delicate, @function
polytap_delicate:
1:  endbr64
2:  pushq %rbx
    movq %rdi, %rbx
3:  addq polytap_delicate_seven(%rip), %rbx
4:  call polytap_delicate_inner
    leaq polytap_delicate_inner(%rip), %rcx
5:  call *%rcx
    pushq $0
    pushq %rcx
6:  call *(%rsp)
    addq $16, %rsp
7:  call *polytap_delicate_pointer(%rip)
    cmpq $0, %rbx
8:  je 90f
    movl $3, %ecx
70: incq %rbx
9:  loop 70b
    xorl %ecx, %ecx
10: jrcxz 80f
    ud2
80: cmpl $7, polytap_delicate_seven(%rip)
    jne 90f
11: jmp 91f
90: xorl %ebx, %ebx
91: leaq (%rbx), %rax
    popq %rbx
12: ret
    .size polytap_delicate, . - polytap_delicate
polytap_delicate_inner:
    incq %rbx
    ret
    .popsection
    .pushsection .data.rel.ro, "aw"
    .balign 8
polytap_delicate_seven: .quad 7
polytap_delicate_pointer: .quad polytap_delicate_inner
    .globl polytap_delicate_labels
polytap_delicate_labels:
    .quad 1b, 2b, 3b, 4b, 5b, 6b, 7b, 8b, 9b, 10b, 11b, 12b
    .popsection
)");

int delicate(int count) {
  for (int i = 1; i <= count; i++) {
    if (polytap_delicate(i) != i + 7 + 4 + 3) return 1;
  }
  return 3;
}

struct FunctionScenario {
  const char* name;
  int (*run)(int count);
};
constexpr FunctionScenario kScenarios[] = {
    {"calls", calls},
    {"calling-threads", calling_threads},
    {"calling-children", calling_children},
    {"recursion", recursion},
    {"leaving-calls", leaving_calls},
    {"exceptions", exceptions},
    {"calls-with-signals", calls_with_signals},
    {"calls-with-blocked-signals", calls_with_blocked_signals},
    {"calls-until-signal", calls_until_signal},
    {"own-sigtrap", own_sigtrap},
    {"delicate", delicate},
};

}  // namespace

int run_function_scenario(const std::string& name, int count) {
  for (const FunctionScenario& scenario : kScenarios) {
    if (name == scenario.name) return scenario.run(count);
  }
  return -1;
}

ProbeSite function_site(ProbeType type, const void* address, const std::string& name) {
  const auto place = reinterpret_cast<uint64_t>(address);
  const Result<std::string> maps = read_whole_file("/proc/self/maps");
  CHECK(maps.ok());
  ProbeSite site;
  site.type = type;
  for (const Mapping& mapping : parse_process_maps(maps.value())) {
    if (place < mapping.start || place >= mapping.end) continue;
    site.module = mapping.path;
    site.file_offset = place - mapping.start + mapping.offset;
  }
  CHECK(!site.module.empty());
  site.function = name;
  site.name = (type == ProbeType::kUretprobe ? "uretprobe:" : "uprobe:") + site.module + ":" + name;
  site.context = ContextKind::kRegisters;
  site.context_size = 168;
  return site;
}

const void* leaf_function() { return reinterpret_cast<const void*>(&leaf); }
const void* recursive_function() { return reinterpret_cast<const void*>(&recursive); }
const void* leaving_function() { return reinterpret_cast<const void*>(&leaving); }
const void* throwing_function() { return reinterpret_cast<const void*>(&throwing); }

std::vector<const void*> delicate_instructions() {
  return std::vector<const void*>(std::begin(polytap_delicate_labels), std::end(polytap_delicate_labels));
}

}  // namespace polytap::test
