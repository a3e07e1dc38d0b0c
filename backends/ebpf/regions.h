// The parts of a function that become subprograms of their own: the program itself, and each loop over a map, whose
// body is a callback of bpf_for_each_map_elem.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "core/ir/map_loops.h"

namespace polytap::ebpf {

struct Region {
  std::optional<size_t> loop;       // of Regions::loops; none: the program itself
  std::vector<ir::BlockId> blocks;  // in order; the heads of the loops right below among them
  bool in_steps = false;            // a block leads back to itself or to one before it
  std::vector<ir::BlockId> exits;   // of a loop: where it can be left to, besides when there are no more entries
};

struct Regions {
  std::vector<ir::MapLoop> loops;
  std::vector<Region> all;        // the program first, then loop i as i + 1
  std::vector<size_t> region_of;  // by block; a loop's head belongs to the region around it
};

// Of the reachable blocks.
Regions find_regions(const ir::Function& function);

// Whether the function has ways back of any kind: its slots then are in scratch memory.
bool has_loop(const ir::Function& function);
bool has_map_loop(const ir::Function& function);

}  // namespace polytap::ebpf
