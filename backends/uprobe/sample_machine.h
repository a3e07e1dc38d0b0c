// The surroundings of a probe whose sample is looked at after the event, or of BEGIN, END and interval, which run here
// and now.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <vector>

#include "backends/uprobe/perf_records.h"
#include "backends/uprobe/places.h"
#include "backends/uprobe/tasks.h"
#include "core/base/clock_offset.h"
#include "core/ir/interpreter.h"
#include "core/kernel/captured_memory.h"
#include "core/kernel/numa_nodes.h"
#include "core/probe/registers.h"
#include "core/run/map_store.h"
#include "core/run/record_queue.h"

namespace polytap::uprobe {

// The frames that a sample tells, innermost first. RETURN_ADDRESS: what lay at the stack pointer of a function that was
// just entered, whose caller frame pointers do not lead to; null elsewhere. CALLER_ADDED: whether the kernel adds that
// caller itself; becomes false once a sample shows that it does not.
std::vector<uint64_t> frames_of(Bytes callchain, const uint64_t* return_address, bool& caller_added);

class SampleMachine : public ir::Machine {
 public:
  // What the session holds. None is owned.
  struct Parts {
    const ir::Program* program = nullptr;
    MapStore* maps = nullptr;
    RecordQueue* queue = nullptr;
    Tasks* tasks = nullptr;
    pid_t command_pid = 0;
    uint64_t started_ns = 0;  // CLOCK_MONOTONIC
  };
  explicit SampleMachine(const Parts& parts);

  // The next runs are about SAMPLE. False: the sample lacks something that the program asks for.
  bool look_at(const Sample& sample, Place& place);
  void look_here();  // they run in this process
  void set_site(uint32_t site) { site_ = site; }
  bool exited() const { return exited_; }
  uint64_t faults() const { return faults_; }

  std::span<const std::byte> context() override;
  uint64_t builtin(ir::Builtin what) override;
  void comm(std::span<char, 16> out) override;
  bool read_memory(AddressSpace, uint64_t address, std::span<std::byte> out) override;
  int64_t read_string(AddressSpace, uint64_t address, std::span<char> out) override;
  size_t stack(AddressSpace space, std::span<uint64_t> frames) override;
  MapStore& maps() override { return *parts_.maps; }
  void emit(ir::EmitId emit, std::span<const std::byte> payload) override;
  void exit(int code) override;
  void fault() override { faults_++; }

 private:
  uint64_t now(clockid_t clock);

  Parts parts_;
  ClockOffset boot_{CLOCK_BOOTTIME};
  ClockOffset tai_{CLOCK_TAI};
  bool here_ = true;
  Sample sample_;
  alignas(8) std::array<std::byte, registers::kSize> registers_{};
  std::vector<uint64_t> frames_;
  CapturedMemory memory_;
  uint32_t site_ = 0;
  bool exited_ = false;
  uint64_t faults_ = 0;
  std::mt19937 random_;
  NumaNodes nodes_;
};

}  // namespace polytap::uprobe
