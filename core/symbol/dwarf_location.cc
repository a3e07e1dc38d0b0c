#include "core/symbol/dwarf_location.h"

#include <dwarf.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <string_view>
#include <utility>

#include "core/probe/registers.h"

namespace polytap {
namespace {

// By DWARF's numbers (System V ABI of x86-64, figure 3.36).
constexpr uint32_t kRegisters[] = {registers::kAx,  registers::kDx,  registers::kCx,  registers::kBx,  registers::kSi,
                                   registers::kDi,  registers::kBp,  registers::kSp,  registers::kR8,  registers::kR9,
                                   registers::kR10, registers::kR11, registers::kR12, registers::kR13, registers::kR14,
                                   registers::kR15, registers::kIp};
// More than any compiler writes; a damaged file must not hang us.
constexpr size_t kMostNodes = 256;
constexpr uint64_t kMostPartBytes = 4096;

}  // namespace

uint32_t DwarfLocation::add(Node node) {
  nodes_.push_back(node);
  return static_cast<uint32_t>(nodes_.size() - 1);
}

uint32_t DwarfLocation::binary(Operator op, uint32_t left, uint32_t right) {
  return add({.kind = Node::Kind::kBinary, .op = op, .left = left, .right = right});
}

std::optional<uint32_t> DwarfLocation::register_node(uint64_t number) {
  if (number >= std::size(kRegisters)) {
    why_ = "it is in a register that probes do not see (floating point)";
    return std::nullopt;
  }
  return add({.kind = Node::Kind::kRegister, .value = kRegisters[number]});
}

bool DwarfLocation::needs(size_t words) { return stack_.size() >= words || fail("its location is damaged"); }

DwarfLocation::Word DwarfLocation::pop() {
  const Word top = stack_.back();
  stack_.pop_back();
  return top;
}

bool DwarfLocation::push_register(uint64_t number, uint64_t offset) {
  const auto node = register_node(number);
  if (!node) return false;
  push(offset == 0 ? *node : binary(Operator::kAdd, *node, constant(offset)));
  return true;
}

bool DwarfLocation::push_frame_base() {
  if (place_.frame_base == nullptr || depth_ > 0) return fail("the function's frame is not described");
  needs_frame_ = true;
  Dwarf_Op* operations = nullptr;
  size_t count = 0;
  if (dwarf_getlocation_addr(place_.frame_base, place_.address, &operations, &count, 1) != 1) {
    return fail("the function's frame is not described here");
  }
  depth_++;
  const End before = std::exchange(end_, End::kMemory);
  const bool done = run(place_.frame_base, {operations, count}) && needs(1);
  end_ = before;
  depth_--;
  return done;
}

// What it was when the function was entered: known there only.
bool DwarfLocation::push_entry_value(Dwarf_Attribute* attribute, const Dwarf_Op& operation) {
  Dwarf_Attribute inner;
  Dwarf_Op* operations = nullptr;
  size_t count = 0;
  if (!place_.at_entry || dwarf_getlocation_attr(attribute, &operation, &inner) != 0 ||
      dwarf_getlocation(&inner, &operations, &count) != 0 || count != 1 || operations[0].atom < DW_OP_reg0 ||
      operations[0].atom > DW_OP_reg31) {
    return fail("optimized out: only its value at the function's entry is known");
  }
  return push_register(operations[0].atom - DW_OP_reg0, 0);
}

std::optional<DwarfLocation::Word> DwarfLocation::integer_type(Dwarf_Attribute* attribute, const Dwarf_Op& operation) {
  Word type;
  Dwarf_Die die;
  if (dwarf_getlocation_die(attribute, &operation, &die) != 0) return std::nullopt;
  Dwarf_Attribute encoding;
  Dwarf_Word value = 0;
  const int size = dwarf_bytesize(&die);
  if (dwarf_attr(&die, DW_AT_encoding, &encoding) == nullptr || dwarf_formudata(&encoding, &value) != 0) {
    return std::nullopt;
  }
  const bool integer = value == DW_ATE_signed || value == DW_ATE_signed_char || value == DW_ATE_unsigned ||
                       value == DW_ATE_unsigned_char || value == DW_ATE_boolean || value == DW_ATE_address;
  if (!integer || (size != 1 && size != 2 && size != 4 && size != 8)) return std::nullopt;
  type.size = static_cast<uint8_t>(size);
  type.is_signed = value == DW_ATE_signed || value == DW_ATE_signed_char;
  return type;
}

void DwarfLocation::extend_top(const Word& type) {
  Word& top = stack_.back();
  if (type.size != 0 && type.size < 8) {
    top.node = add(
        {.kind = Node::Kind::kExtend, .is_signed = type.is_signed, .size = type.size, .left = top.node, .right = 0});
  }
  top.size = type.size;
  top.is_signed = type.is_signed;
}

bool DwarfLocation::typed_step(Dwarf_Attribute* attribute, const Dwarf_Op& operation) {
  constexpr std::string_view kNoInteger = "its location computes with other numbers than integers";
  switch (operation.atom) {
    case DW_OP_convert:
    case DW_OP_GNU_convert:
    case DW_OP_reinterpret:
    case DW_OP_GNU_reinterpret: {
      if (!needs(1)) return false;
      if (operation.number == 0) {
        extend_top({0, 0, false});
        return true;
      }
      const auto type = integer_type(attribute, operation);
      if (!type) return fail(std::string(kNoInteger));
      extend_top(*type);
      return true;
    }
    case DW_OP_regval_type:
    case DW_OP_GNU_regval_type: {
      const auto type = integer_type(attribute, operation);
      if (!type) return fail(std::string(kNoInteger));
      if (!push_register(operation.number, 0)) return false;
      extend_top(*type);
      return true;
    }
    default: {  // DW_OP_deref_type
      const auto type = integer_type(attribute, operation);
      if (!type || !needs(1)) return fail(std::string(kNoInteger));
      const Word address = pop();
      push(add({.kind = Node::Kind::kLoad, .size = type->size, .left = address.node, .right = 0}));
      extend_top(*type);
      return true;
    }
  }
}

bool DwarfLocation::binary_step(uint8_t atom) {
  if (!needs(2)) return false;
  const Word right = pop();
  const Word left = pop();
  // The generic type is unsigned; yet what divides and compares takes it for signed (DWARF 5, 2.5.1.4).
  const bool is_signed = left.size == 0 || left.is_signed;
  Operator op = Operator::kAdd;
  bool swapped = false;
  switch (atom) {
    case DW_OP_plus:
      op = Operator::kAdd;
      break;
    case DW_OP_minus:
      op = Operator::kSub;
      break;
    case DW_OP_mul:
      op = Operator::kMul;
      break;
    case DW_OP_div:
      op = is_signed ? Operator::kSignedDiv : Operator::kUnsignedDiv;
      break;
    case DW_OP_mod:
      op = Operator::kUnsignedMod;
      break;
    case DW_OP_and:
      op = Operator::kAnd;
      break;
    case DW_OP_or:
      op = Operator::kOr;
      break;
    case DW_OP_xor:
      op = Operator::kXor;
      break;
    case DW_OP_shl:
      op = Operator::kShiftLeft;
      break;
    case DW_OP_shr:
      op = Operator::kLogicalShiftRight;
      break;
    case DW_OP_shra:
      op = Operator::kArithmeticShiftRight;
      break;
    case DW_OP_eq:
      op = Operator::kEqual;
      break;
    case DW_OP_ne:
      op = Operator::kNotEqual;
      break;
    case DW_OP_gt:
      swapped = true;
      [[fallthrough]];
    case DW_OP_lt:
      op = is_signed ? Operator::kSignedLess : Operator::kUnsignedLess;
      break;
    case DW_OP_ge:
      swapped = true;
      [[fallthrough]];
    default:  // DW_OP_le
      op = is_signed ? Operator::kSignedLessEqual : Operator::kUnsignedLessEqual;
      break;
  }
  push(swapped ? binary(op, right.node, left.node) : binary(op, left.node, right.node));
  const bool compares = op >= Operator::kEqual;
  if (!compares) extend_top({0, left.size, left.is_signed});
  return true;
}

bool DwarfLocation::step(Dwarf_Attribute* attribute, const Dwarf_Op& operation) {
  const uint8_t atom = operation.atom;
  if (atom >= DW_OP_lit0 && atom <= DW_OP_lit31) {
    push(constant(atom - DW_OP_lit0));
    return true;
  }
  if (atom >= DW_OP_breg0 && atom <= DW_OP_breg31) return push_register(atom - DW_OP_breg0, operation.number);
  if (atom >= DW_OP_reg0 && atom <= DW_OP_reg31) {
    end_ = End::kRegister;
    return push_register(atom - DW_OP_reg0, 0);
  }
  switch (atom) {
    case DW_OP_nop:
      return true;
    case DW_OP_addr:
      // The program counter tells where the file is loaded.
      return push_register(16, operation.number - place_.address);
    case DW_OP_addrx:
    case DW_OP_GNU_addr_index: {
      Dwarf_Attribute indexed;
      Dwarf_Addr address = 0;
      if (dwarf_getlocation_attr(attribute, &operation, &indexed) != 0 || dwarf_formaddr(&indexed, &address) != 0) {
        return fail("its location is damaged");
      }
      return push_register(16, address - place_.address);
    }
    case DW_OP_const1u:
    case DW_OP_const1s:
    case DW_OP_const2u:
    case DW_OP_const2s:
    case DW_OP_const4u:
    case DW_OP_const4s:
    case DW_OP_const8u:
    case DW_OP_const8s:
    case DW_OP_constu:
    case DW_OP_consts:
      push(constant(operation.number));
      return true;
    case DW_OP_bregx:
      return push_register(operation.number, operation.number2);
    case DW_OP_regx:
      end_ = End::kRegister;
      return push_register(operation.number, 0);
    case DW_OP_fbreg:
      if (!push_frame_base()) return false;
      push(binary(Operator::kAdd, pop().node, constant(operation.number)));
      return true;
    case DW_OP_call_frame_cfa:
      if (place_.frame_address.empty() || depth_ > 2) return fail("the function's frame is not described");
      needs_frame_ = true;
      depth_++;
      if (!run(nullptr, place_.frame_address)) return false;
      depth_--;
      return true;
    case DW_OP_dup:
    case DW_OP_over:
    case DW_OP_pick: {
      const uint64_t below = atom == DW_OP_dup ? 0 : atom == DW_OP_over ? 1 : operation.number;
      if (below >= stack_.size()) return fail("its location is damaged");
      stack_.push_back(stack_[stack_.size() - 1 - below]);
      return true;
    }
    case DW_OP_drop:
      if (!needs(1)) return false;
      pop();
      return true;
    case DW_OP_swap:
      if (!needs(2)) return false;
      std::swap(stack_[stack_.size() - 1], stack_[stack_.size() - 2]);
      return true;
    case DW_OP_rot:
      if (!needs(3)) return false;
      std::rotate(stack_.end() - 3, stack_.end() - 1, stack_.end());
      return true;
    case DW_OP_deref:
    case DW_OP_deref_size: {
      const uint64_t size = atom == DW_OP_deref ? 8 : operation.number;
      if (!needs(1)) return false;
      if (size != 1 && size != 2 && size != 4 && size != 8) return fail("its location is damaged");
      const Word address = pop();
      push(add({.kind = Node::Kind::kLoad, .size = static_cast<uint8_t>(size), .left = address.node, .right = 0}));
      return true;
    }
    case DW_OP_plus_uconst:
      if (!needs(1)) return false;
      push(binary(Operator::kAdd, pop().node, constant(operation.number)));
      return true;
    case DW_OP_neg:
    case DW_OP_not: {
      if (!needs(1)) return false;
      const Word word = pop();
      push(atom == DW_OP_neg ? binary(Operator::kSub, constant(0), word.node)
                             : binary(Operator::kXor, word.node, constant(~uint64_t{0})));
      extend_top({0, word.size, word.is_signed});
      return true;
    }
    case DW_OP_plus:
    case DW_OP_minus:
    case DW_OP_mul:
    case DW_OP_div:
    case DW_OP_mod:
    case DW_OP_and:
    case DW_OP_or:
    case DW_OP_xor:
    case DW_OP_shl:
    case DW_OP_shr:
    case DW_OP_shra:
    case DW_OP_eq:
    case DW_OP_ne:
    case DW_OP_lt:
    case DW_OP_le:
    case DW_OP_gt:
    case DW_OP_ge:
      return binary_step(atom);
    case DW_OP_convert:
    case DW_OP_GNU_convert:
    case DW_OP_reinterpret:
    case DW_OP_GNU_reinterpret:
    case DW_OP_regval_type:
    case DW_OP_GNU_regval_type:
    case DW_OP_deref_type:
    case DW_OP_GNU_deref_type:
      return typed_step(attribute, operation);
    case DW_OP_entry_value:
    case DW_OP_GNU_entry_value:
      return push_entry_value(attribute, operation);
    case DW_OP_stack_value:
      end_ = End::kValue;
      return needs(1);
    case DW_OP_implicit_value:
      return implicit_value(attribute, operation);
    case DW_OP_implicit_pointer:
    case DW_OP_GNU_implicit_pointer:
      return fail("optimized out: it points to what is in no memory any more");
    case DW_OP_form_tls_address:
    case DW_OP_GNU_push_tls_address:
      return fail("each thread has its own");
    case DW_OP_piece:
      return finish_piece(operation.number);
    case DW_OP_bit_piece:
      if (operation.number % 8 != 0 || operation.number2 != 0) return fail("it is kept in parts of bytes");
      return finish_piece(operation.number / 8);
    default:
      return fail(fmt::format("its location uses DWARF's operation {:#x}, which probes cannot compute", atom));
  }
}

bool DwarfLocation::run(Dwarf_Attribute* attribute, std::span<const Dwarf_Op> operations) {
  for (const Dwarf_Op& operation : operations) {
    if (!step(attribute, operation)) return false;
    if (nodes_.size() > kMostNodes) return fail("its location is too long");
  }
  return true;
}

bool DwarfLocation::implicit_value(Dwarf_Attribute* attribute, const Dwarf_Op& operation) {
  Dwarf_Block block;
  if (dwarf_getlocation_implicit_value(attribute, &operation, &block) != 0) return fail("its location is damaged");
  uint64_t value = 0;
  if (block.length > sizeof value) return fail("it is a constant of more than 8 bytes");
  std::memcpy(&value, block.data, block.length);
  push(constant(value));
  end_ = End::kValue;
  return true;
}

bool DwarfLocation::finish_piece(uint64_t bytes) {
  if (stack_.empty()) return fail("optimized out in parts");
  const bool in_memory = end_ == End::kMemory;
  const bool fits_word = bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8;
  if (bytes == 0 || (!in_memory && (!fits_word || filled_ % bytes != 0))) {
    return fail("it is kept in parts that are no words");
  }
  // What is in parts is put together when the probe fires.
  if (bytes > kMostPartBytes - filled_) return fail("it is kept in parts of too many bytes");
  pieces_.push_back({in_memory, pop().node, static_cast<uint32_t>(filled_), static_cast<uint32_t>(bytes)});
  filled_ += bytes;
  end_ = End::kMemory;
  return true;
}

bool DwarfLocation::finish_whole(uint32_t size) {
  if (!pieces_.empty()) {
    if (filled_ < size) return fail("optimized out in parts");
    return true;
  }
  if (stack_.empty()) return fail("optimized out");
  if (end_ != End::kMemory && size > 8) return fail("it is in a register that probes do not see (floating point)");
  pieces_.push_back({end_ == End::kMemory, pop().node, 0, size});
  return true;
}

bool DwarfLocation::translate(Dwarf_Attribute* attribute, uint32_t size, ProbeVariable& variable) {
  Dwarf_Op* operations = nullptr;
  size_t count = 0;
  if (dwarf_getlocation_addr(attribute, place_.address, &operations, &count, 1) != 1 || count == 0) {
    return fail("optimized out");
  }
  if (!run(attribute, {operations, count}) || !finish_whole(size)) return false;
  variable.nodes = std::move(nodes_);
  variable.pieces = std::move(pieces_);
  return true;
}

bool DwarfLocation::translate_constant(Dwarf_Attribute* attribute, uint32_t size, ProbeVariable& variable) {
  Dwarf_Word word = 0;
  Dwarf_Sword number = 0;
  Dwarf_Block block;
  if (dwarf_formblock(attribute, &block) == 0) {
    if (block.length > sizeof word) return fail("it is a constant of more than 8 bytes");
    std::memcpy(&word, block.data, block.length);
  } else if (dwarf_formsdata(attribute, &number) == 0) {
    word = static_cast<Dwarf_Word>(number);
  } else if (dwarf_formudata(attribute, &word) != 0) {
    return fail("it is a constant that is no number");
  }
  if (size > 8) return fail("it is a constant of more than 8 bytes");
  variable.pieces.push_back({false, constant(word), 0, size});
  variable.nodes = std::move(nodes_);
  return true;
}

}  // namespace polytap
