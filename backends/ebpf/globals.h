// The memory that a session's programs and user space share: a one-entry array map, mapped here, that programs address
// without a helper call. It holds the state flag, constants, and counters by CPU.
#pragma once

#include <cstddef>
#include <cstdint>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/probe/backend.h"

namespace polytap::ebpf {

// Offsets in the map's value, as the code generator uses them.
struct GlobalsLayout {
  // Programs on probes run only while this word is 0.
  static constexpr uint32_t kState = 0;
  static constexpr uint32_t kStartTime = 8;
  static constexpr uint32_t kChildPid = 16;
  static constexpr uint32_t kSnapshots = 24;  // how many stacks were sent to user space
  static constexpr uint32_t kCpuBlocks = 64;  // two cache lines for each CPU
  static constexpr uint32_t kCpuBlockShift = 7;
  // In a CPU's block:
  static constexpr uint32_t kFirings = 0;
  static constexpr uint32_t kLostRecords = 8;
  static constexpr uint32_t kLostUpdates = 16;
  static constexpr uint32_t kFaults = 24;
  static constexpr uint32_t kMissed = 32;
  static constexpr uint32_t kNesting = 40;
  static constexpr uint32_t kClaimed = 64;  // twelve flags of 4 bytes

  // CPU_COUNT rounded up to a power of two, so that an index can be masked.
  static GlobalsLayout create(uint32_t cpu_count, uint32_t zeros);
  uint32_t cpu_blocks = 1;
  uint32_t zeros = 0;  // offset of bytes that are always zero: the source of new map entries
  uint32_t size = 0;
};

// Bits of the state word.
inline constexpr uint64_t kStatePaused = 1;   // not started yet, or stopped
inline constexpr uint64_t kStateExiting = 2;  // the script called exit()

class Globals {
 public:
  // ZEROS: the size of the largest map value that programs make from zeros.
  static Result<Globals> create(uint32_t zeros);
  Globals(Globals&& other) noexcept;
  Globals& operator=(Globals&& other) noexcept;
  ~Globals();

  int fd() const { return fd_.get(); }
  const GlobalsLayout& layout() const { return layout_; }

  void pause();
  void resume();
  bool exiting() const;
  void set_start_time(uint64_t nanoseconds);
  void set_child_pid(uint64_t pid);
  // Sums over the CPUs.
  Losses losses() const;
  uint64_t firings() const;

 private:
  Globals() = default;
  uint64_t* word(uint32_t offset) const;
  uint64_t sum(uint32_t counter) const;

  UniqueFd fd_;
  GlobalsLayout layout_;
  std::byte* memory_ = nullptr;
  size_t mapped_ = 0;
};

}  // namespace polytap::ebpf
