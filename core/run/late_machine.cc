#include "core/run/late_machine.h"

#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <string>

#include "core/base/clock.h"

namespace polytap {

LateMachine::LateMachine(const Parts& parts) : parts_(parts), random_(std::random_device{}()) {}

void LateMachine::look_back(uint64_t time, pid_t tid, int cpu) {
  here_ = false;
  time_ = time;
  tid_ = tid;
  cpu_ = cpu;
}

uint64_t LateMachine::now(clockid_t clock) {
  if (here_) return clock_ns(clock);
  if (clock == CLOCK_BOOTTIME) return boot_.convert(time_);
  if (clock == CLOCK_TAI) return tai_.convert(time_);
  return time_;
}

uint64_t LateMachine::builtin(ir::Builtin what) {
  using ir::Builtin;
  switch (what) {
    case Builtin::kPid:
      return static_cast<uint64_t>(here_ ? getpid() : process_then());
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
    case Builtin::kParentPid:
      return static_cast<uint64_t>(getppid());  // the same
    case Builtin::kCgroup:
    case Builtin::kJiffies:
    case Builtin::kCurrentTask:
      break;  // refused before the session begins
  }
  return 0;
}

void LateMachine::comm(std::span<char, 16> out) {
  std::ranges::fill(out, '\0');
  if (here_) {
    prctl(PR_GET_NAME, out.data(), 0, 0, 0);
  } else {
    comm_then(out);
  }
}

void LateMachine::process_name(std::span<char, 16> out) {
  std::ranges::fill(out, '\0');
  if (!here_) return process_name_then(out);
  std::ifstream file("/proc/self/comm");
  std::string name;
  std::getline(file, name);
  std::ranges::copy_n(name.begin(), static_cast<std::ptrdiff_t>(std::min<size_t>(name.size(), 15)), out.begin());
}

void LateMachine::emit(ir::EmitId emit, std::span<const std::byte> payload) {
  parts_.queue->push({emit, site_, now(CLOCK_MONOTONIC), payload}, parts_.program->emits[emit].control);
}

void LateMachine::exit(int code) {
  exited_ = true;
  parts_.queue->push_exit(code);
}

}  // namespace polytap
