#include "backends/ebpf/slot_access.h"

namespace polytap::ebpf {
namespace {

uint32_t round_up(uint32_t bytes) { return (bytes + 7) & ~7U; }

// The visitor for each kind of operation; operations without slots fall to the template.
struct SlotVisitor {
  const ir::Program& program;
  const AccessVisitor& visit;

  void read(ir::Place place, uint32_t length) const { visit(place, length, Access::kRead); }
  void write(ir::Place place, uint32_t length) const { visit(place, length, Access::kWrite); }
  void key(ir::MapId map, ir::Place place) const {
    if (program.maps[map].key_size != 0) read(place, program.maps[map].key_size);
  }

  template <typename T>
  void operator()(const T&) const {}
  void operator()(const ir::SlotLoad& op) const { read(op.from, op.size); }
  void operator()(const ir::SlotStore& op) const { write(op.to, op.size); }
  void operator()(const ir::SlotZero& op) const { write(op.to, op.length); }
  void operator()(const ir::SlotCopy& op) const {
    read(op.from, op.length);
    write(op.to, op.length);
  }
  void operator()(const ir::SlotLiteral& op) const { write(op.to, op.length); }
  void operator()(const ir::ContextCopy& op) const { write(op.to, round_up(op.length)); }
  void operator()(const ir::ContextString& op) const { write(op.to, op.capacity); }
  void operator()(const ir::ReadComm& op) const { write(op.to, 16); }
  void operator()(const ir::ReadMemory& op) const { write(op.to, op.length); }
  void operator()(const ir::ReadString& op) const { write(op.to, op.capacity); }
  void operator()(const ir::ReadBuffer& op) const { write(op.to, 8 + round_up(op.capacity)); }
  void operator()(const ir::ReadStack& op) const { write(op.to, 8 + 8 * op.depth); }
  void operator()(const ir::CompareBytes& op) const {
    read(op.left, op.length);
    read(op.right, op.length);
  }
  void operator()(const ir::StringLength& op) const { read(op.from, op.capacity); }
  void operator()(const ir::MapGet& op) const {
    key(op.map, op.key);
    write(op.to, program.maps[op.map].value_size);
  }
  void operator()(const ir::MapSet& op) const {
    key(op.map, op.key);
    read(op.from, program.maps[op.map].value_size);
  }
  void operator()(const ir::MapAdd& op) const { key(op.map, op.key); }
  void operator()(const ir::MapDelete& op) const { key(op.map, op.key); }
  void operator()(const ir::MapHas& op) const { key(op.map, op.key); }
  void operator()(const ir::Aggregate& op) const { key(op.map, op.key); }
  void operator()(const ir::AggregateRead& op) const { key(op.map, op.key); }
  void operator()(const ir::Emit& op) const {
    for (const ir::EmitField& field : op.fields) {
      if (field.kind != ir::EmitField::Kind::kWord) read(field.from, field.length);
    }
  }
};

struct TempVisitor {
  const std::function<void(ir::Temp)>& visit;

  template <typename T>
  void operator()(const T&) const {}
  void operator()(const ir::Binary& op) const {
    visit(op.left);
    visit(op.right);
  }
  void operator()(const ir::Extend& op) const { visit(op.value); }
  void operator()(const ir::SlotStore& op) const { visit(op.value); }
  void operator()(const ir::ReadMemory& op) const { visit(op.address); }
  void operator()(const ir::ReadString& op) const { visit(op.address); }
  void operator()(const ir::ReadBuffer& op) const {
    visit(op.address);
    visit(op.length);
  }
  void operator()(const ir::MapAdd& op) const { visit(op.delta); }
  void operator()(const ir::Aggregate& op) const {
    if (op.value != ir::kNoTemp) visit(op.value);
  }
  void operator()(const ir::Emit& op) const {
    for (const ir::EmitField& field : op.fields) {
      if (field.kind == ir::EmitField::Kind::kWord) visit(field.word);
    }
  }
  void operator()(const ir::Exit& op) const { visit(op.code); }
};

}  // namespace

void visit_slots(const ir::Program& program, const ir::Operation& operation, const AccessVisitor& visit) {
  std::visit(SlotVisitor{program, visit}, operation);
}

void visit_temps(const ir::Operation& operation, const std::function<void(ir::Temp)>& visit) {
  std::visit(TempVisitor{visit}, operation);
}

}  // namespace polytap::ebpf
