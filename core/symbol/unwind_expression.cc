#include "core/symbol/unwind_expression.h"

#include <dwarf.h>

#include <utility>

#include "core/symbol/unwind_reader.h"

namespace polytap {
namespace {

constexpr size_t kMaxDepth = 64;
// Loops are possible: branches may go back.
constexpr unsigned kMaxSteps = 1000;

class Evaluation {
 public:
  Evaluation(std::string_view expression, const UnwindValues& registers, UnwindMemory& memory)
      : size_(expression.size()), reader_(expression), registers_(registers), memory_(memory) {}

  bool push(uint64_t value) {
    if (depth_ == kMaxDepth) return false;
    stack_[depth_++] = value;
    return true;
  }
  bool run() {
    for (unsigned steps = 0; !reader_.at_end(); ++steps) {
      if (steps == kMaxSteps || !step(reader_.byte()) || !reader_.ok()) return false;
    }
    return depth_ != 0;
  }
  uint64_t top() const { return stack_[depth_ - 1]; }

 private:
  uint64_t pop() { return stack_[--depth_]; }
  bool step(uint8_t opcode);
  bool push_constant(uint8_t opcode);
  bool arrange(uint8_t opcode);
  bool unary(uint8_t opcode);
  bool binary(uint8_t opcode);
  bool branch(int16_t distance);
  bool dereference(unsigned size);

