#include "core/ir/builder.h"

#include <algorithm>

#include "core/base/check.h"
#include "core/ir/arithmetic.h"
#include "core/ir/operands.h"

namespace polytap::ir {
namespace {

bool is_comparison(BinaryOp op) { return op >= BinaryOp::kEqual; }

}  // namespace

Builder::Builder(std::string name, Span span) : span_(span) {
  function_.name = std::move(name);
  function_.span = span;
  new_block();
}

SlotId Builder::slot(uint32_t size, std::string name) {
  CHECK(size % 8 == 0 && size != 0);
  function_.slots.push_back({std::move(name), size});
  return static_cast<SlotId>(function_.slots.size() - 1);
}

SlotId Builder::scratch(uint32_t size) {
  const auto fits = [&](SlotId id) { return function_.slots[id].size == size; };
  const auto found = std::find_if(scratch_free_.begin(), scratch_free_.end(), fits);
  SlotId id = 0;
  if (found != scratch_free_.end()) {
    id = *found;
    scratch_free_.erase(found);
  } else {
    id = slot(size);
  }
  scratch_in_use_.push_back(id);
  return id;
}

void Builder::release_scratch(size_t mark) {
  CHECK(mark <= scratch_in_use_.size());
  scratch_free_.insert(scratch_free_.end(), scratch_in_use_.begin() + static_cast<std::ptrdiff_t>(mark),
                       scratch_in_use_.end());
  scratch_in_use_.resize(mark);
}

BlockId Builder::new_block() {
  Block block;
  block.end = Return{};
  block.span = span_;
  function_.blocks.push_back(std::move(block));
  ended_.push_back(false);
  return static_cast<BlockId>(function_.blocks.size() - 1);
}

void Builder::end_block(Terminator end) {
  // Code behind a return (exit() in the middle of a block) is still built, into a block that nothing reaches.
  if (!ended_[current_]) {
    function_.blocks[current_].end = end;
    function_.blocks[current_].span = span_;
    ended_[current_] = true;
  }
  current_ = new_block();
}

void Builder::jump(BlockId to) { end_block(Jump{to}); }

void Builder::branch(Temp condition, BlockId if_true, BlockId if_false) {
  if (const auto known = constant_of(condition)) {
    end_block(Jump{*known != 0 ? if_true : if_false});
    return;
  }
  end_block(Branch{usable(condition), if_true, if_false});
}

void Builder::ret() { end_block(Return{}); }

Temp Builder::new_temp() {
  TempInfo info;
  info.block = current_;
  temps_.push_back(info);
  return function_.temps++;
}

void Builder::append(Temp result, Operation operation) {
  function_.blocks[current_].instructions.push_back({result, std::move(operation), span_});
}

Temp Builder::usable(Temp temp) {
  CHECK(temp < temps_.size());
  if (temps_[temp].block == current_) return temp;
  if (temps_[temp].constant) return constant(*temps_[temp].constant);
  if (temps_[temp].reloaded && temps_[temp].reloaded->first == current_) return temps_[temp].reloaded->second;
  if (!temps_[temp].spill) {
    // Never a scratch slot: what ran between the two blocks may have used it.
    const SlotId id = slot(8);
    temps_[temp].spill = id;
    function_.blocks[temps_[temp].block].instructions.push_back({kNoTemp, SlotStore{{id, 0}, 8, temp}, span_});
  }
  const Temp again = load({*temps_[temp].spill, 0});
  temps_[temp].reloaded = {current_, again};
  return again;
}

Temp Builder::constant(int64_t value) {
  const Temp temp = new_temp();
  temps_[temp].constant = value;
  append(temp, Const{value});
  return temp;
}

std::optional<int64_t> Builder::constant_of(Temp temp) const {
  CHECK(temp < temps_.size());
  return temps_[temp].constant;
}

Temp Builder::binary(BinaryOp op, Temp left, Temp right) {
  const auto a = constant_of(left);
  const auto b = constant_of(right);
  if (a && b) return constant(evaluate(op, *a, *b));
  return add(Binary{op, left, right});
}

Temp Builder::extend(Temp value, uint32_t size, bool is_signed) {
  if (size >= 8) return value;
  if (const auto known = constant_of(value))
    return constant(ir::extend(*known, static_cast<uint8_t>(size * 8), is_signed));
  return add(Extend{value, static_cast<uint8_t>(size * 8), is_signed});
}

Temp Builder::truth(Temp value) {
  const TempInfo& info = temps_[value];
  if (info.block == current_ && !info.constant) {
    for (const Instruction& instruction : function_.blocks[current_].instructions) {
      if (instruction.result != value) continue;
      const auto* operation = std::get_if<Binary>(&instruction.operation);
      if (operation != nullptr && is_comparison(operation->op)) return value;
    }
  }
  return binary(BinaryOp::kNotEqual, value, constant(0));
}

Temp Builder::load(Place from, uint32_t size, bool is_signed) {
  return add(SlotLoad{from, static_cast<uint8_t>(size), is_signed});
}

void Builder::store(Place to, Temp value, uint32_t size) { run(SlotStore{to, static_cast<uint8_t>(size), value}); }

void Builder::zero(Place to, uint32_t length) {
  if (length != 0) run(SlotZero{to, length});
}

void Builder::copy(Place to, Place from, uint32_t length) {
  if (length == 0 || to == from) return;
  if (length == 8) {
    store(to, load(from));
  } else {
    run(SlotCopy{to, from, length});
  }
}

void Builder::fix_operands(Operation& operation) {
  for_each_operand(operation, [this](Temp& temp) { temp = usable(temp); });
}

Temp Builder::add(Operation operation) {
  fix_operands(operation);
  const Temp result = new_temp();
  append(result, std::move(operation));
  return result;
}

void Builder::run(Operation operation) {
  fix_operands(operation);
  append(kNoTemp, std::move(operation));
}

Function Builder::finish() { return std::move(function_); }

}  // namespace polytap::ir
