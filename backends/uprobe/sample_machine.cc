#include "backends/uprobe/sample_machine.h"

#include <algorithm>
#include <memory>

namespace polytap::uprobe {

SampleMachine::SampleMachine(const Parts& parts, Tasks* tasks)
    : LateMachine(parts), tasks_(tasks), unwinder_(tasks->maps(), std::make_shared<UnwindFiles>()) {}

bool SampleMachine::look_at(const Sample& sample, const Place& place) {
  look_back(sample.time, sample.tid, sample.cpu);
  sample_ = sample;
  memory_.clear();
  fill_registers(place.registers, sample.registers, registers_);
  place_ = &place;
  if (sample.registers.empty()) return false;
  return place.captures.captures().empty() || memory_.look_at(place.captures, registers_, sample.raw);
}

void SampleMachine::look_here() {
  LateMachine::look_here();
  memory_.clear();
  place_ = nullptr;
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
  if (space == AddressSpace::kKernel || place_ == nullptr || frames.empty()) return 0;
  const UnwindValues values = unwind_values(registers_);
  if (!place_->unwinds()) {
    frames[0] = values[kDwarfReturnAddress];
    return 1;
  }
  UnwindMemory memory(values[kDwarfRsp], sample_.stack);
  return unwinder_.walk(sample_.pid, values, memory, frames, place_->is_entry()).frames;
}

}  // namespace polytap::uprobe
