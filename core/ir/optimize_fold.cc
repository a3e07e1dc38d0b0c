#include <bit>
#include <map>
#include <optional>
#include <tuple>

#include "core/ir/arithmetic.h"
#include "core/ir/operands.h"
#include "core/ir/optimize_passes.h"

namespace polytap::ir {
namespace {

// A value that fits into `bits` bits, extended as is_signed says.
struct Width {
  uint8_t bits = 64;
  bool is_signed = false;
};

bool is_comparison(BinaryOp op) { return op >= BinaryOp::kEqual; }

bool is_commutative(BinaryOp op) {
  switch (op) {
    case BinaryOp::kAdd:
    case BinaryOp::kMul:
    case BinaryOp::kAnd:
    case BinaryOp::kOr:
    case BinaryOp::kXor:
    case BinaryOp::kEqual:
    case BinaryOp::kNotEqual:
      return true;
    default:
      return false;
  }
}

// Builtins that stay the same during one run of a function.
bool is_constant_in_run(Builtin what) {
  switch (what) {
    case Builtin::kPid:
    case Builtin::kTid:
    case Builtin::kUid:
    case Builtin::kGid:
    case Builtin::kCpu:
    case Builtin::kNumaNode:
    case Builtin::kCurrentTask:
    case Builtin::kChildPid:
    case Builtin::kSiteIndex:
    case Builtin::kParentPid:
      return true;
    default:
      return false;
  }
}

class Folder {
 public:
  explicit Folder(Function& function) : function_(function) {
    replacements_.resize(function.temps);
    for (Temp temp = 0; temp < function.temps; ++temp) replacements_[temp] = temp;
    constants_.resize(function.temps);
    widths_.resize(function.temps);
    definitions_.resize(function.temps);
  }

  bool run() {
    for (Block& block : function_.blocks) fold_block(block);
    return changed_;
  }

 private:
  using Key = std::tuple<int, int64_t, int64_t, int64_t>;

  void fold_block(Block& block) {
    known_.clear();
    std::vector<Instruction> old = std::move(block.instructions);
    out_ = &block.instructions;
    out_->clear();
    out_->reserve(old.size());
    for (Instruction& instruction : old) {
      for_each_operand(instruction.operation, [this](Temp& temp) { replace(temp); });
      if (instruction.result != kNoTemp) fold_instruction(instruction);
      out_->push_back(std::move(instruction));
    }
    fold_terminator(block.end);
  }

  void replace(Temp& temp) {
    if (replacements_[temp] == temp) return;
    temp = replacements_[temp];
    changed_ = true;
  }

  void fold_instruction(Instruction& instruction) {
    if (auto* binary = std::get_if<Binary>(&instruction.operation)) {
      fold_binary(instruction, *binary);
    } else if (auto* ext = std::get_if<Extend>(&instruction.operation)) {
      fold_extend(instruction, *ext);
    }
    learn(instruction);
  }

  void become(Instruction& instruction, Operation operation) {
    instruction.operation = std::move(operation);
    changed_ = true;
  }
  // From here on SAME stands for INSTRUCTION's result; the instruction itself is dead.
  void stand_in(const Instruction& instruction, Temp same) { replacements_[instruction.result] = same; }

  void fold_extend(Instruction& instruction, const Extend& op) {
    if (const auto value = constants_[op.value]) {
      return become(instruction, Const{extend(*value, op.bits, op.is_signed)});
    }
    const Width width = widths_[op.value];
    const bool fits_as_it_is = width.is_signed == op.is_signed && width.bits <= op.bits;
    const bool fits_with_room = !width.is_signed && width.bits < op.bits;
    if (fits_as_it_is || fits_with_room) stand_in(instruction, op.value);
  }