  size_t size_;
  UnwindReader reader_;
  const UnwindValues& registers_;
  UnwindMemory& memory_;
  std::array<uint64_t, kMaxDepth> stack_{};
  size_t depth_ = 0;
};

bool Evaluation::push_constant(uint8_t opcode) {
  const auto extend = [](auto value) { return static_cast<uint64_t>(int64_t{value}); };
  switch (opcode) {
    case DW_OP_addr:
    case DW_OP_const8u:
    case DW_OP_const8s:
      return push(reader_.take<uint64_t>());
    case DW_OP_const1u:
      return push(reader_.take<uint8_t>());
    case DW_OP_const1s:
      return push(extend(reader_.take<int8_t>()));
    case DW_OP_const2u:
      return push(reader_.take<uint16_t>());
    case DW_OP_const2s:
      return push(extend(reader_.take<int16_t>()));
    case DW_OP_const4u:
      return push(reader_.take<uint32_t>());
    case DW_OP_const4s:
      return push(extend(reader_.take<int32_t>()));
    case DW_OP_constu:
      return push(reader_.uleb());
    default:
      return push(static_cast<uint64_t>(reader_.sleb()));
  }
}

bool Evaluation::arrange(uint8_t opcode) {
  size_t needed = 1;
  if (opcode == DW_OP_over || opcode == DW_OP_swap) needed = 2;
  if (opcode == DW_OP_rot) needed = 3;
  const uint8_t picked = opcode == DW_OP_pick ? reader_.byte() : 0;
  if (depth_ < needed || picked >= depth_) return false;
  uint64_t* const above = stack_.data() + depth_;
  switch (opcode) {
    case DW_OP_dup:
      return push(above[-1]);
    case DW_OP_drop:
      --depth_;
      return true;
    case DW_OP_over:
      return push(above[-2]);
    case DW_OP_pick:
      return push(*(above - 1 - picked));
    case DW_OP_swap:
      std::swap(above[-1], above[-2]);
      return true;
    default: {  // DW_OP_rot
      const uint64_t first = above[-1];
      above[-1] = above[-2];
      above[-2] = above[-3];
      above[-3] = first;
      return true;
    }
  }
}

bool Evaluation::dereference(unsigned size) {
  if (depth_ == 0 || size == 0 || size > 8) return false;
  uint64_t word = 0;
  if (!memory_.read(pop(), word)) return false;
  return push(size == 8 ? word : word & ((uint64_t{1} << (8 * size)) - 1));
}

bool Evaluation::unary(uint8_t opcode) {
  const uint64_t added = opcode == DW_OP_plus_uconst ? reader_.uleb() : 0;
  if (depth_ == 0) return false;
  uint64_t& value = stack_[depth_ - 1];
  switch (opcode) {
    case DW_OP_abs:
      if (static_cast<int64_t>(value) < 0) value = 0 - value;
      return true;
    case DW_OP_neg:
      value = 0 - value;
      return true;
    case DW_OP_not:
      value = ~value;
      return true;
    default:
      value += added;
      return true;
  }
}

bool Evaluation::binary(uint8_t opcode) {
  if (depth_ < 2) return false;
  const uint64_t right = pop();
  const uint64_t left = pop();
  const auto signed_left = static_cast<int64_t>(left);
  const auto signed_right = static_cast<int64_t>(right);
  switch (opcode) {
    case DW_OP_and:
      return push(left & right);
    case DW_OP_or:
      return push(left | right);
    case DW_OP_xor:
      return push(left ^ right);
    case DW_OP_plus:
      return push(left + right);
    case DW_OP_minus:
      return push(left - right);
    case DW_OP_mul:
      return push(left * right);
    case DW_OP_div:
      if (right == 0 || (signed_left == INT64_MIN && signed_right == -1)) return false;
      return push(static_cast<uint64_t>(signed_left / signed_right));
    case DW_OP_mod:
      return right != 0 && push(left % right);
    case DW_OP_shl:
      return push(right < 64 ? left << right : 0);
    case DW_OP_shr:
      return push(right < 64 ? left >> right : 0);
    case DW_OP_shra:
      return push(static_cast<uint64_t>(signed_left >> (right < 64 ? right : 63)));
    case DW_OP_eq:
      return push(left == right ? 1 : 0);
    case DW_OP_ne:
      return push(left != right ? 1 : 0);
    case DW_OP_lt:
      return push(signed_left < signed_right ? 1 : 0);
    case DW_OP_le:
      return push(signed_left <= signed_right ? 1 : 0);
    case DW_OP_gt:
      return push(signed_left > signed_right ? 1 : 0);
    default:  // DW_OP_ge
      return push(signed_left >= signed_right ? 1 : 0);
  }
}

bool Evaluation::branch(int16_t distance) {
  const int64_t to = static_cast<int64_t>(reader_.position()) + distance;
  if (!reader_.ok() || to < 0 || static_cast<uint64_t>(to) > size_) return false;
  reader_.skip_to(static_cast<size_t>(to));
  return true;
}

bool Evaluation::step(uint8_t opcode) {
  if (opcode >= DW_OP_lit0 && opcode <= DW_OP_lit31) return push(opcode - DW_OP_lit0);
  if (opcode >= DW_OP_breg0 && opcode <= DW_OP_breg31) {
    const uint32_t number = opcode - DW_OP_breg0;
    const int64_t offset = reader_.sleb();
    return number < kUnwindRegisters && push(registers_[number] + static_cast<uint64_t>(offset));
  }
  if (opcode == DW_OP_addr || (opcode >= DW_OP_const1u && opcode <= DW_OP_consts)) return push_constant(opcode);
  if (opcode >= DW_OP_dup && opcode <= DW_OP_rot) return arrange(opcode);
  switch (opcode) {
    case DW_OP_deref:
      return dereference(8);
    case DW_OP_deref_size:
      return dereference(reader_.byte());
    case DW_OP_abs:
    case DW_OP_neg:
    case DW_OP_not:
    case DW_OP_plus_uconst:
      return unary(opcode);
    case DW_OP_and:
    case DW_OP_div:
    case DW_OP_minus:
    case DW_OP_mod:
    case DW_OP_mul:
    case DW_OP_or:
    case DW_OP_plus:
    case DW_OP_shl:
    case DW_OP_shr:
    case DW_OP_shra:
    case DW_OP_xor:
    case DW_OP_eq:
    case DW_OP_ge:
    case DW_OP_gt:
    case DW_OP_le:
    case DW_OP_lt:
    case DW_OP_ne:
      return binary(opcode);
    case DW_OP_skip:
      return branch(reader_.take<int16_t>());
    case DW_OP_bra: {
      const auto distance = reader_.take<int16_t>();
      if (depth_ == 0) return false;
      return pop() == 0 || branch(distance);
    }
    case DW_OP_bregx: {
      const uint64_t number = reader_.uleb();
      const int64_t offset = reader_.sleb();
      return number < kUnwindRegisters && push(registers_[number] + static_cast<uint64_t>(offset));
    }
    case DW_OP_nop:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::optional<uint64_t> evaluate_expression(std::string_view expression, const UnwindValues& registers,
                                            UnwindMemory& memory, std::optional<uint64_t> initial) {
  Evaluation evaluation(expression, registers, memory);
  if (initial) evaluation.push(*initial);
  if (!evaluation.run()) return std::nullopt;
  return evaluation.top();
}

}  // namespace polytap
