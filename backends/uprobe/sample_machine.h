// The surroundings of a probe whose sample is looked at after the event, or of BEGIN, END and interval, which run here
// and now.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "backends/uprobe/perf_records.h"
#include "backends/uprobe/places.h"
#include "backends/uprobe/tasks.h"
#include "core/kernel/captured_memory.h"
#include "core/probe/registers.h"
#include "core/run/late_machine.h"
#include "core/symbol/unwind_stack.h"

namespace polytap::uprobe {

class SampleMachine : public LateMachine {
 public:
  // TASKS is not owned.
  SampleMachine(const Parts& parts, Tasks* tasks);

  // The next runs are about SAMPLE. False: the sample lacks something that the program asks for.
  bool look_at(const Sample& sample, const Place& place);
  void look_here() override;

  std::span<const std::byte> context() override;
  bool read_memory(AddressSpace, uint64_t address, std::span<std::byte> out) override;
  int64_t read_string(AddressSpace, uint64_t address, std::span<char> out) override;
  size_t stack(AddressSpace space, std::span<uint64_t> frames) override;

 protected:
  pid_t process_then() override { return sample_.pid; }
  void comm_then(std::span<char, 16> out) override;
  void process_name_then(std::span<char, 16> out) override;

 private:
  Tasks* tasks_;
  Sample sample_;
  alignas(8) std::array<std::byte, registers::kSize> registers_{};
  const Place* place_ = nullptr;  // null: here
  Unwinder unwinder_;
  CapturedMemory memory_;
};

}  // namespace polytap::uprobe
