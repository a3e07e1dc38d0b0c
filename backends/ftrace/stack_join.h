// Joins an event's record with its kernel stack, which the option `stacktrace` of an instance writes as a record of its
// own right behind it, on the same CPU; an interrupt between the two puts its own there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "backends/ftrace/cpu_streams.h"
#include "core/base/result.h"
#include "core/kernel/tracefs.h"
#include "core/symbol/kernel_symbols.h"

namespace polytap::ftrace {

class StackJoin {
 public:
  static Result<StackJoin> create(const Tracefs& tracefs);

  // An event's record that was put aside, and its frames, innermost first.
  struct Joined {
    std::vector<std::byte> data;
    CpuRecord record;  // of `data`
    std::vector<uint64_t> frames;
  };
  // Must see every record, in order. A stack whose event is waiting: true, with both in JOINED.
  bool see(const CpuRecord& record, Joined& joined);
  // Puts RECORD aside until its stack comes; after see() of it.
  void wait(const CpuRecord& record);
  // Records whose stack did not come.
  uint64_t lonely() const { return lonely_; }

 private:
  struct Waiting {
    uint64_t context = 0;  // flags, preemption count and thread: the same for an event and its stack
    uint64_t time = 0;
    std::vector<std::byte> data;
  };
  StackJoin() = default;
  void take_frames(std::span<const std::byte> record, std::vector<uint64_t>& frames);
  bool is_machinery(uint64_t address);

  uint16_t stack_id_ = 0;
  uint32_t callers_ = 0;                                   // where they begin in the record
  std::unordered_map<int, std::vector<Waiting>> waiting_;  // by CPU, the innermost last
  KernelSymbols symbols_;
  std::unordered_map<uint64_t, bool> machinery_;
  uint64_t lonely_ = 0;
};

}  // namespace polytap::ftrace
