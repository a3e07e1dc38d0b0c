#include "core/ir/map_loops.h"

#include <algorithm>
#include <utility>

#include "core/ir/operands.h"

namespace polytap::ir {
namespace {

// The blocks that are reached from the entry without going through WITHOUT.
std::vector<bool> reachable_without(const Function& function, BlockId without) {
  std::vector<bool> reached(function.blocks.size(), false);
  std::vector<BlockId> pending = {0};
  while (!pending.empty()) {
    const BlockId id = pending.back();
    pending.pop_back();
    if (id == without || reached[id]) continue;
    reached[id] = true;
    for_each_target(function.blocks[id].end, [&](BlockId to) { pending.push_back(to); });
  }
  return reached;
}

// The natural loop of HEAD: backwards from the ways back that only come from HEAD.
std::vector<bool> blocks_inside(const Function& function, BlockId head,
                                const std::vector<std::vector<BlockId>>& ways_in) {
  const std::vector<bool> elsewhere = reachable_without(function, head);
  std::vector<bool> inside(function.blocks.size(), false);
  std::vector<BlockId> pending;
  for (const BlockId from : ways_in[head]) {
    if (!elsewhere[from]) pending.push_back(from);
  }
  while (!pending.empty()) {
    const BlockId id = pending.back();
    pending.pop_back();
    if (id == head || inside[id]) continue;
    inside[id] = true;
    for (const BlockId from : ways_in[id]) pending.push_back(from);
  }
  return inside;
}

}  // namespace

bool heads_map_loop(const Block& block) {
  return !block.instructions.empty() && std::holds_alternative<MapNext>(block.instructions.back().operation);
}

std::vector<MapLoop> find_map_loops(const Function& function) {
  std::vector<MapLoop> loops;
  if (std::ranges::none_of(function.blocks, heads_map_loop)) return loops;
  const std::vector<bool> reachable = reachable_without(function, ~0U);
  std::vector<std::vector<BlockId>> ways_in(function.blocks.size());
  for (BlockId id = 0; id < function.blocks.size(); ++id) {
    if (!reachable[id]) continue;
    for_each_target(function.blocks[id].end, [&](BlockId to) { ways_in[to].push_back(id); });
  }
  for (BlockId id = 0; id < function.blocks.size(); ++id) {
    if (!reachable[id] || !heads_map_loop(function.blocks[id])) continue;
    loops.push_back({id, blocks_inside(function, id, ways_in), std::nullopt, 1});
  }
  // A loop inside of another has fewer blocks.
  std::ranges::stable_sort(loops, [](const MapLoop& a, const MapLoop& b) {
    return std::ranges::count(a.inside, true) > std::ranges::count(b.inside, true);
  });
  for (size_t i = 0; i < loops.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (!loops[j].inside[loops[i].head]) continue;
      loops[i].outer = j;  // the last that is found is the smallest
      loops[i].depth = loops[j].depth + 1;
    }
  }
  return loops;
}

}  // namespace polytap::ir
