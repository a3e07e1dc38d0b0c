// The surroundings of a probe whose event is looked at later, from what was recorded of it, or of BEGIN, END and
// interval, which run in this process and now.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <random>
#include <span>

#include "core/base/clock_offset.h"
#include "core/ir/interpreter.h"
#include "core/kernel/numa_nodes.h"
#include "core/run/map_store.h"
#include "core/run/record_queue.h"

namespace polytap {

// What differs between backends (who ran, what was read of memory, stacks) is theirs to add.
class LateMachine : public ir::Machine {
 public:
  // What the session holds. None is owned.
  struct Parts {
    const ir::Program* program = nullptr;
    MapStore* maps = nullptr;
    RecordQueue* queue = nullptr;
    pid_t command_pid = 0;
    uint64_t started_ns = 0;  // CLOCK_MONOTONIC
  };

  // The next runs are about this process, now.
  virtual void look_here() { here_ = true; }
  void set_site(uint32_t site) { site_ = site; }
  bool exited() const { return exited_; }
  uint64_t faults() const { return faults_; }

  uint64_t builtin(ir::Builtin what) override;
  void comm(std::span<char, 16> out) override;
  void process_name(std::span<char, 16> out) override;
  MapStore& maps() override { return *parts_.maps; }
  void emit(ir::EmitId emit, std::span<const std::byte> payload) override;
  void exit(int code) override;
  void fault() override { faults_++; }

 protected:
  explicit LateMachine(const Parts& parts);
  // The next runs are about what thread TID did on CPU at TIME (CLOCK_MONOTONIC, nanoseconds).
  void look_back(uint64_t time, pid_t tid, int cpu);
  bool here() const { return here_; }
  pid_t tid() const { return tid_; }
  int cpu() const { return cpu_; }

  // Of the thread that look_back() named, as it was then. What is not known counts as a fault().
  virtual pid_t process_then() = 0;
  virtual void comm_then(std::span<char, 16> out) = 0;          // OUT is all zeros
  virtual void process_name_then(std::span<char, 16> out) = 0;  // the same

 private:
  uint64_t now(clockid_t clock);

  Parts parts_;
  ClockOffset boot_{CLOCK_BOOTTIME};
  ClockOffset tai_{CLOCK_TAI};
  bool here_ = true;
  uint64_t time_ = 0;
  pid_t tid_ = 0;
  int cpu_ = 0;
  uint32_t site_ = 0;
  bool exited_ = false;
  uint64_t faults_ = 0;
  std::mt19937 random_;
  NumaNodes nodes_;
};

}  // namespace polytap
