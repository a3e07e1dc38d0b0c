// `&`: the address of what lies in memory, and references to the script's own variables and maps.
#include <fmt/format.h>

#include "core/lang/checker.h"
#include "core/lang/reference.h"

namespace polytap {

ExpressionInfo Checker::address_of(const ast::Expression& operand, Span span) {
  ExpressionInfo info;
  if (const auto* reference = std::get_if<ast::MapReference>(&operand.node)) {
    if (reference->has_key) {
      expression(operand);
      diagnostics_.error(span, "The entry of a map has no address", "copy it into a variable: $x = @m[key]");
      return info;
    }
    const MapInfo* found = whole_map(*reference, operand.span);
    function_.row(operand.id).type = found->value;
    // Without a type yet it may get one by an assignment through the reference.
    if (!found->value.is(TypeKind::kNone)) info.type = types::pointer(found->value, AddressSpace::kNone);
    info.target = &operand;
    return info;
  }
  const ExpressionInfo& object = expression(operand);
  if (object.type.is(TypeKind::kNone)) return info;
  if (object.variable) {
    info.type = types::pointer(object.type, AddressSpace::kNone);
    info.target = &operand;
    return info;
  }
  const AddressSpace space = space_of(operand);
  if (space == AddressSpace::kNone) {
    diagnostics_.error(span, "This has no address", "variables, maps and what lies behind a pointer have one");
    return info;
  }
  // A string there is an array of characters.
  const bool text = object.type.is(TypeKind::kString);
  info.type = types::pointer(text ? types::integer(1, true) : object.type, space);
  return info;
}

// The space in which a part of an object behind a pointer lies; kNone for anything else.
AddressSpace Checker::space_of(const ast::Expression& e) const {
  const ast::Expression* object = dereferenced(e);
  if (const auto* field = std::get_if<ast::FieldAccess>(&e.node)) object = field->object.get();
  if (const auto* element = std::get_if<ast::Index>(&e.node)) object = element->object.get();
  if (object == nullptr || function_.at(*object).target != nullptr) return AddressSpace::kNone;
  const Type& type = function_.at(*object).type;
  if (!type.is(TypeKind::kPointer)) return space_of(*object);
  return type.space == AddressSpace::kNone ? default_space() : type.space;
}

ExpressionInfo Checker::value_behind(const ast::Expression& target) {
  ExpressionInfo info;
  const ExpressionInfo& known = function_.at(target);
  if (known.variable) {
    const VariableInfo& variable = function_.variables[*known.variable];
    info.type = variable.type;
    info.target = variable.target;
    return info;
  }
  const auto& reference = std::get<ast::MapReference>(target.node);
  const MapInfo& map = script_.maps[*script_.find_map(reference.name)];
  if (map.key_known && !map.key.empty()) {
    diagnostics_.error(target.span, fmt::format("{} has keys: there is no one value of it", map.name),
                       fmt::format("write {}[key]", map.name));
    return info;
  }
  if (require_one_value(map.value, target.span)) info.type = map.value;
  return info;
}

void Checker::keep_reference(VariableId id, const ExpressionInfo& value, Span span) {
  VariableInfo& variable = function_.variables[id];
  const auto same = [&](const ast::Expression& a, const ast::Expression& b) {
    const auto* map = named_map(a);
    const auto* other = named_map(b);
    if (map != nullptr || other != nullptr) return map != nullptr && other != nullptr && map->name == other->name;
    return function_.at(a).variable == function_.at(b).variable;
  };
  const bool first = variable.target == nullptr && variable.type.is(TypeKind::kNone);
  if (!first && (variable.target == nullptr || !same(*variable.target, *value.target))) {
    diagnostics_.error(span, fmt::format("{} refers to something else already", variable.name),
                       "a reference to a variable or map stays the same: take another variable");
    return;
  }
  if (first || !(variable.type == value.type)) changed_ = true;
  variable.target = value.target;
  variable.type = value.type;
}

}  // namespace polytap