  void fold_binary(Instruction& instruction, Binary& op) {
    if (is_commutative(op.op) && constants_[op.left] && !constants_[op.right]) std::swap(op.left, op.right);
    const auto left = constants_[op.left];
    const auto right = constants_[op.right];
    if (left && right) return become(instruction, Const{evaluate(op.op, *left, *right)});
    if (op.left == op.right) {
      if (const auto result = result_on_itself(op.op)) return become(instruction, Const{*result});
      if (op.op == BinaryOp::kAnd || op.op == BinaryOp::kOr) return stand_in(instruction, op.left);
    }
    if (left && *left == 0 && gives_zero_of_zero(op.op)) return become(instruction, Const{0});
    if (right) fold_right_constant(instruction, op, *right);
  }

  // x OP x, where it does not depend on x.
  static std::optional<int64_t> result_on_itself(BinaryOp op) {
    switch (op) {
      case BinaryOp::kSub:
      case BinaryOp::kXor:
      case BinaryOp::kUnsignedMod:
      case BinaryOp::kSignedMod:
      case BinaryOp::kNotEqual:
      case BinaryOp::kUnsignedLess:
      case BinaryOp::kSignedLess:
        return 0;
      case BinaryOp::kEqual:
      case BinaryOp::kUnsignedLessEqual:
      case BinaryOp::kSignedLessEqual:
        return 1;
      default:
        return std::nullopt;
    }
  }

  // 0 OP x = 0 for every x. (The commutative ones have their constant on the right.)
  static bool gives_zero_of_zero(BinaryOp op) {
    switch (op) {
      case BinaryOp::kUnsignedDiv:
      case BinaryOp::kSignedDiv:
      case BinaryOp::kUnsignedMod:
      case BinaryOp::kSignedMod:
      case BinaryOp::kShiftLeft:
      case BinaryOp::kLogicalShiftRight:
      case BinaryOp::kArithmeticShiftRight:
        return true;
      default:
        return false;
    }
  }

  void fold_right_constant(Instruction& instruction, const Binary& op, int64_t right) {
    switch (op.op) {
      case BinaryOp::kAdd:
      case BinaryOp::kSub:
      case BinaryOp::kXor:
        if (right == 0) stand_in(instruction, op.left);
        break;
      case BinaryOp::kOr:
        if (right == 0) stand_in(instruction, op.left);
        if (right == -1) become(instruction, Const{-1});
        break;
      case BinaryOp::kAnd:
        if (right == -1) stand_in(instruction, op.left);
        if (right == 0) become(instruction, Const{0});
        break;
      case BinaryOp::kShiftLeft:
      case BinaryOp::kLogicalShiftRight:
      case BinaryOp::kArithmeticShiftRight:
        if ((right & 63) == 0) stand_in(instruction, op.left);
        break;
      case BinaryOp::kMul:
      case BinaryOp::kUnsignedDiv:
      case BinaryOp::kSignedDiv:
      case BinaryOp::kUnsignedMod:
      case BinaryOp::kSignedMod:
        fold_scaling(instruction, op, right);
        break;
      case BinaryOp::kNotEqual:
        if (right == 0 && is_truth(op.left)) stand_in(instruction, op.left);
        break;
      case BinaryOp::kUnsignedLess:
        if (right == 0) become(instruction, Const{0});
        break;
      default:
        break;
    }
  }

  // Multiplications and divisions by a constant.
  void fold_scaling(Instruction& instruction, const Binary& op, int64_t right) {
    const bool is_mod = op.op == BinaryOp::kUnsignedMod || op.op == BinaryOp::kSignedMod;
    if (right == 0 || (is_mod && right == 1)) return become(instruction, Const{0});
    if (right == 1) return stand_in(instruction, op.left);
    const auto bits = static_cast<uint64_t>(right);
    if (!std::has_single_bit(bits)) return;
    const int64_t shift = std::countr_zero(bits);
    const Temp left = op.left;
    if (op.op == BinaryOp::kMul) {
      become(instruction, Binary{BinaryOp::kShiftLeft, left, constant(shift, instruction.span)});
    } else if (op.op == BinaryOp::kUnsignedDiv) {
      become(instruction, Binary{BinaryOp::kLogicalShiftRight, left, constant(shift, instruction.span)});
    } else if (op.op == BinaryOp::kUnsignedMod) {
      become(instruction, Binary{BinaryOp::kAnd, left, constant(static_cast<int64_t>(bits - 1), instruction.span)});
    }
  }

