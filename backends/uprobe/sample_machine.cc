#include "backends/uprobe/sample_machine.h"

#include <linux/perf_event.h>

#include <algorithm>
#include <cstring>

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

bool SampleMachine::look_at(const Sample& sample, Place& place) {
  look_back(sample.time, sample.tid, sample.cpu);
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
  LateMachine::look_here();
  memory_.clear();
  frames_.clear();
}

std::span<const std::byte> SampleMachine::context() {
  if (here()) return {};
  return registers_;
}

void SampleMachine::comm_then(std::span<char, 16> out) {
  const TaskName* name = tasks_->name(sample_.pid, sample_.tid);
  if (name != nullptr) {
    std::ranges::copy(*name, out.begin());
  } else {
    fault();
  }
}

void SampleMachine::process_name_then(std::span<char, 16> out) {
  const TaskName* name = tasks_->name(sample_.pid, sample_.pid);
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

}  // namespace polytap::uprobe
