// The surroundings of a probe whose record is looked at after the event, or of BEGIN, END and interval, which run here
// and now.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>

#include "backends/ftrace/cpu_streams.h"
#include "backends/ftrace/task_table.h"
#include "core/base/clock_offset.h"
#include "core/ir/interpreter.h"
#include "core/kernel/captured_memory.h"
#include "core/kernel/numa_nodes.h"
#include "core/run/map_store.h"
#include "core/run/record_queue.h"

namespace polytap::ftrace {

class RecordMachine : public ir::Machine {
 public:
  // What the session holds. None is owned.
  struct Parts {
    const ir::Program* program = nullptr;
    MapStore* maps = nullptr;
    RecordQueue* queue = nullptr;
    TaskTable* tasks = nullptr;
    pid_t command_pid = 0;
    uint64_t started_ns = 0;  // CLOCK_MONOTONIC
  };
  explicit RecordMachine(const Parts& parts);

  // The next runs are about RECORD, which thread TID wrote.
  void look_at(const CpuRecord& record, pid_t tid);
  // The same, where the probe saw CONTEXT and MEMORY instead of the record's bytes; both must stay.
  void look_at(const CpuRecord& record, pid_t tid, std::span<const std::byte> context, const CapturedMemory& memory);
  // Then: with the kernel's stack, which must stay.
  void set_stack(std::span<const uint64_t> frames) { stack_ = frames; }
  void look_here();  // they run in this process
  void set_site(uint32_t site) { site_ = site; }
  bool exited() const { return exited_; }
  uint64_t faults() const { return faults_; }

  std::span<const std::byte> context() override { return context_; }
  uint64_t builtin(ir::Builtin what) override;
  void comm(std::span<char, 16> out) override;
  // Nothing can be read late: what the record does not carry is not there.
  bool read_memory(AddressSpace, uint64_t address, std::span<std::byte> out) override {
    return memory_ != nullptr && memory_->read_memory(address, out);
  }
  int64_t read_string(AddressSpace, uint64_t address, std::span<char> out) override {
    return memory_ != nullptr ? memory_->read_string(address, out) : -1;
  }
  size_t stack(AddressSpace space, std::span<uint64_t> frames) override;
  MapStore& maps() override { return *parts_.maps; }
  void emit(ir::EmitId emit, std::span<const std::byte> payload) override;
  void exit(int code) override;
  void fault() override { faults_++; }

 private:
  uint64_t now(clockid_t clock);
  uint64_t process_id();

  Parts parts_;
  ClockOffset boot_{CLOCK_BOOTTIME};
  ClockOffset tai_{CLOCK_TAI};
  bool here_ = true;
  std::span<const std::byte> context_;
  const CapturedMemory* memory_ = nullptr;
  std::span<const uint64_t> stack_;
  uint64_t time_ = 0;
  pid_t tid_ = 0;
  int cpu_ = 0;
  uint32_t site_ = 0;
  bool exited_ = false;
  uint64_t faults_ = 0;
  std::mt19937 random_;
  NumaNodes nodes_;
};

}  // namespace polytap::ftrace
