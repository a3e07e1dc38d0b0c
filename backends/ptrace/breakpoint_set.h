// The breakpoints in one address space.
//
// A breakpoint is an int3 over the first byte of an instruction, and a slot: a copy of the instruction, with a jump
// back behind it, in memory of the tracee near the code. A thread that hit the int3 is sent to the slot; the int3
// stays, so that no other thread can slip by. The slots lie in areas that the tracee is made to map; a control block
// holds the handler that keeps it alive without tracer (trap_handler.h), and its table.
//
// Threads, and processes that share memory, share one set; a forked child has a copy (its memory is one too).
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "backends/ptrace/function_sites.h"
#include "backends/ptrace/injected_calls.h"
#include "backends/ptrace/linker.h"
#include "backends/ptrace/memory_layout.h"
#include "backends/ptrace/tracee_memory.h"
#include "backends/ptrace/trap_handler.h"
#include "core/base/result.h"

namespace polytap {

struct Breakpoint {
  uint64_t address = 0;
  uint64_t slot = 0;
  size_t table_index = 0;
  const FunctionPlace* place = nullptr;  // what runs here; null: functions return here
  uint64_t counter = 0;                  // the place's reference counter, which was counted up; 0: none
  bool linker = false;                   // the dynamic linker tells of changes here
  bool active = false;                   // the int3 stands
  std::byte original{};
  uint8_t length = 0;       // of the instruction
  uint8_t executed_at = 0;  // as RelocatedInstruction has it
};

class BreakpointSet {
 public:
  // For the memory of TID's process; changes nothing yet.
  static Result<std::shared_ptr<BreakpointSet>> create(pid_t tid);
  // For the memory of CHILD, just forked from this. VERIFY: other threads may have met new breakpoints since.
  Result<std::shared_ptr<BreakpointSet>> copy_for(pid_t child, bool verify) const;

  const TraceeMemory& memory() const { return memory_; }
  // What ADDRESS's int3 belongs to, also when it was taken away while threads were about to hit it.
  Breakpoint* find(uint64_t address) {
    auto found = breakpoints_.find(address);
    return found == breakpoints_.end() ? nullptr : &found->second;
  }
  // The breakpoint in whose slot IP lies.
  const Breakpoint* find_slot(uint64_t ip) const;
  // The address in the program that stands for IP, which lies in a slot: nullopt in the middle of a rewritten one.
  static std::optional<uint64_t> original_place(const Breakpoint& breakpoint, uint64_t ip);

  // Looks at what is mapped: puts breakpoints into new mappings of SITES' files, forgets those of mappings that went.
  // CALLS runs in a stopped thread. How many places could not be had.
  Result<size_t> look(CallsOnDemand& calls, const FunctionSites& sites);
  // A breakpoint where functions return to; null when that cannot be had (code that is not from a file may be moved or
  // rewritten by the program at any time, the int3 with it).
  Breakpoint* place_return(CallsOnDemand& calls, uint64_t address);
  // Makes the handler the one for SIGTRAP in the process of CALLS's thread.
  Status install_handler(CallsOnDemand& calls);

  // Every byte as it was, also once more. Threads that hit one before can still be sent on.
  void restore_bytes();
  // Behind restore_bytes(), all threads being stopped outside of the slots: the former handler back, the memory away.
  Status remove(CallsOnDemand& calls, bool unmap);

  const std::optional<Linker>& linker() const { return linker_; }
  // System calls are watched for new mappings, for want of a linker that would tell or until it can.
  bool watches_calls() const { return watches_calls_; }
  void set_watches_calls(bool watches) { watches_calls_ = watches; }
  bool in_handler(uint64_t ip) const { return control_ != 0 && ip - control_ < kControlBytes; }
  // Some signal frame of the tracee leads back into a slot.
  void keep_mapped() { must_stay_mapped_ = true; }
  bool must_stay_mapped() const { return must_stay_mapped_; }
  bool handler_installed() const { return control_ != 0; }

 private:
  struct Area {
    uint64_t start = 0;
    size_t slots = 0;
    std::vector<uint64_t> used;  // address of the breakpoint by slot
  };
  struct Wanted {
    uint64_t address = 0;
    const FunctionPlace* place = nullptr;
    bool linker = false;
    uint64_t counter = 0;
  };

  explicit BreakpointSet(TraceeMemory memory) : memory_(std::move(memory)) {}
  void forget_unmapped(const MemoryLayout& layout);
  // Adds CHANGE to the 16-bit counter at ADDRESS; false when it is not there.
  bool count(uint64_t address, uint16_t change);
  std::vector<Wanted> wanted_in(const MemoryLayout& layout, const FunctionSites& sites);
  // How many failed.
  Result<size_t> place(CallsOnDemand& calls, const std::vector<Wanted>& wanted);
  // Room is made for SLOTS at once.
  Status place_one(CallsOnDemand& calls, const Wanted& wanted, size_t slots);
  Result<Area*> area_near(CallsOnDemand& calls, uint64_t address, size_t slots);
  Result<uint64_t> map(CallsOnDemand& calls, uint64_t address, uint64_t size, int protection);
  Status write_entry(const Breakpoint& breakpoint);
  Status write_word(uint64_t address, uint64_t value);
  bool in_known_file(uint64_t address) const;
  // --- control_block.cc
  Status record_areas();
  // Whether ACTION is the handler that a killed polytap left.
  bool adopt_leftovers(const KernelSignalAction& action);
  void adopt(const TrapTableEntry& entry, size_t index);

  TraceeMemory memory_;
  std::unordered_map<uint64_t, Breakpoint> breakpoints_;  // by address; its elements stay where they are
  std::vector<Area> areas_;
  std::vector<MappedRange> known_;  // executable mappings of files at the last look
  std::optional<Linker> linker_;
  bool linker_sought_ = false;
  std::unordered_set<uint64_t> foreign_pages_;  // of code that is in no file, at the last look
  bool watches_calls_ = false;
  bool must_stay_mapped_ = false;
  uint64_t control_ = 0;  // where the control block lies; 0: not yet
  size_t entries_ = 0;    // in its table
};

}  // namespace polytap
