#include "core/ir/map_loops.h"
#include "core/ir/operands.h"
#include "core/ir/optimize_passes.h"

namespace polytap::ir {
namespace {

class Straightener {
 public:
  explicit Straightener(Function& function) : function_(function) {}

  bool run() {
    thread_jumps();
    remove_unreachable();  // first: only jumps that can happen count as ways into a block
    merge_blocks();
    remove_unreachable();
    return changed_;
  }

 private:
  // Where a jump to BLOCK arrives in the end. A circle of empty blocks stays one.
  BlockId destination(BlockId block) const {
    for (size_t hops = 0; hops < function_.blocks.size(); ++hops) {
      const Block& target = function_.blocks[block];
      const auto* jump = std::get_if<Jump>(&target.end);
      if (jump == nullptr || !target.instructions.empty()) break;
      block = jump->to;
    }
    return block;
  }

  void thread_jumps() {
    for (Block& block : function_.blocks) {
      for_each_target(block.end, [this](BlockId& target) {
        const BlockId to = destination(target);
        changed_ = changed_ || to != target;
        target = to;
      });
      if (const auto* branch = std::get_if<Branch>(&block.end);
          branch != nullptr && branch->if_true == branch->if_false && !heads_map_loop(block)) {
        block.end = Jump{branch->if_true};
        changed_ = true;
      }
      if (const auto* jump = std::get_if<Jump>(&block.end)) {
        const Block& target = function_.blocks[jump->to];
        if (target.instructions.empty() && std::holds_alternative<Return>(target.end)) {
          block.end = Return{};
          changed_ = true;
        }
      }
    }
  }

  std::vector<uint32_t> count_entries() const {
    std::vector<uint32_t> entries(function_.blocks.size());
    entries[0] = 1;  // the function's own
    for (const Block& block : function_.blocks) {
      for_each_target(block.end, [&](BlockId target) { ++entries[target]; });
    }
    return entries;
  }

  void merge_blocks() {
    const std::vector<uint32_t> entries = count_entries();
    for (BlockId id = 0; id < function_.blocks.size(); ++id) {
      Block& block = function_.blocks[id];
      while (const auto* jump = std::get_if<Jump>(&block.end)) {
        const BlockId to = jump->to;
        if (to == id || entries[to] != 1) break;
        Block& next = function_.blocks[to];
        if (heads_map_loop(next)) break;  // which stands alone in its block
        for (Instruction& instruction : next.instructions) block.instructions.push_back(std::move(instruction));
        next.instructions.clear();
        block.end = next.end;
        // Nobody comes here any more; as long as it is there it must not use what moved away.
        next.end = Return{};
        changed_ = true;
      }
    }
  }

  std::vector<bool> reachable() const {
    std::vector<bool> reached(function_.blocks.size());
    std::vector<BlockId> waiting = {0};
    while (!waiting.empty()) {
      const BlockId id = waiting.back();
      waiting.pop_back();
      if (reached[id]) continue;
      reached[id] = true;
      for_each_target(function_.blocks[id].end, [&](BlockId target) { waiting.push_back(target); });
    }
    return reached;
  }

  void remove_unreachable() {
    const std::vector<bool> reached = reachable();
    std::vector<BlockId> renamed(reached.size());
    std::vector<Block> kept;
    for (BlockId id = 0; id < reached.size(); ++id) {
      renamed[id] = static_cast<BlockId>(kept.size());
      if (reached[id]) kept.push_back(std::move(function_.blocks[id]));
    }
    if (kept.size() != reached.size()) changed_ = true;
    function_.blocks = std::move(kept);
    for (Block& block : function_.blocks) {
      for_each_target(block.end, [&](BlockId& target) { target = renamed[target]; });
    }
  }

  Function& function_;
  bool changed_ = false;
};

}  // namespace

bool straighten(Function& function) { return Straightener(function).run(); }

}  // namespace polytap::ir
