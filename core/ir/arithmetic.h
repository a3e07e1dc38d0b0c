// The meaning of Binary and Extend: what the interpreter computes and the optimizer folds.
#pragma once

#include <cstdint>

#include "core/ir/ir.h"

namespace polytap::ir {

// Wraps around; x / 0 = 0, x % 0 = 0; shift counts are masked to 0..63; comparisons give 0 or 1.
inline int64_t evaluate(BinaryOp op, int64_t left, int64_t right) {
  const auto a = static_cast<uint64_t>(left);
  const auto b = static_cast<uint64_t>(right);
  switch (op) {
    case BinaryOp::kAdd:
      return static_cast<int64_t>(a + b);
    case BinaryOp::kSub:
      return static_cast<int64_t>(a - b);
    case BinaryOp::kMul:
      return static_cast<int64_t>(a * b);
    case BinaryOp::kUnsignedDiv:
      return b == 0 ? 0 : static_cast<int64_t>(a / b);
    case BinaryOp::kSignedDiv:
      // -1 apart: INT64_MIN / -1 overflows in C++, and wraps here.
      if (b == 0) return 0;
      return right == -1 ? static_cast<int64_t>(0 - a) : left / right;
    case BinaryOp::kUnsignedMod:
      return b == 0 ? 0 : static_cast<int64_t>(a % b);
    case BinaryOp::kSignedMod:
      return b == 0 || right == -1 ? 0 : left % right;
    case BinaryOp::kAnd:
      return left & right;
    case BinaryOp::kOr:
      return left | right;
    case BinaryOp::kXor:
      return left ^ right;
    case BinaryOp::kShiftLeft:
      return static_cast<int64_t>(a << (b & 63));
    case BinaryOp::kLogicalShiftRight:
      return static_cast<int64_t>(a >> (b & 63));
    case BinaryOp::kArithmeticShiftRight:
      return left >> (b & 63);
    case BinaryOp::kEqual:
      return left == right ? 1 : 0;
    case BinaryOp::kNotEqual:
      return left != right ? 1 : 0;
    case BinaryOp::kUnsignedLess:
      return a < b ? 1 : 0;
    case BinaryOp::kUnsignedLessEqual:
      return a <= b ? 1 : 0;
    case BinaryOp::kSignedLess:
      return left < right ? 1 : 0;
    case BinaryOp::kSignedLessEqual:
      return left <= right ? 1 : 0;
  }
  return 0;
}

// Keeps the low BITS (8, 16, 32; 64: all) and extends them to 64.
inline int64_t extend(int64_t value, uint8_t bits, bool is_signed) {
  switch (bits) {
    case 8:
      return is_signed ? int64_t{static_cast<int8_t>(value)} : int64_t{static_cast<uint8_t>(value)};
    case 16:
      return is_signed ? int64_t{static_cast<int16_t>(value)} : int64_t{static_cast<uint16_t>(value)};
    case 32:
      return is_signed ? int64_t{static_cast<int32_t>(value)} : int64_t{static_cast<uint32_t>(value)};
    default:
      return value;
  }
}

}  // namespace polytap::ir
