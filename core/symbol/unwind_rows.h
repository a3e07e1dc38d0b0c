// Call frame information reduced to what a walk needs that follows only the stack pointer, the frame pointer and the
// return address: sorted rows of two words, which an eBPF program can search.
#pragma once

#include <cstdint>
#include <vector>

#include "core/symbol/unwind_file.h"

namespace polytap {

// How the CFA is found.
enum class CfaRule : uint8_t {
  kFramePointers,  // nothing is told: rbp is taken for a frame pointer
  kStackPointer,   // rsp + offset
  kFramePointer,   // rbp + offset
  kSavedPointer,   // what lies at rbp + offset: functions that align their stack
  kSignalFrame,    // struct ucontext lies at rsp
  kOutermost,      // there is no caller
  kOther,          // needs more registers, or an expression
};
// How the caller's rbp is found.
enum class FramePointerRule : uint8_t {
  kSame,
  kAtCfa,           // lies at the CFA + offset
  kAtFramePointer,  // lies at rbp + offset
};

struct UnwindRule {
  CfaRule cfa = CfaRule::kFramePointers;
  FramePointerRule rbp = FramePointerRule::kSame;
  int32_t cfa_offset = 0;
  int16_t rbp_offset = 0;  // the return address lies at the CFA - 8

  // Bits 0-31: cfa_offset; 32-47: rbp_offset; 48-55: cfa; 56-63: rbp.
  uint64_t packed() const {
    return uint64_t{static_cast<uint32_t>(cfa_offset)} | uint64_t{static_cast<uint16_t>(rbp_offset)} << 32 |
           static_cast<uint64_t>(cfa) << 48 | static_cast<uint64_t>(rbp) << 56;
  }
};
UnwindRule reduce(const CfiRow& row);

// Where struct sigcontext's registers lie above the stack pointer of a signal frame (arch/x86/include/uapi/asm).
inline constexpr int32_t kSignalRbp = 120;
inline constexpr int32_t kSignalRsp = 160;
inline constexpr int32_t kSignalRip = 168;

struct UnwindRowWord {
  uint64_t begin = 0;  // in the file's own address space; holds up to the next one's
  uint64_t rule = 0;   // packed
};
// Sorted, one for each address, and no two alike behind each other.
std::vector<UnwindRowWord> unwind_rows(const UnwindFile& file);

}  // namespace polytap
