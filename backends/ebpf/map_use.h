// How a program goes about its maps, where that allows cheaper code.
#pragma once

#include <vector>

#include "core/ir/ir.h"

namespace polytap::ebpf {

struct MapUse {
  // Whoever aggregates into it excludes the others on the same CPU, so that no addition there needs to be atomic.
  bool exclusive = false;
  // Entries are deleted by the script: a set is mostly of an entry that is not there.
  bool short_lived = false;
};

// By MapId.
std::vector<MapUse> find_map_uses(const ir::Program& program);

}  // namespace polytap::ebpf
