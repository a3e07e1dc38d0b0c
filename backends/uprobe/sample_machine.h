// The surroundings of a probe whose sample is looked at after the event, or of BEGIN, END and interval, which run here
// and now.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backends/uprobe/perf_records.h"
#include "backends/uprobe/places.h"
#include "backends/uprobe/tasks.h"
#include "core/kernel/captured_memory.h"
#include "core/probe/registers.h"
#include "core/run/late_machine.h"

namespace polytap::uprobe {

// The frames that a sample tells, innermost first. RETURN_ADDRESS: what lay at the stack pointer of a function that was
// just entered, whose caller frame pointers do not lead to; null elsewhere. CALLER_ADDED: whether the kernel adds that
// caller itself; becomes false once a sample shows that it does not.
std::vector<uint64_t> frames_of(Bytes callchain, const uint64_t* return_address, bool& caller_added);

class SampleMachine : public LateMachine {
 public:
  // TASKS is not owned.
  SampleMachine(const Parts& parts, Tasks* tasks) : LateMachine(parts), tasks_(tasks) {}

  // The next runs are about SAMPLE. False: the sample lacks something that the program asks for.
  bool look_at(const Sample& sample, Place& place);
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
  std::vector<uint64_t> frames_;
  CapturedMemory memory_;
};

}  // namespace polytap::uprobe
