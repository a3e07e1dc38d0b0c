// Builds one ir::Function, keeping the rules of core/ir/ir.h so that the lowering need not think of them: a temporary
// that is used in another block than its own travels through a slot of its own, constants are folded and made anew
// where they are needed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/ir/ir.h"

namespace polytap::ir {

class Builder {
 public:
  explicit Builder(std::string name, Span span);

  // The place in the script of what is built from now on; returns the one before.
  Span at(Span span) { return std::exchange(span_, span); }
  Span place() const { return span_; }

  // --- slots
  // A slot that keeps its place until the end of the function (variables).
  SlotId slot(uint32_t size, std::string name = {});
  // A slot that a later statement may get again: its contents are undefined until written.
  SlotId scratch(uint32_t size);
  // Gives back the scratch slots made since MARK.
  size_t scratch_mark() const { return scratch_in_use_.size(); }
  void release_scratch(size_t mark);

  // --- blocks
  BlockId new_block();
  void switch_to(BlockId block) { current_ = block; }
  BlockId current() const { return current_; }
  // Ends the current block; what is built behind it until the next switch_to is unreachable.
  void jump(BlockId to);
  void branch(Temp condition, BlockId if_true, BlockId if_false);
  void ret();

  // --- operations
  Temp constant(int64_t value);
  std::optional<int64_t> constant_of(Temp temp) const;
  Temp binary(BinaryOp op, Temp left, Temp right);
  Temp extend(Temp value, uint32_t size, bool is_signed);
  // 1 when VALUE is not zero, else 0.
  Temp truth(Temp value);
  Temp load(Place from, uint32_t size = 8, bool is_signed = false);
  void store(Place to, Temp value, uint32_t size = 8);
  void zero(Place to, uint32_t length);
  void copy(Place to, Place from, uint32_t length);
  // Any operation with a result.
  Temp add(Operation operation);
  // Any operation whose result, if it has one, nobody wants.
  void run(Operation operation);

  // The finished function; every block is ended.
  Function finish();

 private:
  struct TempInfo {
    BlockId block = 0;
    std::optional<int64_t> constant;
    std::optional<SlotId> spill;
    // The spilled value again, in the block where it was last loaded.
    std::optional<std::pair<BlockId, Temp>> reloaded;
  };
  Temp new_temp();
  // A temporary with TEMP's value that may be used in the current block.
  Temp usable(Temp temp);
  void fix_operands(Operation& operation);
  void append(Temp result, Operation operation);
  void end_block(Terminator end);

  Function function_;
  std::vector<bool> ended_;
  std::vector<TempInfo> temps_;
  std::vector<SlotId> scratch_in_use_;
  std::vector<SlotId> scratch_free_;
  BlockId current_ = 0;
  Span span_;
};

}  // namespace polytap::ir
