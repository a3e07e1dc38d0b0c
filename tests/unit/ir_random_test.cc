#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "core/ir/interpreter.h"
#include "core/ir/operands.h"
#include "core/ir/optimize.h"
#include "core/ir/text.h"
#include "core/ir/verify.h"
#include "tests/support/random_program.h"
#include "tests/support/test_machine.h"

namespace polytap::test {
namespace {

// More on request: POLYTAP_RANDOM_PROGRAMS=100000.
uint64_t programs() {
  const char* asked = std::getenv("POLYTAP_RANDOM_PROGRAMS");
  return asked == nullptr ? 2000 : std::strtoull(asked, nullptr, 10);
}

// What can be seen of a run. Faults are not: the optimizer may drop reads that nobody uses.
struct Outcome {
  MapContents maps;
  std::vector<std::pair<ir::EmitId, Bytes>> emitted;
  std::optional<int> exit_code;
  uint64_t lost_updates = 0;
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

class RandomProgramTest : public testing::Test {
 protected:
  RandomProgramTest() : memory_(512) { fill_readable(7, memory_); }

  RandomProgramOptions options(uint64_t seed) const {
    RandomProgramOptions options;
    options.operations = static_cast<uint32_t>(20 + seed % 100);
    options.full_maps = true;
    options.readable_address = reinterpret_cast<uint64_t>(memory_.data());
    options.readable_size = static_cast<uint32_t>(memory_.size());
    options.unreadable_address = 8;
    return options;
  }

  // Twice on the same maps, so that a run finds what another one left.
  Outcome outcome(const ir::Program& program, uint64_t seed) const {
    TestMachine machine(program);
    machine.set_context(random_context(seed));
    machine.add_memory(memory_);
    ir::Interpreter interpreter(program);
    for (int i = 0; i < 2; ++i) interpreter.run(program.functions[0], machine);
    return {contents_of(machine.maps(), program.maps.size()), machine.emitted(), machine.exit_code(),
            machine.maps().lost_updates()};
  }

