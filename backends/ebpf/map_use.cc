#include "backends/ebpf/map_use.h"

#include <algorithm>
#include <variant>

#include "backends/ebpf/maps.h"

namespace polytap::ebpf {
namespace {

// Programs on tracepoints, kprobes and sampled perf events never interrupt each other on a CPU (the kernel's
// bpf_prog_active), not even from an NMI. Raw tracepoints, uprobes and what is run by BPF_PROG_TEST_RUN know no such
// rule.
bool excludes_others(const ProbeSite& site) {
  return site.type == ProbeType::kTracepoint || site.is_kernel_function() || site.is_sampled();
}

}  // namespace

std::vector<MapUse> find_map_uses(const ir::Program& program) {
  std::vector<MapUse> uses(program.maps.size(), MapUse{.exclusive = true, .short_lived = false});
  for (const ir::Function& function : program.functions) {
    const bool exclusive = std::all_of(function.sites.begin(), function.sites.end(),
                                       [&](uint32_t site) { return excludes_others(program.sites[site]); });
    for (const ir::Block& block : function.blocks) {
      for (const ir::Instruction& instruction : block.instructions) {
        if (const auto* aggregate = std::get_if<ir::Aggregate>(&instruction.operation)) {
          uses[aggregate->map].exclusive = uses[aggregate->map].exclusive && exclusive;
        } else if (const auto* deletion = std::get_if<ir::MapDelete>(&instruction.operation)) {
          uses[deletion->map].short_lived = true;
        }
      }
    }
  }
  // User space writes zeros while programs count: a plain addition in between would bring the old count back.
  for (const ir::EmitSpec& emit : program.emits) {
    if (emit.kind == ir::EmitKind::kClearMap || emit.kind == ir::EmitKind::kZeroMap) uses[emit.map].exclusive = false;
  }
  // A deletion from another CPU zeroes scalar aggregations, too.
  for (ir::MapId map = 0; map < program.maps.size(); ++map) {
    if (uses[map].short_lived) uses[map].exclusive = false;
    // One value for all CPUs.
    if (program.maps[map].value.is(TypeKind::kAggregation) && !map_form(program.maps[map]).per_cpu) {
      uses[map].exclusive = false;
    }
  }
  return uses;
}

}  // namespace polytap::ebpf
