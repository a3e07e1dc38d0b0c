#include "backends/ftrace/record_machine.h"

#include <fmt/format.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/clock.h"

namespace polytap::ftrace {

RecordMachine::RecordMachine(const Parts& parts) : parts_(parts), random_(std::random_device{}()) {}

void RecordMachine::look_at(const CpuRecord& record, pid_t tid) {
  here_ = false;
  context_ = record.raw.data;
  memory_ = nullptr;
  stack_ = {};
  time_ = record.raw.time;
  cpu_ = record.cpu;
  tid_ = tid;
}

void RecordMachine::look_at(const CpuRecord& record, pid_t tid, std::span<const std::byte> context,
                            const CapturedMemory& memory) {
  look_at(record, tid);
  context_ = context;
  memory_ = &memory;
}

void RecordMachine::look_here() {
  here_ = true;
  memory_ = nullptr;
  stack_ = {};
  context_ = {};
}

uint64_t RecordMachine::now(clockid_t clock) {
  if (here_) return clock_ns(clock);
  if (clock == CLOCK_BOOTTIME) return boot_.convert(time_);
  if (clock == CLOCK_TAI) return tai_.convert(time_);
  return time_;
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

size_t RecordMachine::stack(AddressSpace space, std::span<uint64_t> frames) {
  if (space != AddressSpace::kKernel) return 0;
  const size_t count = std::min(frames.size(), stack_.size());
  std::copy_n(stack_.begin(), count, frames.begin());
  return count;
}

void RecordMachine::emit(ir::EmitId emit, std::span<const std::byte> payload) {
  parts_.queue->push({emit, site_, now(CLOCK_MONOTONIC), payload}, parts_.program->emits[emit].control);
}

void RecordMachine::exit(int code) {
  exited_ = true;
  parts_.queue->push_exit(code);
}

}  // namespace polytap::ftrace
