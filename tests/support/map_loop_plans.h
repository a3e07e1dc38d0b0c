// Where random programs have loops over maps: a head, then the body's blocks, then the first block behind.
#pragma once

#include <algorithm>
#include <functional>
#include <vector>

#include "core/ir/ir.h"
#include "core/ir/map_loops.h"
#include "tests/support/random_program.h"

namespace polytap::test {

struct MapLoopPlan {
  ir::BlockId head = 0;
  ir::BlockId last = 0;
  ir::SlotId position = 0;
  bool holds(ir::BlockId id) const { return id > head && id <= last; }
};

class MapLoopPlans {
 public:
  // Between BEGIN and END, the end left out. NEW_POSITION makes the word that a loop keeps for itself.
  void plan(RandomSource& random, ir::BlockId begin, ir::BlockId end, const std::function<ir::SlotId()>& new_position,
            uint32_t depth = 1) {
    for (ir::BlockId head = begin; head + 1 < end; ++head) {
      if (!random.chance(25)) continue;
      const auto last = static_cast<ir::BlockId>(head + 1 + random.below(std::min<ir::BlockId>(5, end - head - 1)));
      loops_.push_back({head, last, new_position()});
      // Behind what is inside there must be a block that goes back.
      if (depth < ir::kMaxMapLoopDepth) plan(random, head + 1, last, new_position, depth + 1);
      head = last;
    }
  }

  const MapLoopPlan* headed_by(ir::BlockId id) const {
    const auto found = std::ranges::find(loops_, id, &MapLoopPlan::head);
    return found == loops_.end() ? nullptr : &*found;
  }
  // The innermost: planned last.
  const MapLoopPlan* around(ir::BlockId id) const {
    const auto found = std::find_if(loops_.rbegin(), loops_.rend(), [&](const auto& loop) { return loop.holds(id); });
    return found == loops_.rend() ? nullptr : &*found;
  }
  // ID, or the head of a loop that it is in and FROM is not: it can be entered there only.
  ir::BlockId outside(ir::BlockId id, const MapLoopPlan* from) const {
    for (const MapLoopPlan& loop : loops_) {
      if (loop.holds(id) && (from == nullptr || !loop.holds(from->head + 1))) return loop.head;
    }
    return id;
  }

 private:
  std::vector<MapLoopPlan> loops_;  // outer ones first
};

}  // namespace polytap::test
