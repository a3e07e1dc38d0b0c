// The parts of the ptrace backend by themselves: filter, plan, queue, /proc.
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <set>

#include "backends/ptrace/context_record.h"
#include "backends/ptrace/proc_entries.h"
#include "backends/ptrace/ptrace_backend.h"
#include "backends/ptrace/seccomp_filter.h"
#include "backends/ptrace/stop_plan.h"
#include "backends/ptrace/stops.h"
#include "backends/ptrace/user_memory.h"
#include "core/run/record_queue.h"
#include "gtest/gtest.h"
#include "tests/support/questions.h"

namespace polytap::test {
namespace {

// Runs the few classic BPF instructions that filters are made of.
uint32_t run_filter(const std::vector<uint64_t>& program, const seccomp_data& data) {
  uint32_t accumulator = 0;
  for (size_t at = 0; at < program.size(); at++) {
    const auto instruction = std::bit_cast<sock_filter>(program[at]);
    auto jump = [&](bool taken) { at += taken ? instruction.jt : instruction.jf; };
    switch (instruction.code) {
      case BPF_LD | BPF_W | BPF_ABS:
        memcpy(&accumulator, reinterpret_cast<const char*>(&data) + instruction.k, sizeof accumulator);
        break;
      case BPF_JMP | BPF_JEQ | BPF_K:
        jump(accumulator == instruction.k);
        break;
      case BPF_JMP | BPF_JGT | BPF_K:
        jump(accumulator > instruction.k);
        break;
      case BPF_JMP | BPF_JGE | BPF_K:
        jump(accumulator >= instruction.k);
        break;
      case BPF_JMP | BPF_JA:
        at += instruction.k;
        break;
      case BPF_RET | BPF_K:
        return instruction.k;
      default:
        ADD_FAILURE() << "instruction " << instruction.code;
        return ~0U;
    }
  }
  ADD_FAILURE() << "runs off the end";
  return ~0U;
}

TEST(PtraceFilter, TracesWhatWasAskedForAndNothingElse) {
  std::vector<std::vector<uint32_t>> questions = {{}, {0}, {110}, {0, 1, 2}, {257, 3}, {1023}};
  std::vector<uint32_t> every_other;
  for (uint32_t number = 0; number < 1024; number += 2) every_other.push_back(number);
  questions.push_back(every_other);
  for (const std::vector<uint32_t>& numbers : questions) {
    const std::vector<uint64_t> program = make_seccomp_filter(numbers);
    EXPECT_LE(program.size(), size_t{BPF_MAXINSNS});
    const std::set<uint32_t> asked(numbers.begin(), numbers.end());
    for (uint32_t number = 0; number < 1100; number++) {
      seccomp_data data{static_cast<int>(number), AUDIT_ARCH_X86_64, 0, {}};
      EXPECT_EQ(run_filter(program, data), asked.contains(number) ? SECCOMP_RET_TRACE : SECCOMP_RET_ALLOW) << number;
      data.nr |= 0x40000000;  // x32
      EXPECT_EQ(run_filter(program, data), SECCOMP_RET_ALLOW) << number;
      data = {static_cast<int>(number), AUDIT_ARCH_I386, 0, {}};
      EXPECT_EQ(run_filter(program, data), SECCOMP_RET_ALLOW) << number;
    }
  }
}

TEST(PtraceStops, AreToldApart) {
  auto stopped = [](int signal, int event) { return (event << 16) | (signal << 8) | 0x7f; };
  using Kind = Stop::Kind;
  EXPECT_EQ(decode_stop(0).kind, Kind::kGone);
  EXPECT_EQ(decode_stop(SIGKILL).kind, Kind::kGone);
  EXPECT_EQ(decode_stop(stopped(SIGTRAP | 0x80, 0)).kind, Kind::kSyscall);
  EXPECT_EQ(decode_stop(stopped(SIGTRAP, 0)).kind, Kind::kSignal);
  EXPECT_EQ(decode_stop(stopped(SIGSTOP, 0)).kind, Kind::kSignal);
  EXPECT_EQ(decode_stop(stopped(SIGSTOP, 0)).signal, SIGSTOP);
  EXPECT_EQ(decode_stop(stopped(SIGTSTP, PTRACE_EVENT_STOP)).kind, Kind::kGroupStop);
  EXPECT_EQ(decode_stop(stopped(SIGTRAP, PTRACE_EVENT_STOP)).kind, Kind::kInterrupt);
  EXPECT_EQ(decode_stop(stopped(SIGTRAP, PTRACE_EVENT_VFORK)).kind, Kind::kFork);
  EXPECT_EQ(decode_stop(stopped(SIGTRAP, PTRACE_EVENT_EXEC)).kind, Kind::kExec);
  EXPECT_EQ(decode_stop(stopped(SIGTRAP, PTRACE_EVENT_EXIT)).kind, Kind::kExit);
  EXPECT_EQ(decode_stop(stopped(SIGTRAP, PTRACE_EVENT_SECCOMP)).kind, Kind::kSeccomp);
}

// Why ptrace refuses QUESTION for a launched command; empty when it does not.
std::string refusal(const Question& question) {
  Target target;
  target.will_launch = true;
  const Verdict verdict = make_ptrace_backend()->can_run(question.program, target);
  EXPECT_EQ(verdict.possible, verdict.reason.empty());
  return verdict.reason;
}

TEST(PtracePlan, RefusesWhatNoStopShowsAndSaysWhat) {
  auto counting = [](const ProbeSite& site) {
    Question question;
    question.count(site);
    return refusal(question);
  };
  EXPECT_EQ(counting(enter_site("openat")), "");
  EXPECT_EQ(counting(event_site("raw_syscalls", "sys_exit", {})), "");
  EXPECT_EQ(counting(event_site("sched", "sched_switch", {})),
            "tracepoint:sched:sched_switch: ptrace stops see system calls, signals, fork, exec and exit only");
  ProbeSite kprobe;
  kprobe.type = ProbeType::kKprobe;
  kprobe.name = "kprobe:vfs_read";
  EXPECT_EQ(counting(kprobe),
            "kprobe:vfs_read: ptrace stops answer user functions and tracepoints of system calls, signals, fork, exec "
            "and exit only");

  const ProbeSite deliver = event_site("signal", "signal_deliver", {"sig", "errno", "code", "sa_handler"});
  Question handler;
  handler.last(deliver, 20, 4);
  EXPECT_EQ(refusal(handler), "tracepoint:signal:signal_deliver: field sa_handler is not visible at a ptrace stop");
  Question number;
  number.last(deliver, 8, 4);
  EXPECT_EQ(refusal(number), "");
  Question type;
  type.last(enter_site("openat"), 0, 2);
  EXPECT_NE(refusal(type).find("common_type"), std::string::npos);

  Question jiffies;
  jiffies.show_builtin(enter_site("openat"), ir::Builtin::kJiffies);
  EXPECT_NE(refusal(jiffies).find("(jiffies)"), std::string::npos);
  Question task;
  task.show_builtin(enter_site("openat"), ir::Builtin::kCurrentTask);
  EXPECT_NE(refusal(task).find("(curtask)"), std::string::npos);
  Question kstack;
  kstack.show_stack(enter_site("openat"));
  std::get<ir::ReadStack>(kstack.program.functions[0].blocks[0].instructions[0].operation).space =
      AddressSpace::kKernel;
  EXPECT_NE(refusal(kstack).find("(kstack)"), std::string::npos);
  Question memory;
  memory.show_string(enter_site("openat"), 1);
  EXPECT_EQ(refusal(memory), "");
  std::get<ir::ReadString>(memory.program.functions[0].blocks[0].instructions[1].operation).space =
      AddressSpace::kKernel;
  EXPECT_NE(refusal(memory).find("kernel memory"), std::string::npos);
}

TEST(PtracePlan, FiltersOnlyWhereTheCommandCannotBeLeftAlone) {
  auto filter_size = [](const Question& question) {
    return make_ptrace_backend()->launch_needs(question.program).seccomp_filter.size();
  };
  Question calls;
  calls.count(enter_site("openat"));
  EXPECT_GT(filter_size(calls), 0);
  Question exits;
  exits.exit_after(enter_site("openat"), 5, 0);
  EXPECT_EQ(filter_size(exits), 0);
  Question signals;
  signals.count(event_site("signal", "signal_deliver", {}));
  EXPECT_EQ(filter_size(signals), 0);
  Question all_exits;
  all_exits.count(event_site("raw_syscalls", "sys_exit", {}));
  EXPECT_EQ(filter_size(all_exits), 0);
  Question all_entries;
  all_entries.count(event_site("raw_syscalls", "sys_enter", {}));
  EXPECT_GT(filter_size(all_entries), 0);
}

TEST(PtraceQueue, KeepsTheOrderAndCountsWhatDoesNotFit) {
  Result<RecordQueue> queue = RecordQueue::create(256);
  ASSERT_TRUE(queue.ok());
  const std::vector<std::byte> payload(13, std::byte{7});
  pollfd ready{queue->fd(), POLLIN, 0};
  for (uint32_t i = 0; i < 10; i++) queue->push({i, 0, 0, payload}, false);
  EXPECT_EQ(poll(&ready, 1, 0), 0);
  EXPECT_GT(queue->dropped(), 0);
  const uint64_t kept = 10 - queue->dropped();
  queue->push({99, 0, 0, {}}, true);  // control records always fit
  queue->push_exit(5);
  EXPECT_EQ(poll(&ready, 1, 0), 1);
  Collector collector;
  queue->drain(collector);
  ASSERT_EQ(collector.shown.size(), kept + 1);
  for (uint32_t i = 0; i < kept; i++) {
    EXPECT_EQ(collector.shown[i].emit, i);
    EXPECT_EQ(collector.shown[i].payload, payload);
  }
  EXPECT_EQ(collector.shown.back().emit, 99U);
  EXPECT_EQ(collector.exit_code, std::optional(5));
  EXPECT_EQ(poll(&ready, 1, 0), 0);
  queue->push({1, 0, 0, payload}, false);
  Collector second;
  queue->drain(second);
  EXPECT_EQ(second.shown.size(), 1);
}

TEST(PtraceRecord, FollowsTheLayoutOfTheSite) {
  ProbeSite site = event_site("sched", "sched_process_exec", {"filename", "pid"});
  site.arguments[0].form = ProbeArgument::Form::kDataLocation;
  ContextRecord record;
  record.begin(site, 77);
  record.put("filename", "/bin/true");
  record.put("pid", 78);
  record.put("no such field", 1);
  auto word = [&](size_t at) {
    uint32_t value = 0;
    memcpy(&value, record.bytes().data() + at, sizeof value);
    return value;
  };
  EXPECT_EQ(word(4), 77U);
  EXPECT_EQ(word(12), 78U);
  EXPECT_EQ(word(8) >> 16, 10U);
  EXPECT_STREQ(reinterpret_cast<const char*>(record.bytes().data() + (word(8) & 0xffff)), "/bin/true");
}

TEST(PtraceProc, ReadsThisProcess) {
  EXPECT_EQ(read_status_value(getpid(), "Tgid"), static_cast<uint64_t>(getpid()));
  EXPECT_EQ(read_status_value(getpid(), "Uid", 1), static_cast<uint64_t>(geteuid()));
  EXPECT_FALSE(read_status_value(getpid(), "Ui"));
  EXPECT_EQ(read_stat_field(getpid(), 4), getppid());
  EXPECT_EQ(read_state(getpid()), 'R');
  EXPECT_FALSE(read_state(0x3fffff));
  EXPECT_EQ(std::ranges::count(threads_of(getpid()), getpid()), 1);
  EXPECT_TRUE(threads_of(0x3fffff).empty());
  EXPECT_EQ(tracing_process(getpid()), 0);
}

TEST(PtraceMemory, ReadsWholeOrNothing) {
  auto* pages = static_cast<char*>(mmap(nullptr, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
  ASSERT_EQ(mprotect(pages + 4096, 4096, PROT_NONE), 0);
  memset(pages, 'x', 4096);
  std::byte out[16];
  const auto end = reinterpret_cast<uint64_t>(pages + 4096);
  EXPECT_TRUE(read_user_memory(getpid(), end - 16, out));
  EXPECT_FALSE(read_user_memory(getpid(), end - 15, out));
  EXPECT_FALSE(read_user_memory(getpid(), 0, out));
  EXPECT_TRUE(read_user_memory(getpid(), 0, {}));
  char text[16];
  EXPECT_EQ(read_user_string(getpid(), end - 16, text), 16);
  EXPECT_EQ(read_user_string(getpid(), end - 15, text), -1);
  pages[4095] = '\0';
  EXPECT_EQ(read_user_string(getpid(), end - 15, text), 14);
  munmap(pages, 8192);
}

}  // namespace
}  // namespace polytap::test
