// Where each temporary of a block lives: linear scan over its live ranges, which never leave the block.
#pragma once

#include <cstdint>
#include <vector>

#include "backends/ebpf/bytecode.h"
#include "core/ir/ir.h"

namespace polytap::ebpf {

// A temporary's home.
struct Home {
  enum class Kind : uint8_t {
    kNone,      // never used: nothing to keep
    kRegister,  // reg
    kSpill,     // the spill word `spill`
    kConstant,  // no home: made again wherever it is used
  };
  Kind kind = Kind::kNone;
  Reg reg = Reg::k0;
  uint32_t spill = 0;
  int64_t constant = 0;
};

struct Allocation {
  std::vector<Home> homes;   // by temporary of the function
  uint32_t spill_words = 0;  // most spill words that any block needs at once
};

// Regions up to this size are zeroed, filled and copied by single instructions; larger ones by a helper.
inline constexpr uint32_t kUnrollBytes = 512;
inline bool unrolls(uint32_t length) { return length <= kUnrollBytes; }

// Whether the expansion of OPERATION may lose r3 to r5 (it calls a helper or needs many registers).
bool clobbers_registers(const ir::Operation& operation);

Allocation allocate_registers(const ir::Function& function);

}  // namespace polytap::ebpf
