// The loops over maps in a function: what belongs to which. For the verifier, the optimizer, and code generators that
// have to make something else of such a loop than jumps.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/ir/ir.h"

namespace polytap::ir {

// Nested loops over maps; eBPF allows eight frames of a program and its callbacks, and each loop may take two.
inline constexpr uint32_t kMaxMapLoopDepth = 3;

struct MapLoop {
  BlockId head = 0;             // the block with MapNext
  std::vector<bool> inside;     // by block: from which the head is reached again, without the head itself
  std::optional<size_t> outer;  // the loop that the head is inside of, as an index
  uint32_t depth = 1;
};

bool heads_map_loop(const Block& block);

// Outer loops before those inside of them.
std::vector<MapLoop> find_map_loops(const Function& function);

}  // namespace polytap::ir
