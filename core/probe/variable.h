// A parameter or local variable of the function that a probe stands in, as debugging information describes it for that
// one place.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/types/type.h"

namespace polytap {

// One word that is computed of the context's registers, of memory and of nodes in front of it.
struct LocationNode {
  enum class Kind : uint8_t { kConstant, kRegister, kLoad, kExtend, kBinary };
  enum class Operator : uint8_t {
    kAdd,
    kSub,
    kMul,
    kSignedDiv,
    kUnsignedDiv,
    kUnsignedMod,
    kAnd,
    kOr,
    kXor,
    kShiftLeft,
    kLogicalShiftRight,
    kArithmeticShiftRight,
    kEqual,
    kNotEqual,
    kSignedLess,
    kSignedLessEqual,
    kUnsignedLess,
    kUnsignedLessEqual,
  };
  Kind kind = Kind::kConstant;
  Operator op = Operator::kAdd;
  bool is_signed = false;  // kExtend
  uint8_t size = 8;        // bytes: kLoad, kExtend
  uint32_t left = 0;       // a node: the address of kLoad, what is extended
  uint32_t right = 0;
  uint64_t value = 0;  // kConstant; kRegister: the register's offset in the context
};

// Where one part of a variable is: in memory at the address that a node tells, or in the word itself.
struct LocationPiece {
  bool in_memory = true;
  uint32_t node = 0;
  uint32_t offset = 0;  // in the variable
  uint32_t size = 0;
};

struct ProbeVariable {
  std::string name;
  Type type;
  bool is_parameter = false;
  std::vector<LocationNode> nodes;
  std::vector<LocationPiece> pieces;  // empty: it has no value here
  std::string missing;                // why not: "optimized out"
};

}  // namespace polytap
