// DWARF's location expressions (DWARF 5, 2.5 and 2.6) at one fixed place, as words to be computed when a probe fires.
#pragma once

#include <elfutils/libdw.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/probe/variable.h"

namespace polytap {

// Translates the expressions of one variable; LocationNodes gather in it.
class DwarfLocation {
 public:
  struct Place {
    uint64_t address = 0;   // of the probe, in the file's own address space
    bool at_entry = false;  // it is the function's first instruction
    // DW_AT_frame_base of the function and the rule of the canonical frame address there; empty: not told.
    Dwarf_Attribute* frame_base = nullptr;
    std::span<const Dwarf_Op> frame_address;
  };
  explicit DwarfLocation(const Place& place) : place_(place) {}

  // Of a variable of SIZE bytes. False: WHY() tells.
  bool translate(Dwarf_Attribute* attribute, uint32_t size, ProbeVariable& variable);
  // The variable is the constant of DW_AT_const_value.
  bool translate_constant(Dwarf_Attribute* attribute, uint32_t size, ProbeVariable& variable);
  const std::string& why() const { return why_; }
  // Some part of it is told relative to a frame that the function's first instructions make.
  bool needs_frame() const { return needs_frame_; }

 private:
  using Node = LocationNode;
  using Operator = LocationNode::Operator;
  // A word on DWARF's stack with its type: 0 bytes is the generic type.
  struct Word {
    uint32_t node = 0;
    uint8_t size = 0;
    bool is_signed = false;
  };
  enum class End : uint8_t { kMemory, kValue, kRegister };

  bool fail(std::string why) {
    why_ = std::move(why);
    return false;
  }
  uint32_t add(Node node);
  uint32_t constant(uint64_t value) { return add({.kind = Node::Kind::kConstant, .value = value}); }
  uint32_t binary(Operator op, uint32_t left, uint32_t right);
  std::optional<uint32_t> register_node(uint64_t number);
  void push(uint32_t node) { stack_.push_back({node, 0, false}); }
  bool needs(size_t words);
  Word pop();
  bool push_register(uint64_t number, uint64_t offset);
  bool push_frame_base();
  bool push_entry_value(Dwarf_Attribute* attribute, const Dwarf_Op& operation);
  bool run(Dwarf_Attribute* attribute, std::span<const Dwarf_Op> operations);
  bool step(Dwarf_Attribute* attribute, const Dwarf_Op& operation);
  bool typed_step(Dwarf_Attribute* attribute, const Dwarf_Op& operation);
  bool binary_step(uint8_t atom);
  bool implicit_value(Dwarf_Attribute* attribute, const Dwarf_Op& operation);
  bool finish_piece(uint64_t bytes);
  bool finish_whole(uint32_t size);
  // A base type's size and sign; nullopt for what is no integer.
  std::optional<Word> integer_type(Dwarf_Attribute* attribute, const Dwarf_Op& operation);
  void extend_top(const Word& type);

  const Place& place_;
  std::vector<Node> nodes_;
  std::vector<Word> stack_;
  std::vector<LocationPiece> pieces_;
  uint64_t filled_ = 0;  // bytes of the variable that pieces cover
  End end_ = End::kMemory;
  int depth_ = 0;
  bool needs_frame_ = false;
  std::string why_;
};

}  // namespace polytap
