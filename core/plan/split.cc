#include "core/plan/split.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <type_traits>
#include <variant>

#include "core/probe/own_probes.h"

namespace polytap {
namespace {

std::optional<ir::MapId> map_of_emit(const ir::EmitSpec& spec) {
  switch (spec.kind) {
    case ir::EmitKind::kPrintMap:
    case ir::EmitKind::kPrintMapValue:
    case ir::EmitKind::kClearMap:
    case ir::EmitKind::kZeroMap:
      return spec.map;
    default:
      return std::nullopt;
  }
}

std::optional<ir::MapId> map_of(const ir::Program& program, const ir::Operation& operation) {
  return std::visit(
      [&](const auto& op) -> std::optional<ir::MapId> {
        using Op = std::decay_t<decltype(op)>;
        if constexpr (std::is_same_v<Op, ir::Emit>) {
          return map_of_emit(program.emits[op.emit]);
        } else if constexpr (requires { op.map; }) {
          return op.map;
        } else {
          return std::nullopt;
        }
      },
      operation);
}

template <typename Use>
void for_each_map(const ir::Program& program, const ir::Function& function, Use use) {
  for (const ir::Block& block : function.blocks) {
    for (const ir::Instruction& instruction : block.instructions) {
      if (const auto map = map_of(program, instruction.operation)) use(*map);
    }
  }
}

bool fires_by_itself(const ir::Program& program, const ir::Function& function) {
  return std::all_of(function.sites.begin(), function.sites.end(), [&](uint32_t site) {
    const ProbeType type = program.sites[site].type;
    return is_own_probe(type);
  });
}

}  // namespace

std::vector<bool> maps_of(const ir::Program& program, const FunctionGroup& group) {
  std::vector<bool> used(program.maps.size());
  for (const uint32_t f : group) {
    for_each_map(program, program.functions[f], [&](ir::MapId map) { used[map] = true; });
  }
  return used;
}

std::vector<FunctionGroup> independent_groups(const ir::Program& program) {
  const auto count = static_cast<uint32_t>(program.functions.size());
  // Disjoint sets: parent[f] leads to the first function of f's group.
  std::vector<uint32_t> parent(count);
  std::iota(parent.begin(), parent.end(), 0U);
  const auto root = [&](uint32_t f) {
    while (parent[f] != f) f = parent[f];
    return f;
  };
  const auto join = [&](uint32_t a, uint32_t b) {
    a = root(a);
    b = root(b);
    parent[std::max(a, b)] = std::min(a, b);
  };
  std::vector<std::optional<uint32_t>> user(program.maps.size());
  std::vector<uint32_t> loose;
  for (uint32_t f = 0; f < count; ++f) {
    bool uses_maps = false;
    for_each_map(program, program.functions[f], [&](ir::MapId map) {
      uses_maps = true;
      if (user[map]) join(*user[map], f);
      user[map] = f;
    });
    if (!uses_maps && fires_by_itself(program, program.functions[f])) loose.push_back(f);
  }
  uint32_t first = 0;  // the first function that stands for a group of its own
  while (first < count && std::find(loose.begin(), loose.end(), first) != loose.end()) ++first;
  if (first < count) {
    for (const uint32_t f : loose) join(first, f);
  }
  std::vector<FunctionGroup> by_root(count);
  for (uint32_t f = 0; f < count; ++f) by_root[root(f)].push_back(f);
  std::erase_if(by_root, [](const FunctionGroup& group) { return group.empty(); });
  return by_root;
}

ir::Program part_of(const ir::Program& program, const FunctionGroup& group) {
  ir::Program part = program;
  std::vector<bool> runs_here(program.sites.size());
  for (const uint32_t f : group) {
    for (const uint32_t site : program.functions[f].sites) runs_here[site] = true;
  }
  for (size_t site = 0; site < part.sites.size(); ++site) {
    if (!runs_here[site]) part.sites[site] = ProbeSite{};
  }
  for (uint32_t f = 0; f < part.functions.size(); ++f) {
    if (std::binary_search(group.begin(), group.end(), f)) continue;
    ir::Function& function = part.functions[f];
    function.sites.clear();
    function.slots.clear();
    function.temps = 0;
    function.blocks.assign(1, ir::Block{{}, ir::Return{}, function.span});
  }
  const std::vector<bool> used = maps_of(program, group);
  for (size_t map = 0; map < part.maps.size(); ++map) {
    if (used[map]) continue;
    ir::MapSpec& spec = part.maps[map];
    spec.key.clear();
    spec.key_size = 0;
    spec.value = types::int64();
    spec.value_size = 8;
    spec.max_entries = 1;
    spec.print_at_end = false;
  }
  return part;
}

}  // namespace polytap
