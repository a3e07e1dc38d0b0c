#include "tests/diff/interpreter_vs_kernel.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "core/ir/optimize.h"
#include "core/ir/text.h"
#include "tests/diff/kernel_runner.h"
#include "tests/support/random_program.h"

namespace polytap::test {
namespace {

constexpr uint32_t kReadableBytes = 1024;
constexpr uint32_t kMapEntries = 64;
constexpr uint64_t kUnreadable = 0x10;  // the first page is never mapped

ir::Program with_small_maps(ir::Program program) {
  for (ir::MapSpec& map : program.maps) map.max_entries = std::min(map.max_entries, kMapEntries);
  return program;
}

// Half of the programs go through the optimizer, as they do in practice.
bool is_optimized(uint64_t seed) { return seed % 2 == 0; }

std::string difference(KernelRunner& kernel, const ir::Program& program, uint64_t seed,
                       std::span<const std::byte> memory) {
  const Bytes context = random_context(seed);
  Outcome expected = interpret(program, context, memory);
  Result<Outcome> actual = kernel.run(is_optimized(seed) ? ir::optimize(program) : program, context);
  // The optimizer drops reads that nobody looks at, and with them their faults.
  if (actual.ok() && is_optimized(seed)) expected.faults = actual->faults = 0;
  if (!actual) return "rejected: " + actual.error().message() + "\n";
  if (*actual == expected) return "";
  return "interpreter: " + describe(expected) + "kernel: " + describe(*actual);
}

bool has_loop(const ir::Function& function) {
  enum class Mark : uint8_t { kNew, kOpen, kDone };
  std::vector<Mark> marks(function.blocks.size(), Mark::kNew);
  const std::function<bool(ir::BlockId)> leads_back = [&](ir::BlockId block) {
    if (marks[block] != Mark::kNew) return marks[block] == Mark::kOpen;
    marks[block] = Mark::kOpen;
    const ir::Terminator& end = function.blocks[block].end;
    bool found = false;
    if (const auto* jump = std::get_if<ir::Jump>(&end)) found = leads_back(jump->to);
    if (const auto* branch = std::get_if<ir::Branch>(&end)) {
      found = leads_back(branch->if_true) || leads_back(branch->if_false);
    }
    marks[block] = Mark::kDone;
    return found;
  };
  return leads_back(0);
}

}  // namespace

std::string compare_interpreter_with_kernel(const DiffOptions& options) {
  std::vector<std::byte> memory(kReadableBytes);
  RandomProgramOptions generator;
  generator.readable_address = reinterpret_cast<uint64_t>(memory.data());
  generator.readable_size = kReadableBytes;
  generator.unreadable_address = kUnreadable;
  generator.full_maps = true;
  generator.map_loops = true;
  const auto make = [&](uint64_t seed) {
    generator.operations = 20 + static_cast<uint32_t>(seed % 5) * 40;
    generator.max_blocks = 8 + static_cast<uint32_t>(seed % 3) * 8;
    return with_small_maps(random_program(seed, generator));
  };
  KernelRunner kernel(make(options.first_seed));
  for (uint64_t seed = options.first_seed; seed < options.first_seed + options.count; ++seed) {
    fill_readable(seed, memory);
    const ir::Program program = make(seed);
    const std::string failure = difference(kernel, program, seed, memory);
    if (options.show) fmt::print("seed {}: {} instructions verified\n", seed, kernel.verified());
    if (failure.empty()) continue;
    const ir::Program smaller = shrink(program, [&](const ir::Program& candidate) {
      // Random programs have no loops; what got one on the way would go round a million times.
      return !has_loop(candidate.functions[0]) &&
             kind_of_failure(difference(kernel, candidate, seed, memory)) == kind_of_failure(failure);
    });
    return fmt::format("seed {}{}:\n{}\n{}", seed, is_optimized(seed) ? ", optimized" : "", ir::to_text(smaller),
                       difference(kernel, smaller, seed, memory));
  }
  return "";
}

}  // namespace polytap::test
