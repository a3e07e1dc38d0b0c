// The surroundings of a probe whose record is looked at after the event, or of BEGIN, END and interval, which run here
// and now.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "backends/ftrace/cpu_streams.h"
#include "backends/ftrace/task_table.h"
#include "core/kernel/captured_memory.h"
#include "core/run/late_machine.h"

namespace polytap::ftrace {

class RecordMachine : public LateMachine {
 public:
  // TASKS is not owned.
  RecordMachine(const Parts& parts, TaskTable* tasks) : LateMachine(parts), tasks_(tasks) {}

  // The next runs are about RECORD, which thread TID wrote.
  void look_at(const CpuRecord& record, pid_t tid);
  // The same, where the probe saw CONTEXT and MEMORY instead of the record's bytes; both must stay.
  void look_at(const CpuRecord& record, pid_t tid, std::span<const std::byte> context, const CapturedMemory& memory);
  // Then: with the kernel's stack, which must stay.
  void set_stack(std::span<const uint64_t> frames) { stack_ = frames; }
  void look_here() override;

  std::span<const std::byte> context() override { return context_; }
  // Nothing can be read late: what the record does not carry is not there.
  bool read_memory(AddressSpace, uint64_t address, std::span<std::byte> out) override {
    return memory_ != nullptr && memory_->read_memory(address, out);
  }
  int64_t read_string(AddressSpace, uint64_t address, std::span<char> out) override {
    return memory_ != nullptr ? memory_->read_string(address, out) : -1;
  }
  size_t stack(AddressSpace space, std::span<uint64_t> frames) override;

 protected:
  pid_t process_then() override;
  void comm_then(std::span<char, 16> out) override;
  void process_name_then(std::span<char, 16> out) override;

 private:
  TaskTable* tasks_;
  std::span<const std::byte> context_;
  const CapturedMemory* memory_ = nullptr;
  std::span<const uint64_t> stack_;
};

}  // namespace polytap::ftrace
