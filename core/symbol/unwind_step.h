// A row of call frame information as compilers make nearly all of them, in a few bytes: for caches.
#pragma once

#include <array>
#include <cstdint>

#include "core/symbol/unwind_cfi.h"

namespace polytap {

struct UnwindStep {
  enum class Kind : uint8_t {
    kUnknown,    // nothing is told about this code
    kPlain,      // what the members below tell
    kElaborate,  // the full row is needed
    kOutermost,  // there is no caller
  };
  // The registers that a function may save: rbx, rbp, r12 to r15.
  static constexpr std::array<uint8_t, 6> kSaved = {3, 6, 12, 13, 14, 15};

  Kind kind = Kind::kUnknown;
  uint8_t cfa_register = 0;
  bool signal_frame = false;
  uint8_t saved_mask = 0;  // bit i: kSaved[i] lies at the CFA + saved[i]
  int32_t cfa_offset = 0;
  int16_t return_address = 0;  // at the CFA + this
  std::array<int16_t, 6> saved{};
};

UnwindStep make_step(const CfiRow& row);

}  // namespace polytap
