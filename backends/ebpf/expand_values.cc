// Arithmetic, comparisons and slots.
#include <algorithm>
#include <bit>
#include <cstring>

#include "backends/ebpf/function_compiler.h"
#include "backends/ebpf/helpers.h"
#include "core/base/check.h"

namespace polytap::ebpf {
namespace {

std::optional<Alu> simple_alu(ir::BinaryOp op) {
  switch (op) {
    case ir::BinaryOp::kAdd:
      return Alu::kAdd;
    case ir::BinaryOp::kSub:
      return Alu::kSub;
    case ir::BinaryOp::kMul:
      return Alu::kMul;
    case ir::BinaryOp::kAnd:
      return Alu::kAnd;
    case ir::BinaryOp::kOr:
      return Alu::kOr;
    case ir::BinaryOp::kXor:
      return Alu::kXor;
    case ir::BinaryOp::kShiftLeft:
      return Alu::kShiftLeft;
    case ir::BinaryOp::kLogicalShiftRight:
      return Alu::kShiftRight;
    case ir::BinaryOp::kArithmeticShiftRight:
      return Alu::kArithmeticShiftRight;
    default:
      return std::nullopt;
  }
}

bool is_shift(ir::BinaryOp op) {
  return op == ir::BinaryOp::kShiftLeft || op == ir::BinaryOp::kLogicalShiftRight ||
         op == ir::BinaryOp::kArithmeticShiftRight;
}

Jump jump_for(ir::BinaryOp op) {
  switch (op) {
    case ir::BinaryOp::kEqual:
      return Jump::kEqual;
    case ir::BinaryOp::kNotEqual:
      return Jump::kNotEqual;
    case ir::BinaryOp::kUnsignedLess:
      return Jump::kLess;
    case ir::BinaryOp::kUnsignedLessEqual:
      return Jump::kLessEqual;
    case ir::BinaryOp::kSignedLess:
      return Jump::kSignedLess;
    default:
      CHECK(op == ir::BinaryOp::kSignedLessEqual);
      return Jump::kSignedLessEqual;
  }
}

}  // namespace

void FunctionCompiler::expand(const ir::Const&, ir::Temp) {}  // made again at each use

void FunctionCompiler::expand(const ir::Binary& op, ir::Temp result) {
  if (!wants(result)) return;
  const std::optional<Alu> alu = simple_alu(op.op);
  if (!alu) {
    if (op.op >= ir::BinaryOp::kEqual) {
      expand_comparison(op, result);
    } else {
      expand_division(op, result);
    }
    return;
  }
  const Home& home = plan_.allocation.homes[result];
  const Home& right_home = plan_.allocation.homes[op.right];
  const bool right_is_there = right_home.kind == Home::Kind::kRegister && right_home.reg == home.reg;
  const Reg to = home.kind == Home::Kind::kRegister && !right_is_there ? home.reg : Reg::k0;
  load_temp(to, op.left);
  if (is_shift(op.op)) {
    if (right_home.kind == Home::Kind::kConstant) {
      const auto bits = static_cast<int32_t>(right_home.constant & 63);
      if (bits != 0) code_.alu(*alu, to, bits);
    } else {
      load_temp(Reg::k1, op.right);
      code_.alu(Alu::kAnd, Reg::k1, 63);
      code_.alu(*alu, to, Reg::k1);
    }
  } else if (const std::optional<int32_t> constant = small_constant(op.right)) {
    code_.alu(*alu, to, *constant);
  } else {
    code_.alu(*alu, to, operand(op.right, Reg::k1));
  }
  if (to == Reg::k0) set_result(result, Reg::k0);
}

// Kernels before 6.6 have no signed division, so it is made from the unsigned one. Theirs gives x / 0 = 0, as ours
// does, but x % 0 = x. The magnitude of INT64_MIN is itself, taken as unsigned.
void FunctionCompiler::expand_division(const ir::Binary& op, ir::Temp result) {
  const bool is_signed = op.op == ir::BinaryOp::kSignedDiv || op.op == ir::BinaryOp::kSignedMod;
  const bool is_mod = op.op == ir::BinaryOp::kUnsignedMod || op.op == ir::BinaryOp::kSignedMod;
  const Label done = code_.new_label();
  load_temp(Reg::k0, op.left);
  load_temp(Reg::k1, op.right);
  if (is_signed) {
    code_.move(Reg::k2, Reg::k0);  // its sign: the result's
    if (!is_mod) code_.alu(Alu::kXor, Reg::k2, Reg::k1);
    for (const Reg reg : {Reg::k0, Reg::k1}) {
      const Label positive = code_.new_label();
      code_.jump_if(Jump::kSignedGreaterEqual, reg, 0, positive);
      code_.negate(reg);
      code_.bind(positive);
    }
  }
  if (is_mod) {
    const Label not_zero = code_.new_label();
    code_.jump_if(Jump::kNotEqual, Reg::k1, 0, not_zero);
    code_.move(Reg::k0, 0);
    code_.jump(done);
    code_.bind(not_zero);
  }
  code_.alu(is_mod ? Alu::kMod : Alu::kDiv, Reg::k0, Reg::k1);
  if (is_signed) {
    code_.jump_if(Jump::kSignedGreaterEqual, Reg::k2, 0, done);
    code_.negate(Reg::k0);
  }
  code_.bind(done);
  set_result(result, Reg::k0);
}

void FunctionCompiler::jump_if_holds(const ir::Binary& op, Label to) {
  const Reg left = operand(op.left, Reg::k0);
  if (const std::optional<int32_t> constant = small_constant(op.right)) {
    code_.jump_if(jump_for(op.op), left, *constant, to);
  } else {
    code_.jump_if(jump_for(op.op), left, operand(op.right, Reg::k1), to);
  }
}

void FunctionCompiler::expand_comparison(const ir::Binary& op, ir::Temp result) {
  const Label holds = code_.new_label();
  code_.move(Reg::k2, 1);
  jump_if_holds(op, holds);
  code_.move(Reg::k2, 0);
  code_.bind(holds);
  set_result(result, Reg::k2);
}

void FunctionCompiler::extend(Reg reg, uint32_t bits, bool is_signed) {
  if (bits == 64) return;
  if (bits == 32 && !is_signed) {
    code_.zero_extend_word(reg);
    return;
  }
  const auto shift = static_cast<int32_t>(64 - bits);
  code_.alu(Alu::kShiftLeft, reg, shift);
  code_.alu(is_signed ? Alu::kArithmeticShiftRight : Alu::kShiftRight, reg, shift);
}

void FunctionCompiler::expand(const ir::Extend& op, ir::Temp result) {
  if (!wants(result)) return;
  load_temp(Reg::k0, op.value);
  extend(Reg::k0, op.bits, op.is_signed);
  set_result(result, Reg::k0);
}

void FunctionCompiler::expand(const ir::SlotLoad& op, ir::Temp result) {
  if (!wants(result)) return;
  const Memory from = memory(op.from, op.size, Reg::k1);
  const Home& home = plan_.allocation.homes[result];
  const Reg to = home.kind == Home::Kind::kRegister ? home.reg : Reg::k0;
  code_.load(op.size, to, from.base, from.offset);
  if (op.is_signed) extend(to, op.size * 8U, true);
  set_result(result, to);
}

// The verifier knows bounds of an index into scratch memory, where such slots are.
void FunctionCompiler::expand(const ir::SlotLoadAt& op, ir::Temp result) {
  if (!wants(result)) return;
  const Label none = code_.new_label();
  const Label done = code_.new_label();
  load_temp(Reg::k1, op.index);
  code_.load_constant(Reg::k0, op.count);
  code_.jump_if(Jump::kGreaterEqual, Reg::k1, Reg::k0, none);
  code_.alu(Alu::kShiftLeft, Reg::k1, std::countr_zero(op.size));
  address(Reg::k2, op.from);
  code_.alu(Alu::kAdd, Reg::k2, Reg::k1);
  code_.load(op.size, Reg::k0, Reg::k2, 0);
  if (op.is_signed && op.size < 8) extend(Reg::k0, op.size * 8U, true);
  set_result(result, Reg::k0);
  code_.bind(done);
  code_.defer([this, none, done, result] {
    code_.bind(none);
    set_result(result, 0);
    code_.jump(done);
  });
}

void FunctionCompiler::expand(const ir::SlotStore& op, ir::Temp) {
  const Memory to = memory(op.to, op.size, Reg::k1);
  if (const std::optional<int32_t> constant = small_constant(op.value)) {
    code_.store(op.size, to.base, to.offset, *constant);
  } else {
    code_.store(op.size, to.base, to.offset, operand(op.value, Reg::k0));
  }
}

void FunctionCompiler::expand(const ir::SlotZero& op, ir::Temp) {
  zero_memory(memory(op.to, op.length, Reg::k1), op.length);
}

void FunctionCompiler::expand(const ir::SlotCopy& op, ir::Temp) {
  copy_memory(memory(op.to, op.length, Reg::k2), memory(op.from, op.length, Reg::k1), op.length, Reg::k0);
}

void FunctionCompiler::expand(const ir::SlotLiteral& op, ir::Temp) {
  const std::string& text = program_.strings[op.text];
  const size_t cut = std::min<size_t>(text.size(), op.length - 1);
  const uint32_t text_words = static_cast<uint32_t>((cut + 7) / 8 * 8);
  if (!unrolls(op.length)) zero_memory(memory(op.to, op.length, Reg::k1), op.length);
  const Memory to = memory(op.to, op.length, Reg::k1);
  for (uint32_t done = 0; done < text_words; done += 8) {
    int64_t word = 0;
    std::memcpy(&word, text.data() + done, std::min<size_t>(8, cut - done));
    const int32_t offset = to.offset + static_cast<int32_t>(done);
    if (word == static_cast<int32_t>(word)) {
      code_.store(8, to.base, offset, static_cast<int32_t>(word));
    } else {
      code_.load_constant(Reg::k0, word);
      code_.store(8, to.base, offset, Reg::k0);
    }
  }
  if (unrolls(op.length)) {
    zero_memory({to.base, to.offset + static_cast<int32_t>(text_words)}, op.length - text_words);
  }
}

void FunctionCompiler::expand(const ir::CompareBytes& op, ir::Temp result) {
  if (!wants(result)) return;
  if (!unrolls(op.length)) {
    compare_in_loop(op);
    set_result(result, Reg::k0);
    return;
  }
  const Label done = code_.new_label();
  const Memory left = memory(op.left, op.length, Reg::k1);
  const Memory right = memory(op.right, op.length, Reg::k2);
  code_.move(Reg::k0, 1);
  uint32_t at = 0;
  for (const uint32_t size : {8U, 4U, 2U, 1U}) {
    for (; op.length - at >= size; at += size) {
      code_.load(size, Reg::k3, left.base, left.offset + static_cast<int32_t>(at));
      code_.load(size, Reg::k4, right.base, right.offset + static_cast<int32_t>(at));
      code_.jump_if(Jump::kNotEqual, Reg::k3, Reg::k4, done);
    }
  }
  code_.move(Reg::k0, 0);
  code_.bind(done);
  set_result(result, Reg::k0);
}

// r0: whether they differ. A branch for each word would be too many for the verifier (8,192 may be open), so the
// differences are collected; it goes through the loop round by round, and knows the counter in each.
void FunctionCompiler::compare_in_loop(const ir::CompareBytes& op) {
  const Label next = code_.new_label();
  const Label done = code_.new_label();
  const uint32_t words = op.length / 8 * 8;
  const auto collect = [&](uint32_t size, int32_t offset) {
    code_.load(size, Reg::k3, Reg::k1, offset);
    code_.load(size, Reg::k4, Reg::k2, offset);
    code_.alu(Alu::kXor, Reg::k3, Reg::k4);
    code_.alu(Alu::kOr, Reg::k0, Reg::k3);
  };
  address(Reg::k1, op.left);
  address(Reg::k2, op.right);
  code_.move(Reg::k0, 0);
  code_.move(Reg::k5, 0);
  code_.bind(next);
  collect(8, 0);
  for (const Reg reg : {Reg::k1, Reg::k2, Reg::k5}) code_.alu(Alu::kAdd, reg, 8);
  code_.jump_if(Jump::kLess, Reg::k5, static_cast<int32_t>(words), next);
  int32_t rest = 0;
  for (const uint32_t size : {4U, 2U, 1U}) {
    if ((op.length & size) == 0) continue;
    collect(size, rest);
    rest += static_cast<int32_t>(size);
  }
  code_.jump_if(Jump::kEqual, Reg::k0, 0, done);
  code_.move(Reg::k0, 1);
  code_.bind(done);
}

// A string read from the region to where nobody looks: the kernel's own search for the NUL. One byte more than the
// region, so that a string without NUL has its full length.
void FunctionCompiler::expand(const ir::StringLength& op, ir::Temp result) {
  if (!wants(result)) return;
  address(Reg::k3, op.from);
  scratch_address(Reg::k1, plan_.frame.dump);
  code_.move(Reg::k2, static_cast<int32_t>(op.capacity + 1));
  code_.call(helper::kReadKernelString);
  const Label positive = code_.new_label();
  code_.jump_if(Jump::kSignedGreater, Reg::k0, 0, positive);
  code_.move(Reg::k0, 1);
  code_.bind(positive);
  code_.alu(Alu::kSub, Reg::k0, 1);
  set_result(result, Reg::k0);
}

}  // namespace polytap::ebpf
