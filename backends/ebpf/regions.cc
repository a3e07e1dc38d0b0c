#include "backends/ebpf/regions.h"

#include <algorithm>

#include "core/ir/operands.h"

namespace polytap::ebpf {
namespace {

// The kernel refuses code that cannot be reached.
std::vector<bool> reachable_blocks(const ir::Function& function) {
  std::vector<bool> reachable(function.blocks.size(), false);
  std::vector<ir::BlockId> pending = {0};
  reachable[0] = true;
  while (!pending.empty()) {
    const ir::BlockId id = pending.back();
    pending.pop_back();
    ir::for_each_target(function.blocks[id].end, [&](ir::BlockId to) {
      if (!reachable[to]) pending.push_back(to);
      reachable[to] = true;
    });
  }
  return reachable;
}

std::vector<ir::BlockId> exits_of(const ir::Function& function, const ir::MapLoop& loop,
                                  const std::vector<bool>& reachable) {
  std::vector<ir::BlockId> exits;
  const auto add = [&](ir::BlockId to) {
    if (to != loop.head && !loop.inside[to] && std::ranges::find(exits, to) == exits.end()) exits.push_back(to);
  };
  add(std::get<ir::Branch>(function.blocks[loop.head].end).if_true);
  for (ir::BlockId id = 0; id < function.blocks.size(); ++id) {
    if (loop.inside[id] && reachable[id]) ir::for_each_target(function.blocks[id].end, add);
  }
  return exits;
}

}  // namespace

Regions find_regions(const ir::Function& function) {
  Regions regions;
  regions.loops = ir::find_map_loops(function);
  const std::vector<bool> reachable = reachable_blocks(function);
  regions.all.resize(regions.loops.size() + 1);
  regions.region_of.assign(function.blocks.size(), 0);
  std::vector<size_t> headed(function.blocks.size(), 0);  // by block: the region that it heads, or 0
  for (size_t i = 0; i < regions.loops.size(); ++i) {
    Region& region = regions.all[i + 1];
    region.loop = i;
    region.exits = exits_of(function, regions.loops[i], reachable);
    headed[regions.loops[i].head] = i + 1;
    // Outer loops come first: the last one that holds a block is the innermost.
    for (ir::BlockId id = 0; id < function.blocks.size(); ++id) {
      if (regions.loops[i].inside[id]) regions.region_of[id] = i + 1;
    }
  }
  for (ir::BlockId id = 0; id < function.blocks.size(); ++id) {
    if (!reachable[id]) continue;
    const size_t own = regions.region_of[id];
    Region& region = regions.all[own];
    region.blocks.push_back(id);
    const auto leads_to = [&](ir::BlockId to) {
      if (to <= id && regions.region_of[to] == own) region.in_steps = true;
    };
    if (headed[id] == 0) {
      ir::for_each_target(function.blocks[id].end, leads_to);
    } else {
      leads_to(std::get<ir::Branch>(function.blocks[id].end).if_false);
      for (const ir::BlockId to : regions.all[headed[id]].exits) leads_to(to);
    }
  }
  return regions;
}

bool has_map_loop(const ir::Function& function) { return std::ranges::any_of(function.blocks, ir::heads_map_loop); }

bool has_loop(const ir::Function& function) {
  if (has_map_loop(function)) return true;
  for (ir::BlockId id = 0; id < function.blocks.size(); ++id) {
    bool backward = false;
    ir::for_each_target(function.blocks[id].end, [&](ir::BlockId to) { backward = backward || to <= id; });
    if (backward) return true;
  }
  return false;
}

}  // namespace polytap::ebpf
