#include "backends/ftrace/record_machine.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/clock.h"

namespace polytap::ftrace {
namespace {

// How far CLOCK is ahead of CLOCK_MONOTONIC. Read in this order the difference is never too small, and the least of
// some readings is the one that nothing came between.
uint64_t lead_of(clockid_t clock) {
  uint64_t least = ~uint64_t{0};
  for (int i = 0; i < 16; ++i) {
    const uint64_t monotonic = clock_ns(CLOCK_MONOTONIC);
    least = std::min(least, clock_ns(clock) - monotonic);
  }
  return least;
}

}  // namespace

RecordMachine::RecordMachine(const Parts& parts)
    : parts_(parts),
      boot_lead_(lead_of(CLOCK_BOOTTIME)),
      tai_lead_(lead_of(CLOCK_TAI)),
      random_(std::random_device{}()) {}

void RecordMachine::look_at(const CpuRecord& record, pid_t tid) {
  here_ = false;
  context_ = record.raw.data;
  time_ = record.raw.time;
  cpu_ = record.cpu;
  tid_ = tid;
}

void RecordMachine::look_here() {
  here_ = true;
  context_ = {};
}

uint64_t RecordMachine::now(clockid_t clock) const {
  if (here_) return clock_ns(clock);
  if (clock == CLOCK_MONOTONIC) return time_;
  return time_ + (clock == CLOCK_BOOTTIME ? boot_lead_ : tai_lead_);
}

uint64_t RecordMachine::process_id() {
  if (here_) return static_cast<uint64_t>(getpid());
  if (tid_ == 0) return 0;  // the idle tasks
  const Task* task = parts_.tasks->find(tid_);
  if (task != nullptr) return static_cast<uint64_t>(task->tgid);
  fault();
  return static_cast<uint64_t>(tid_);
}

uint64_t RecordMachine::builtin(ir::Builtin what) {
  using ir::Builtin;
  switch (what) {
    case Builtin::kPid:
      return process_id();
    case Builtin::kTid:
      return static_cast<uint64_t>(here_ ? gettid() : tid_);
    case Builtin::kUid:
      return getuid();  // of BEGIN, END and interval only, as the next one
    case Builtin::kGid:
      return getgid();
    case Builtin::kCpu:
      return static_cast<uint64_t>(here_ ? std::max(sched_getcpu(), 0) : cpu_);
    case Builtin::kNumaNode:
      return nodes_.of(here_ ? std::max(sched_getcpu(), 0) : cpu_);
    case Builtin::kRandom:
      return random_();
    case Builtin::kNsecsMonotonic:
      return now(CLOCK_MONOTONIC);
    case Builtin::kNsecsBoot:
      return now(CLOCK_BOOTTIME);
    case Builtin::kNsecsTai:
      return now(CLOCK_TAI);
    case Builtin::kElapsed:
      return now(CLOCK_MONOTONIC) - parts_.started_ns;
    case Builtin::kChildPid:
      return static_cast<uint64_t>(parts_.command_pid);
    case Builtin::kSiteIndex:
      return site_;
    case Builtin::kCgroup:
    case Builtin::kJiffies:
    case Builtin::kCurrentTask:
      break;  // refused by check_program()
  }
  return 0;
}

void RecordMachine::comm(std::span<char, 16> out) {
  std::ranges::fill(out, '\0');
  if (here_) {
    prctl(PR_GET_NAME, out.data(), 0, 0, 0);
    return;
  }
  if (tid_ == 0) {
    std::ranges::copy(task_name(fmt::format("swapper/{}", cpu_)), out.begin());
    return;
  }
  const Task* task = parts_.tasks->find(tid_);
  if (task != nullptr) {
    std::ranges::copy(task->name, out.begin());
  } else {
    fault();
  }
}

void RecordMachine::emit(ir::EmitId emit, std::span<const std::byte> payload) {
  parts_.queue->push({emit, site_, now(CLOCK_MONOTONIC), payload}, parts_.program->emits[emit].control);
}

void RecordMachine::exit(int code) {
  exited_ = true;
  parts_.queue->push_exit(code);
}

}  // namespace polytap::ftrace