  Bytes memory_;
};

size_t instructions_of(const ir::Program& program) {
  size_t count = 0;
  for (const ir::Block& block : program.functions[0].blocks) count += block.instructions.size();
  return count;
}

TEST_F(RandomProgramTest, VerifyAndKeepTheirMeaningWhenOptimized) {
  const uint64_t count = programs();
  size_t before = 0;
  size_t after = 0;
  for (uint64_t seed = 0; seed < count; ++seed) {
    const ir::Program program = random_program(seed, options(seed));
    const Status verified = ir::verify(program);
    ASSERT_TRUE(verified.ok()) << "seed " << seed << ": " << verified.error().message();
    const ir::Program optimized = ir::optimize(program);
    const Status still = ir::verify(optimized);
    ASSERT_TRUE(still.ok()) << "seed " << seed << ": " << still.error().message() << "\n" << ir::to_text(optimized);
    before += instructions_of(program);
    after += instructions_of(optimized);
    if (outcome(program, seed) == outcome(optimized, seed)) continue;
    const ir::Program smaller = shrink(program, [&](const ir::Program& candidate) {
      return !(outcome(candidate, seed) == outcome(ir::optimize(candidate), seed));
    });
    FAIL() << "seed " << seed << ":\n"
           << ir::to_text(smaller) << "\noptimized:\n"
           << ir::to_text(ir::optimize(smaller));
  }
  // The optimizer must be worth its while.
  EXPECT_LT(after * 10, before * 9) << before << " -> " << after;
}

TEST_F(RandomProgramTest, OptimizingAgainChangesNothingThatIsSeen) {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const ir::Program once = ir::optimize(random_program(seed, options(seed)));
    const ir::Program twice = ir::optimize(once);
    ASSERT_TRUE(ir::verify(twice).ok()) << "seed " << seed;
    ASSERT_TRUE(outcome(once, seed) == outcome(twice, seed)) << "seed " << seed << "\n" << ir::to_text(once);
  }
}

TEST_F(RandomProgramTest, TextRoundTrips) {
  for (uint64_t seed = 0; seed < 300; ++seed) {
    const ir::Program program = random_program(seed, options(seed));
    const std::string text = ir::to_text(program);
    const Result<ir::Program> parsed = ir::parse_text(text);
    ASSERT_TRUE(parsed.ok()) << "seed " << seed << ": " << parsed.error().message() << "\n" << text;
    ASSERT_EQ(text, ir::to_text(*parsed)) << "seed " << seed;
    ASSERT_TRUE(outcome(program, seed) == outcome(*parsed, seed)) << "seed " << seed;
  }
}

TEST_F(RandomProgramTest, DamagedTextIsRefusedOrReadButNeverHarms) {
  RandomSource random(99);
  size_t refused = 0;
  for (uint64_t seed = 0; seed < 1000; ++seed) {
    std::string text = ir::to_text(random_program(seed % 20, options(seed % 20)));
    const uint64_t damages = 1 + random.below(4);
    for (uint64_t i = 0; i < damages; ++i) {
      const size_t at = random.below(text.size());
      if (random.chance(50)) {
        text[at] = text[random.below(text.size())];
      } else {
        text.erase(at, random.below(8));
      }
    }
    const Result<ir::Program> parsed = ir::parse_text(text);
    if (!parsed.ok() || !ir::verify(*parsed).ok()) {
      ++refused;
    } else {
      EXPECT_TRUE(ir::verify(ir::optimize(*parsed)).ok()) << text;
    }
  }
  EXPECT_GT(refused, 500U);
}

TEST_F(RandomProgramTest, EqualSeedsGiveEqualPrograms) {
  EXPECT_EQ(ir::to_text(random_program(5, options(5))), ir::to_text(random_program(5, options(5))));
  EXPECT_NE(ir::to_text(random_program(5, options(5))), ir::to_text(random_program(6, options(5))));
}

TEST_F(RandomProgramTest, CoverEveryOperationOfTheirFamilies) {
  std::vector<size_t> seen(std::variant_size_v<ir::Operation>);
  for (uint64_t seed = 0; seed < 400; ++seed) {
    auto family = options(seed);
    family.map_loops = seed >= 200;
    const ir::Program program = random_program(seed, family);
    for (const ir::Block& block : program.functions[0].blocks) {
      for (const ir::Instruction& instruction : block.instructions) ++seen[instruction.operation.index()];
    }
  }
  for (size_t index = 0; index < seen.size(); ++index) {
    // A stack is different in every place where a program can run.
    if (index == ir::Operation(ir::ReadStack{}).index()) continue;
    // Nothing is traced that could be changed.
    if (index == ir::Operation(ir::SendSignal{}).index() || index == ir::Operation(ir::OverrideResult{}).index() ||
        index == ir::Operation(ir::WriteMemory{}).index() || index == ir::Operation(ir::Delay{}).index() ||
        index == ir::Operation(ir::DecodeCall{}).index()) {
      continue;
    }
    EXPECT_GT(seen[index], 5U) << "operation " << index;
  }
}

TEST_F(RandomProgramTest, RunsSeeSomething) {
  size_t emitted = 0;
  size_t entries = 0;
  size_t exits = 0;
  size_t losses = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    const Outcome result = outcome(random_program(seed, options(seed)), seed);
    emitted += result.emitted.size();
    entries += result.maps.entries().size();
    exits += result.exit_code.has_value() ? 1 : 0;
    losses += result.lost_updates;
  }
  EXPECT_GT(emitted, 200U);
  EXPECT_GT(entries, 1000U);
  EXPECT_GT(exits, 5U);
  EXPECT_GT(losses, 5U);
}

TEST_F(RandomProgramTest, ShrinkingKeepsTheFailure) {
  const auto sets_a_map = [](const ir::Program& program) {
    for (const ir::Block& block : program.functions[0].blocks) {
      for (const ir::Instruction& instruction : block.instructions) {
        if (std::holds_alternative<ir::MapSet>(instruction.operation)) return true;
      }
    }
    return false;
  };
  size_t tried = 0;
  for (uint64_t seed = 0; tried < 3; ++seed) {
    const ir::Program program = random_program(seed, options(seed));
    if (!sets_a_map(program)) continue;
    ++tried;
    const ir::Program smaller = shrink(program, sets_a_map);
    EXPECT_TRUE(sets_a_map(smaller));
    EXPECT_EQ(instructions_of(smaller), 1U) << ir::to_text(smaller);
  }
}

}  // namespace
}  // namespace polytap::test
