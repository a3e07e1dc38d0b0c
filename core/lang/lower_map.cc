#include "core/base/check.h"
#include "core/lang/checker.h"
#include "core/lang/lowerer.h"

namespace polytap {

using ir::Temp;

ir::MapId Lowerer::map_id(const ast::MapReference& reference) const {
  const auto id = script_.find_map(reference.name);
  CHECK(id.has_value());
  return *id;
}

ir::Place Lowerer::key(const ast::MapReference& reference) {
  const ir::MapId id = map_id(reference);
  const std::vector<Type>& types = map(id).key;
  if (types.empty()) return {};
  if (reference.key.size() == 1) return key_of(id, *reference.key[0]);
  const Type whole = types::tuple(types);
  const ir::Place place = scratch_for(whole);
  std::vector<const ast::Expression*> parts;
  for (const auto& part : reference.key) parts.push_back(part.get());
  store_elements(parts, place, whole);
  return place;
}

ir::Place Lowerer::key_of(ir::MapId id, const ast::Expression& e) {
  const std::vector<Type>& types = map(id).key;
  if (types.empty()) return {};
  // A tuple is a key of its elements.
  const bool tuple = info(e).type.is(TypeKind::kTuple);
  return region(e, tuple ? types::tuple(types) : types.front());
}

Temp Lowerer::map_word(const ast::MapReference& reference) {
  const ir::MapId id = map_id(reference);
  const ir::Place at = key(reference);
  if (map(id).value.is(TypeKind::kAggregation)) return build_.add(ir::AggregateRead{id, at});
  const ir::Place place{build_.scratch(8), 0};
  build_.run(ir::MapGet{id, at, place});
  return build_.load(place);
}

ir::Place Lowerer::map_region(const ast::MapReference& reference) {
  const ir::MapId id = map_id(reference);
  const ir::Place at = key(reference);
  const ir::Place place = scratch_for(map(id).value);
  build_.run(ir::MapGet{id, at, place});
  return place;
}

Temp Lowerer::add_to_map(const ast::MapReference& target, Temp delta) {
  const ir::MapId id = map_id(target);
  const ir::Place at = key(target);
  return build_.add(ir::MapAdd{id, at, delta});
}

void Lowerer::assign_map(const ast::MapReference& target, const ast::Assignment& statement) {
  const ir::MapId id = map_id(target);
  const Type& type = map(id).value;
  if (type.is(TypeKind::kAggregation)) {
    const ast::Expression* value = statement.value.get();
    while (const auto* inner = std::get_if<ast::BlockExpression>(&value->node)) {
      block(inner->block);
      value = inner->block.value.get();
    }
    aggregate(target, std::get<ast::Call>(value->node));
    return;
  }
  if (!statement.op) {
    const ir::Place value = region(*statement.value, type);
    const ir::Place at = key(target);
    build_.run(ir::MapSet{id, at, value});
    return;
  }
  const Temp operand = word(*statement.value);
  const bool sum = *statement.op == ast::BinaryOp::kAdd || *statement.op == ast::BinaryOp::kSub;
  if (sum && type.is_integral() && type.size == 8) {
    const bool minus = *statement.op == ast::BinaryOp::kSub;
    add_to_map(target, minus ? build_.binary(ir::BinaryOp::kSub, constant(0), operand) : operand);
    return;
  }
  const ir::Place at = key(target);
  const ir::Place place{build_.scratch(8), 0};
  build_.run(ir::MapGet{id, at, place});
  const Temp value = arithmetic(*statement.op, build_.load(place), {type, {}}, operand,
                                {value_type(*statement.value), info(*statement.value).constant});
  build_.store(place, convert_word(value, types::int64(), type));
  build_.run(ir::MapSet{id, at, place});
}

void Lowerer::aggregate(const ast::MapReference& target, const ast::Call& call) {
  const ir::MapId id = map_id(target);
  const Temp value = call.arguments.empty() ? constant(1) : word(*call.arguments[0]);
  const ir::Place at = key(target);
  build_.run(ir::Aggregate{id, at, value});
}

}  // namespace polytap
