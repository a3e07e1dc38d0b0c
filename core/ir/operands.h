// What an operation reads and writes: temporaries, slot regions, and whether anyone else can see it. One place that
// knows, for the verifier, the optimizer and the code generators.
#pragma once

#include <cstdint>
#include <type_traits>
#include <variant>
#include <vector>

#include "core/ir/ir.h"

namespace polytap::ir {

// Whether the operation has a result (Instruction::result may still be kNoTemp).
bool has_result(const Operation& operation);

// Whether the operation does nothing but write its result and its regions: no map, no record, no exit. Reads that can
// fault count as such, although they count faults.
bool is_pure(const Operation& operation);

// A region of a slot that an operation touches.
struct RegionAccess {
  Place place;
  uint32_t length = 0;
  bool is_write = false;
  const Place* operand = nullptr;  // the Place inside the operation

  uint64_t end() const { return uint64_t{place.offset} + length; }
};

inline bool overlap(const RegionAccess& a, const RegionAccess& b) {
  return a.place.slot == b.place.slot && a.place.offset < b.end() && b.place.offset < a.end();
}
// Whether every byte of INNER is one of OUTER.
inline bool covers(const RegionAccess& outer, const RegionAccess& inner) {
  return outer.place.slot == inner.place.slot && outer.place.offset <= inner.place.offset && inner.end() <= outer.end();
}

// Replaces OUT by the operation's regions, those it reads before those it writes. Keys of scalar maps are none.
void regions_of(const Program& program, const Operation& operation, std::vector<RegionAccess>& out);

// Calls F(Temp&) (or const Temp&) for every temporary that the operation reads.
template <typename AnyOperation, typename F>
void for_each_operand(AnyOperation& operation, F&& f) {
  std::visit(
      [&](auto& op) {
        using Op = std::remove_cvref_t<decltype(op)>;
        if constexpr (std::is_same_v<Op, Binary>) {
          f(op.left);
          f(op.right);
        } else if constexpr (std::is_same_v<Op, Extend> || std::is_same_v<Op, SlotStore> ||
                             std::is_same_v<Op, Aggregate> || std::is_same_v<Op, OverrideResult>) {
          f(op.value);
        } else if constexpr (std::is_same_v<Op, SlotLoadAt>) {
          f(op.index);
        } else if constexpr (std::is_same_v<Op, ReadMemory> || std::is_same_v<Op, ReadString> ||
                             std::is_same_v<Op, WriteMemory>) {
          f(op.address);
        } else if constexpr (std::is_same_v<Op, ReadBuffer>) {
          f(op.address);
          f(op.length);
        } else if constexpr (std::is_same_v<Op, MapAdd>) {
          f(op.delta);
        } else if constexpr (std::is_same_v<Op, SendSignal>) {
          f(op.number);
        } else if constexpr (std::is_same_v<Op, Delay>) {
          f(op.nanoseconds);
        } else if constexpr (std::is_same_v<Op, Exit>) {
          f(op.code);
        } else if constexpr (std::is_same_v<Op, Emit>) {
          for (auto& field : op.fields) {
            if (field.kind == EmitField::Kind::kWord) f(field.word);
          }
        }
      },
      operation);
}

// Calls F(BlockId&) for every block that the terminator can go to.
template <typename AnyTerminator, typename F>
void for_each_target(AnyTerminator& end, F&& f) {
  if (auto* jump = std::get_if<Jump>(&end)) {
    f(jump->to);
  } else if (auto* branch = std::get_if<Branch>(&end)) {
    f(branch->if_true);
    f(branch->if_false);
  }
}

}  // namespace polytap::ir
