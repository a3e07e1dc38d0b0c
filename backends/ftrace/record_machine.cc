#include "backends/ftrace/record_machine.h"

#include <fmt/format.h>

#include <algorithm>

namespace polytap::ftrace {

void RecordMachine::look_at(const CpuRecord& record, pid_t tid) {
  look_back(record.raw.time, tid, record.cpu);
  context_ = record.raw.data;
  memory_ = nullptr;
  stack_ = {};
}

void RecordMachine::look_at(const CpuRecord& record, pid_t tid, std::span<const std::byte> context,
                            const CapturedMemory& memory) {
  look_at(record, tid);
  context_ = context;
  memory_ = &memory;
}

void RecordMachine::look_here() {
  LateMachine::look_here();
  memory_ = nullptr;
  stack_ = {};
  context_ = {};
}

pid_t RecordMachine::process_then() {
  if (tid() == 0) return 0;  // the idle tasks
  const Task* task = tasks_->find(tid());
  if (task != nullptr) return task->tgid;
  fault();
  return tid();
}

void RecordMachine::comm_then(std::span<char, 16> out) {
  if (tid() == 0) {
    std::ranges::copy(task_name(fmt::format("swapper/{}", cpu())), out.begin());
    return;
  }
  const Task* task = tasks_->find(tid());
  if (task != nullptr) {
    std::ranges::copy(task->name, out.begin());
  } else {
    fault();
  }
}

void RecordMachine::process_name_then(std::span<char, 16> out) {
  if (tid() == 0) return comm_then(out);
  const Task* task = tasks_->find(tid());
  const Task* leader = task != nullptr ? tasks_->find(task->tgid) : nullptr;
  if (leader != nullptr) {
    std::ranges::copy(leader->name, out.begin());
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

}  // namespace polytap::ftrace
