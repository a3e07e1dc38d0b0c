#include <algorithm>

#include "core/ir/operands.h"
#include "core/ir/optimize_passes.h"
#include "core/ir/verify.h"
#include "tests/support/random_program.h"

namespace polytap::test {

using namespace ir;

namespace {

class Shrinker {
 public:
  Shrinker(Program program, const std::function<bool(const Program&)>& fails)
      : program_(std::move(program)), fails_(fails) {}

  Program run() {
    bool smaller = true;
    while (smaller) {
      smaller = false;
      for (size_t function = 0; function < program_.functions.size(); ++function) {
        smaller = cut_blocks(function) || smaller;
        smaller = cut_instructions(function) || smaller;
        smaller = try_change([&](Program& p) { straighten(p.functions[function]); }) || smaller;
        smaller = try_change([&](Program& p) { remove_unused_slots(p, p.functions[function]); }) || smaller;
      }
    }
    return std::move(program_);
  }

 private:
  static size_t size_of(const Program& program) {
    size_t size = 0;
    for (const Function& function : program.functions) {
      size += function.slots.size() + function.blocks.size();
      for (const Block& block : function.blocks) {
        // A constant that stands in for something counts less than anything else.
        for (const Instruction& instruction : block.instructions) {
          size += std::holds_alternative<Const>(instruction.operation) ? 1 : 2;
        }
        size += block.end.index();
      }
    }
    return size;
  }

  // Keeps what CHANGE makes of the program when that is smaller, verifies and still fails.
  template <typename Change>
  bool try_change(Change change) {
    Program candidate = program_;
    change(candidate);
    if (size_of(candidate) >= size_of(program_) || !verify(candidate).ok() || !fails_(candidate)) return false;
    program_ = std::move(candidate);
    return true;
  }

  bool cut_blocks(size_t function) {
    bool smaller = false;
    for (size_t block = 0; block < program_.functions[function].blocks.size(); ++block) {
      const auto end_with = [&](Terminator end) {
        return try_change([&](Program& p) {
          p.functions[function].blocks[block].end = end;
          straighten(p.functions[function]);
        });
      };
      const Terminator end = program_.functions[function].blocks[block].end;
      bool cut = !std::holds_alternative<Return>(end) && end_with(Return{});
      if (const auto* branch = std::get_if<Branch>(&end); branch != nullptr && !cut) {
        cut = end_with(Jump{branch->if_true}) || end_with(Jump{branch->if_false});
      }
      smaller = smaller || cut;
    }
    return smaller;
  }

  bool cut_instructions(size_t function) {
    bool smaller = false;
    for (size_t block = 0; block < program_.functions[function].blocks.size(); ++block) {
      const auto count = [&] { return program_.functions[function].blocks[block].instructions.size(); };
      for (size_t length = std::max<size_t>(count(), 1); length != 0; length /= 2) {
        for (size_t begin = 0; begin < count();) {
          const bool cut = try_change([&](Program& p) {
            remove(p.functions[function].blocks[block], begin, std::min(begin + length, count()));
          });
          smaller = smaller || cut;
          if (!cut) begin += length;
        }
      }
    }
    return smaller;
  }

  // What is still used of the removed gives 0.
  static void remove(Block& block, size_t begin, size_t end) {
    std::vector<Instruction> kept;
    for (size_t i = 0; i < block.instructions.size(); ++i) {
      Instruction& instruction = block.instructions[i];
      if (i < begin || i >= end) {
        kept.push_back(std::move(instruction));
      } else if (instruction.result != kNoTemp && is_used(block, instruction.result, end)) {
        kept.push_back({instruction.result, Const{0}, instruction.span});
      }
    }
    block.instructions = std::move(kept);
  }
  static bool is_used(const Block& block, Temp temp, size_t from) {
    bool used = false;
    for (size_t i = from; i < block.instructions.size(); ++i) {
      for_each_operand(block.instructions[i].operation, [&](Temp operand) { used = used || operand == temp; });
    }
    const auto* branch = std::get_if<Branch>(&block.end);
    return used || (branch != nullptr && branch->condition == temp);
  }

  Program program_;
  const std::function<bool(const Program&)>& fails_;
};

}  // namespace

Program shrink(Program program, const std::function<bool(const Program&)>& fails) {
  return Shrinker(std::move(program), fails).run();
}

}  // namespace polytap::test
