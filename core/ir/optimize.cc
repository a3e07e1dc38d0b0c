#include "core/ir/optimize.h"

#include <algorithm>

#include "core/ir/operands.h"
#include "core/ir/optimize_passes.h"

namespace polytap::ir {
namespace {

// Every round makes the function smaller or cheaper; scripts settle in two or three.
constexpr int kMaxRounds = 8;

// Temporaries get numbers without gaps, in order of definition.
void renumber_temps(Function& function) {
  std::vector<Temp> renamed(function.temps, kNoTemp);
  Temp next = 0;
  for (Block& block : function.blocks) {
    for (Instruction& instruction : block.instructions) {
      for_each_operand(instruction.operation, [&](Temp& temp) { temp = renamed[temp]; });
      if (instruction.result == kNoTemp) continue;
      renamed[instruction.result] = next;
      instruction.result = next++;
    }
    if (auto* branch = std::get_if<Branch>(&block.end)) branch->condition = renamed[branch->condition];
  }
  function.temps = next;
}

// Whether OPERATION writes bytes with a NUL among them that hides what followed in the region before.
bool writes_string(const Operation& operation) {
  return std::holds_alternative<ReadString>(operation) || std::holds_alternative<ContextString>(operation) ||
         std::holds_alternative<SlotLiteral>(operation) || std::holds_alternative<SlotZero>(operation);
}

// Whether ACCESS of OPERATION stops at the first NUL.
bool stops_at_nul(const Operation& operation, const RegionAccess& access) {
  if (std::holds_alternative<StringLength>(operation) || std::holds_alternative<FindText>(operation) ||
      std::holds_alternative<JoinTexts>(operation)) {
    return true;
  }
  const auto* emit = std::get_if<Emit>(&operation);
  if (emit == nullptr) return false;
  return std::ranges::any_of(emit->fields, [&](const EmitField& field) {
    return &field.from == access.operand && field.kind == EmitField::Kind::kString;
  });
}

// The string that READ writes is only ever looked at from its start to its NUL.
bool needs_no_padding(const Program& program, const Function& function, const ReadString& read) {
  const RegionAccess target{read.to, read.capacity, true, nullptr};
  std::vector<RegionAccess> regions;
  for (const Block& block : function.blocks) {
    for (const Instruction& instruction : block.instructions) {
      regions_of(program, instruction.operation, regions);
      for (const RegionAccess& access : regions) {
        if (!overlap(access, target)) continue;
        if (access.place != read.to) return false;
        if (access.is_write ? !writes_string(instruction.operation) : !stops_at_nul(instruction.operation, access)) {
          return false;
        }
      }
    }
  }
  return true;
}

}  // namespace

bool leave_unpadded(const Program& program, Function& function) {
  bool changed = false;
  for (Block& block : function.blocks) {
    for (Instruction& instruction : block.instructions) {
      auto* read = std::get_if<ReadString>(&instruction.operation);
      if (read == nullptr || read->unpadded || !needs_no_padding(program, function, *read)) continue;
      read->unpadded = true;
      changed = true;
    }
  }
  return changed;
}

Program optimize(Program program) {
  for (Function& function : program.functions) {
    bool changed = true;
    for (int round = 0; changed && round < kMaxRounds; ++round) {
      changed = straighten(function);
      changed = reuse_reads(program, function) || changed;
      changed = forward_slots(program, function) || changed;
      changed = fold(function) || changed;
      changed = remove_dead(program, function) || changed;
    }
    remove_unused_slots(program, function);
    leave_unpadded(program, function);
    renumber_temps(function);
  }
  return program;
}

}  // namespace polytap::ir
