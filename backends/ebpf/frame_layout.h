// Where a function's slots live: small ones on the 512-byte stack, the others in a scratch area (a map value), together
// with the expansions' own memory.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "backends/ebpf/register_allocator.h"
#include "core/ir/ir.h"

namespace polytap::ebpf {

// The verifier allows 512 bytes for a program and its callbacks together. An empty callback takes 32. A function with a
// loop has two frames, one with loops over maps up to eight, and no slots in any.
inline constexpr uint32_t kStackBytes = 512 - 32 - 16;
inline constexpr uint32_t kMaxStackSlot = 64;

// A longer function keeps nothing of its own on the stack: the verifier follows each value there along all ways that
// lead to it. Before Linux 6.4 it takes all of them for needed to the bit once a function has a callback (map_length),
// so that no two ways are ever alike, and the ways of each read that may fail multiply.
inline constexpr size_t kMaxOperationsOnStack = 100;

// Words that expansions use, as offsets from the frame's end. The first two always; the others cost nothing where they
// are not needed: a program that stays below 64 bytes of stack runs on the task's stack, others (since Linux 6.13) on
// one of their own, which costs a bit at every call of a helper.
inline constexpr int32_t kWork0 = -8;
inline constexpr int32_t kCpuBlockPointer = -16;
inline constexpr int32_t kSiteWord = -24;
inline constexpr int32_t kScratchPointer = -32;
inline constexpr int32_t kWork1 = -40;
inline constexpr int32_t kWork2 = -48;
inline constexpr int32_t kWork3 = -56;
inline constexpr int32_t kFramesPointer = kWork2;  // while a user stack is taken: its frames, or the record for it
inline constexpr int32_t kClaimPointer = -64;      // on user functions: the flag of the scratch entry

struct Location {
  bool in_scratch = false;
  int32_t offset = 0;  // from the frame's end (negative), or from the scratch area's start
};

// Which 8-byte words of slots may be read before they are written: only those must be zeroed at entry.
struct ZeroRange {
  ir::SlotId slot = 0;
  uint32_t offset = 0;
  uint32_t length = 0;
};
std::vector<ZeroRange> words_to_zero(const ir::Program& program, const ir::Function& function);

struct FrameLayout {
  std::vector<Location> slots;   // by SlotId
  std::vector<Location> spills;  // by spill word
  int32_t record = 0;            // in scratch: where records with strings are put together
  int32_t dump = 0;            // in scratch: where bytes go that nobody reads, and where texts are searched and joined
  uint32_t text_capacity = 0;  // of all searches: the largest
  uint32_t pattern_capacity = 0;
  int32_t unwind = 0;        // in scratch: an UnwindState, of functions with user stacks
  uint32_t stack_depth = 0;  // the deepest user stack; 0: none
  int32_t resume = 0;        // in scratch, of functions with loops: the block where the next step begins
  // In scratch, of functions that may emit several records: their time (0: none yet), then 1 + the CPU.
  std::optional<int32_t> firing_time;
  uint32_t scratch_size = 0;  // 0: none needed
};

// Bytes of an emitted record, header and longest strings included.
uint32_t record_capacity(const ir::Emit& emit);
// Of PROGRAM's records: the capacity of the largest.
uint32_t longest_record(const ir::Program& program);
bool has_strings(const ir::Emit& emit);
inline constexpr uint32_t kRecordHeader = 16;
// In the header: u16 emit, u16 1 + the CPU (0 where a firing emits no more than one record), u32 site, u64 time.
inline constexpr int32_t kEmitOffset = 0;
inline constexpr int32_t kCpuOffset = 2;
inline constexpr int32_t kSiteOffset = 4;
inline constexpr int32_t kTimeOffset = 8;

// Bytes of `dump` that a search takes (expand_texts.cc).
uint32_t search_bytes(uint32_t text_capacity, uint32_t pattern_capacity);

// A function with a loop has all its slots in scratch memory: what lies on the stack the verifier follows round by
// round, until a million instructions are too many.
FrameLayout lay_out_frame(const ir::Program& program, const ir::Function& function, const Allocation& allocation);

}  // namespace polytap::ebpf
