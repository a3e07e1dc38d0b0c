#include "core/ir/operands.h"

namespace polytap::ir {
namespace {

template <typename Op, typename... Candidates>
constexpr bool is_one_of = (std::is_same_v<Op, Candidates> || ...);

uint32_t round_up(uint32_t bytes) { return (bytes + 7) & ~7U; }

class RegionCollector {
 public:
  RegionCollector(const Program& program, std::vector<RegionAccess>& out) : program_(program), out_(out) {}

  template <typename Op>
  void operator()(const Op&) {}

  void operator()(const SlotLoad& op) { read(op.from, op.size); }
  void operator()(const SlotLoadAt& op) { read(op.from, round_up(op.count * op.size)); }
  void operator()(const SlotStore& op) { write(op.to, op.size); }
  void operator()(const SlotZero& op) { write(op.to, op.length); }
  void operator()(const SlotCopy& op) {
    read(op.from, op.length);
    write(op.to, op.length);
  }
  void operator()(const SlotLiteral& op) { write(op.to, op.length); }
  void operator()(const ContextCopy& op) { write(op.to, round_up(op.length)); }
  void operator()(const ContextString& op) { write(op.to, op.capacity); }
  void operator()(const ReadComm& op) { write(op.to, 16); }
  void operator()(const ReadMemory& op) { write(op.to, op.length); }
  void operator()(const ReadString& op) { write(op.to, op.capacity); }
  void operator()(const ReadBuffer& op) { write(op.to, 8 + op.capacity); }
  void operator()(const ReadStack& op) { write(op.to, 8 + 8 * op.depth); }
  void operator()(const CompareBytes& op) {
    read(op.left, op.length);
    read(op.right, op.length);
  }
  void operator()(const StringLength& op) { read(op.from, op.capacity); }
  void operator()(const FindText& op) {
    read(op.text, op.capacity);
    read(op.pattern, op.pattern_capacity);
  }
  void operator()(const JoinTexts& op) {
    read(op.left, op.left_capacity);
    read(op.right, op.right_capacity);
    write(op.to, op.capacity);
  }
  void operator()(const DecodeCall& op) { write(op.to, op.capacity); }
  void operator()(const WriteMemory& op) { read(op.from, op.length); }
  void operator()(const MapGet& op) {
    key(op.map, op.key);
    write(op.to, program_.maps[op.map].value_size);
  }
  void operator()(const MapSet& op) {
    key(op.map, op.key);
    read(op.from, program_.maps[op.map].value_size);
  }
  void operator()(const MapAdd& op) { key(op.map, op.key); }
  void operator()(const MapDelete& op) { key(op.map, op.key); }
  void operator()(const MapHas& op) { key(op.map, op.key); }
  void operator()(const Aggregate& op) { key(op.map, op.key); }
  void operator()(const AggregateRead& op) { key(op.map, op.key); }
  void operator()(const MapNext& op) {
    const MapSpec& map = program_.maps[op.map];
    read(op.position, 8);
    write(op.position, 8);
    write(op.key, map.key_size);
    if (!map.value.is(TypeKind::kAggregation)) write(op.value, map.value_size);
  }
  void operator()(const Emit& op) {
    for (const EmitField& field : op.fields) {
      if (field.kind != EmitField::Kind::kWord) read(field.from, field.length);
    }
  }

 private:
  void read(const Place& place, uint32_t length) { out_.push_back({place, length, false, &place}); }
  void write(const Place& place, uint32_t length) { out_.push_back({place, length, true, &place}); }
  void key(MapId map, const Place& place) {
    if (program_.maps[map].key_size != 0) read(place, program_.maps[map].key_size);
  }

  const Program& program_;
  std::vector<RegionAccess>& out_;
};

}  // namespace

bool has_result(const Operation& operation) {
  return std::visit(
      [](const auto& op) {
        using Op = std::remove_cvref_t<decltype(op)>;
        return !is_one_of<Op, SlotStore, SlotZero, SlotCopy, SlotLiteral, ContextCopy, ReadComm, ReadBuffer, ReadStack,
                          MapSet, Aggregate, Emit, Exit, JoinTexts, SendSignal, OverrideResult, Delay, DecodeCall>;
      },
      operation);
}

bool is_pure(const Operation& operation) {
  return std::visit(
      [](const auto& op) {
        using Op = std::remove_cvref_t<decltype(op)>;
        return !is_one_of<Op, MapSet, MapAdd, MapDelete, Aggregate, MapNext, Emit, Exit, SendSignal, OverrideResult,
                          WriteMemory, Delay>;
      },
      operation);
}

void regions_of(const Program& program, const Operation& operation, std::vector<RegionAccess>& out) {
  out.clear();
  std::visit(RegionCollector(program, out), operation);
}

}  // namespace polytap::ir