  bool is_truth(Temp temp) const { return widths_[temp].bits == 1; }

  // A temporary that holds VALUE, defined in front of the current instruction.
  Temp constant(int64_t value, Span span) {
    const Temp temp = function_.temps++;
    replacements_.push_back(temp);
    constants_.emplace_back(value);
    widths_.emplace_back();
    definitions_.emplace_back();
    out_->push_back({temp, Const{value}, span});
    return temp;
  }

  // Notes what is known of the result, and finds it among the values that the block has already computed.
  void learn(const Instruction& instruction) {
    const Temp result = instruction.result;
    if (replacements_[result] != result) return;
    std::optional<Key> key;
    if (const auto* value = std::get_if<Const>(&instruction.operation)) {
      constants_[result] = value->value;
      key = Key{0, value->value, 0, 0};
    } else if (const auto* binary = std::get_if<Binary>(&instruction.operation)) {
      if (is_comparison(binary->op)) widths_[result] = {1, false};
      definitions_[result] = *binary;
      key = Key{1, static_cast<int64_t>(binary->op), binary->left, binary->right};
    } else if (const auto* ext = std::get_if<Extend>(&instruction.operation)) {
      widths_[result] = {ext->bits, ext->is_signed};
      key = Key{2, ext->bits, ext->is_signed ? 1 : 0, ext->value};
    } else if (const auto* load = std::get_if<SlotLoad>(&instruction.operation)) {
      widths_[result] = {static_cast<uint8_t>(8 * load->size), load->is_signed};
    } else if (const auto* context = std::get_if<ContextLoad>(&instruction.operation)) {
      widths_[result] = {static_cast<uint8_t>(8 * context->size), context->is_signed};
      key = Key{3, context->offset, context->size, context->is_signed ? 1 : 0};
    } else if (const auto* builtin = std::get_if<ReadBuiltin>(&instruction.operation)) {
      if (is_constant_in_run(builtin->what)) key = Key{4, static_cast<int64_t>(builtin->what), 0, 0};
    } else if (is_yes_or_no(instruction.operation)) {
      widths_[result] = {1, false};
    }
    if (!key) return;
    const auto [found, is_new] = known_.emplace(*key, result);
    if (!is_new) stand_in(instruction, found->second);
  }

  static bool is_yes_or_no(const Operation& operation) {
    return std::holds_alternative<CompareBytes>(operation) || std::holds_alternative<MapGet>(operation) ||
           std::holds_alternative<MapDelete>(operation) || std::holds_alternative<MapHas>(operation) ||
           std::holds_alternative<ReadMemory>(operation);
  }

  void fold_terminator(Terminator& end) {
    auto* branch = std::get_if<Branch>(&end);
    if (branch == nullptr) return;
    replace(branch->condition);
    // x != 0 and x == 0 are what a branch asks anyway. An equality's constant stands on the right.
    while (true) {
      const std::optional<Binary>& test = definitions_[branch->condition];
      if (!test || constants_[test->right] != 0) break;
      if (test->op != BinaryOp::kEqual && test->op != BinaryOp::kNotEqual) break;
      if (test->op == BinaryOp::kEqual) std::swap(branch->if_true, branch->if_false);
      branch->condition = test->left;
      changed_ = true;
    }
    if (const auto value = constants_[branch->condition]) {
      end = Jump{*value != 0 ? branch->if_true : branch->if_false};
      changed_ = true;
    }
  }

  Function& function_;
  std::vector<Instruction>* out_ = nullptr;
  std::vector<Temp> replacements_;
  std::vector<std::optional<int64_t>> constants_;
  std::vector<Width> widths_;
  std::vector<std::optional<Binary>> definitions_;
  std::map<Key, Temp> known_;  // values of the current block
  bool changed_ = false;
};

}  // namespace

bool fold(Function& function) { return Folder(function).run(); }

}  // namespace polytap::ir
