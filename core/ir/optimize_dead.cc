#include <algorithm>

#include "core/ir/operands.h"
#include "core/ir/optimize_passes.h"

namespace polytap::ir {
namespace {

// How far ahead a store's next reader is looked for; beyond, the store is taken to be read.
constexpr size_t kMaxLookahead = 200;

class DeadCode {
 public:
  DeadCode(const Program& program, Function& function) : program_(program), function_(function) {}

  bool run() {
    find_reads();
    uses_.assign(function_.temps, 0);
    for (Block& block : function_.blocks) sweep(block);
    return changed_;
  }

 private:
  void find_reads() {
    for (const Block& block : function_.blocks) {
      for (const Instruction& instruction : block.instructions) {
        regions_of(program_, instruction.operation, regions_);
        for (const RegionAccess& access : regions_) {
          if (!access.is_write) reads_.push_back(access);
        }
      }
    }
  }

  // Backwards, so that what only dead operations use dies with them.
  void sweep(Block& block) {
    if (const auto* branch = std::get_if<Branch>(&block.end)) ++uses_[branch->condition];
    std::vector<Instruction>& instructions = block.instructions;
    std::vector<Instruction> kept;  // in reverse
    kept.reserve(instructions.size());
    const bool returns = std::holds_alternative<Return>(block.end);
    while (!instructions.empty()) {
      Instruction instruction = std::move(instructions.back());
      instructions.pop_back();
      if (instruction.result != kNoTemp && uses_[instruction.result] == 0) {
        instruction.result = kNoTemp;
        changed_ = true;
      }
      if (is_dead(instruction, kept, returns)) {
        changed_ = true;
        continue;
      }
      for_each_operand(instruction.operation, [this](Temp temp) { ++uses_[temp]; });
      kept.push_back(std::move(instruction));
    }
    std::ranges::reverse(kept);
    instructions = std::move(kept);
  }

  bool is_dead(const Instruction& instruction, const std::vector<Instruction>& following, bool returns) {
    if (instruction.result != kNoTemp || !is_pure(instruction.operation)) return false;
    std::vector<RegionAccess> accesses;
    regions_of(program_, instruction.operation, accesses);
    return std::ranges::none_of(
        accesses, [&](const RegionAccess& access) { return access.is_write && is_read(access, following, returns); });
  }

  // Whether someone may read WRITTEN before it is overwritten. FOLLOWING: the block's rest, last instruction first.
  bool is_read(const RegionAccess& written, const std::vector<Instruction>& following, bool returns) {
    if (std::ranges::none_of(reads_, [&](const RegionAccess& read) { return overlap(read, written); })) return false;
    if (following.size() > kMaxLookahead) return true;
    for (auto next = following.rbegin(); next != following.rend(); ++next) {
      regions_of(program_, next->operation, regions_);
      bool is_overwritten = false;
      for (const RegionAccess& access : regions_) {
        if (!access.is_write && overlap(access, written)) return true;
        if (access.is_write && covers(access, written)) is_overwritten = true;
      }
      if (is_overwritten) return false;
    }
    return !returns;
  }

  const Program& program_;
  Function& function_;
  std::vector<RegionAccess> reads_;
  std::vector<RegionAccess> regions_;
  std::vector<uint32_t> uses_;
  bool changed_ = false;
};

}  // namespace

bool remove_dead(const Program& program, Function& function) { return DeadCode(program, function).run(); }

bool remove_unused_slots(const Program& program, Function& function) {
  std::vector<bool> used(function.slots.size());
  std::vector<RegionAccess> regions;
  for (Block& block : function.blocks) {
    for (Instruction& instruction : block.instructions) {
      regions_of(program, instruction.operation, regions);
      for (const RegionAccess& access : regions) used[access.place.slot] = true;
      // A scalar map's key is ignored, and must not name a slot that goes.
      std::visit(
          [&](auto& op) {
            if constexpr (requires { op.key; }) {
              if (program.maps[op.map].key_size == 0) op.key = {};
            }
          },
          instruction.operation);
    }
  }
  if (std::ranges::all_of(used, [](bool is_used) { return is_used; })) return false;

  std::vector<SlotId> renamed(function.slots.size());
  std::vector<Slot> kept;
  for (SlotId slot = 0; slot < used.size(); ++slot) {
    renamed[slot] = static_cast<SlotId>(kept.size());
    if (used[slot]) kept.push_back(std::move(function.slots[slot]));
  }
  function.slots = std::move(kept);
  for (Block& block : function.blocks) {
    for (Instruction& instruction : block.instructions) {
      regions_of(program, instruction.operation, regions);
      // The regions point into the operation, which is ours to change.
      for (const RegionAccess& access : regions) {
        const_cast<Place*>(access.operand)->slot = renamed[access.place.slot];
      }
    }
  }
  return true;
}

}  // namespace polytap::ir
