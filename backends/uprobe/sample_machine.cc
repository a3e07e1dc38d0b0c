#include "backends/uprobe/sample_machine.h"

#include <linux/perf_event.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "core/base/clock.h"

namespace polytap::uprobe {

std::vector<uint64_t> frames_of(Bytes callchain, const uint64_t* return_address, bool& caller_added) {
  std::vector<uint64_t> frames;
  for (size_t at = 0; at + 8 <= callchain.size(); at += 8) {
    uint64_t address = 0;
    std::memcpy(&address, callchain.data() + at, 8);
    // Marks between the kernel's and the user's part (PERF_CONTEXT_*) are above every address.
    if (address < PERF_CONTEXT_MAX) frames.push_back(address);
  }
  if (return_address == nullptr || frames.empty()) return frames;
  // In a recursion the frame pointer's caller looks the same.
  caller_added = caller_added && frames.size() > 1 && frames[1] == *return_address;
  if (!caller_added) frames.insert(frames.begin() + 1, *return_address);
  return frames;
}

SampleMachine::SampleMachine(const Parts& parts) : parts_(parts), random_(std::random_device{}()) {}

bool SampleMachine::look_at(const Sample& sample, Place& place) {
  here_ = false;
  sample_ = sample;
  memory_.clear();
  fill_registers(place.registers, sample.registers, registers_);
  if (place.stack_depth != 0) {
    uint64_t return_address = 0;
    const bool has_return = place.is_entry() && sample.stack.size() >= 8;
    if (has_return) std::memcpy(&return_address, sample.stack.data(), 8);
    frames_ = frames_of(sample.callchain, has_return ? &return_address : nullptr, place.caller_added);
  }
  if (sample.registers.empty()) return false;
  return place.captures.captures().empty() || memory_.look_at(place.captures, registers_, sample.raw);
}

void SampleMachine::look_here() {
  here_ = true;
  memory_.clear();
  frames_.clear();
}

uint64_t SampleMachine::now(clockid_t clock) {
  if (here_) return clock_ns(clock);
  if (clock == CLOCK_BOOTTIME) return boot_.convert(sample_.time);
  if (clock == CLOCK_TAI) return tai_.convert(sample_.time);
  return sample_.time;
}

std::span<const std::byte> SampleMachine::context() {
  if (here_) return {};
  return registers_;
}

uint64_t SampleMachine::builtin(ir::Builtin what) {
  using ir::Builtin;
  switch (what) {
    case Builtin::kPid:
      return static_cast<uint64_t>(here_ ? getpid() : sample_.pid);
    case Builtin::kTid:
      return static_cast<uint64_t>(here_ ? gettid() : sample_.tid);
    case Builtin::kUid:
      return getuid();  // of BEGIN, END and interval only, as the next one
    case Builtin::kGid:
      return getgid();
    case Builtin::kCpu:
      return static_cast<uint64_t>(here_ ? std::max(sched_getcpu(), 0) : sample_.cpu);
    case Builtin::kNumaNode:
      return nodes_.of(here_ ? std::max(sched_getcpu(), 0) : sample_.cpu);
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

void SampleMachine::comm(std::span<char, 16> out) {
  std::ranges::fill(out, '\0');
  if (here_) {
    prctl(PR_GET_NAME, out.data(), 0, 0, 0);
    return;
  }
  const TaskName* name = parts_.tasks->name(sample_.pid, sample_.tid);
  if (name != nullptr) {
    std::ranges::copy(*name, out.begin());
  } else {
    fault();
  }
}

bool SampleMachine::read_memory(AddressSpace, uint64_t address, std::span<std::byte> out) {
  return memory_.read_memory(address, out);
}

int64_t SampleMachine::read_string(AddressSpace, uint64_t address, std::span<char> out) {
  return memory_.read_string(address, out);
}

size_t SampleMachine::stack(AddressSpace space, std::span<uint64_t> frames) {
  if (space == AddressSpace::kKernel) return 0;
  const size_t count = std::min(frames.size(), frames_.size());
  std::copy_n(frames_.begin(), count, frames.begin());
  return count;
}

void SampleMachine::emit(ir::EmitId emit, std::span<const std::byte> payload) {
  parts_.queue->push({emit, site_, now(CLOCK_MONOTONIC), payload}, parts_.program->emits[emit].control);
}

void SampleMachine::exit(int code) {
  exited_ = true;
  parts_.queue->push_exit(code);
}

}  // namespace polytap::uprobe
