// unroll, while, for, break and continue.
#include <fmt/format.h>

#include <algorithm>

#include "core/ir/map_loops.h"
#include "core/lang/checker.h"
#include "core/lang/reference.h"

namespace polytap {

void Checker::unroll(const ast::Unroll& statement) {
  const ExpressionInfo& count = expression(*statement.count);
  if (!count.type.is(TypeKind::kNone)) {
    if (!count.constant) {
      diagnostics_.error(statement.count->span, "The count of an unroll must be a constant");
    } else if (*count.constant < 1 || *count.constant > 100) {
      diagnostics_.error(statement.count->span, "The count of an unroll must be between 1 and 100");
    }
  }
  // The body is written out that often: nested loops multiply.
  const int64_t before = repetitions_;
  repetitions_ *= std::max<int64_t>(1, count.constant.value_or(1));
  if (repetitions_ > kMaxRepetitions) {
    diagnostics_.error(statement.count->span, fmt::format("Nested unrolls repeat {} times; at most {} are possible",
                                                          repetitions_, kMaxRepetitions));
    repetitions_ = kMaxRepetitions;
  }
  loop_body(statement.body);
  repetitions_ = before;
}

void Checker::loop_body(const ast::Block& body) {
  ++loops_;
  block(body);
  --loops_;
}

void Checker::while_loop(const ast::While& statement) {
  condition(*statement.condition, "The condition of a while");
  loop_body(statement.body);
}

void Checker::for_range(const ast::ForRange& statement) {
  for (const ast::Expression* end : {statement.from.get(), statement.to.get()}) {
    const Type& type = expression(*end).type;
    if (type.is(TypeKind::kNone) || is_number(type)) continue;
    diagnostics_.error(end->span, fmt::format("A range goes over integers, not over '{}'", to_string(type)));
  }
  scopes_.emplace_back();
  const VariableId id = declare_variable(statement.variable);
  function_.loop_variables[&statement] = id;
  widen_variable(id, {types::int64(), std::nullopt}, statement.variable_span);
  loop_body(statement.body);
  scopes_.pop_back();
}

Type Checker::entry_type(const ast::Expression& expression) {
  const auto* reference = named_map(expression);
  if (reference == nullptr) {
    const Type& type = this->expression(expression).type;
    diagnostics_.error(expression.span,
                       fmt::format("A loop goes over a map or a range of integers, not over '{}'", to_string(type)),
                       "write for ($i : 0..n) or for ($kv : @map)");
    return {};
  }
  if (reference->has_key) {
    this->expression(expression);
    diagnostics_.error(expression.span, fmt::format("A loop goes over the whole map: write {}", reference->name));
    return {};
  }
  const MapInfo* info = whole_map(*reference, expression.span);
  if (!info->key_known || info->value.is(TypeKind::kNone)) return {};
  if (info->key.empty()) {
    diagnostics_.error(
        expression.span,
        fmt::format("{} has no explicit keys (scalar map), and cannot be used for iteration", info->name));
    return {};
  }
  if (info->value.is(TypeKind::kAggregation) && !is_number(info->value)) {
    diagnostics_.error(expression.span,
                       fmt::format("Loop expression does not support type: {}", to_string(info->value)),
                       "print(@map) shows such values as a whole");
    return {};
  }
  return types::tuple({info->key.size() == 1 ? info->key.front() : types::tuple(info->key), number_type(info->value)});
}

void Checker::for_map(const ast::ForMap& statement) {
  const Type entry = entry_type(*statement.map);
  if (map_loops_ >= ir::kMaxMapLoopDepth) {
    diagnostics_.error(statement.map->span,
                       fmt::format("Loops over maps can be nested {} deep at most", ir::kMaxMapLoopDepth));
  }
  scopes_.emplace_back();
  const VariableId id = declare_variable(statement.variable);
  function_.entry_variables[&statement] = id;
  widen_variable(id, {entry, std::nullopt}, statement.variable_span);
  ++map_loops_;
  deepest_map_loop_ = std::max(deepest_map_loop_, map_loops_);
  loop_body(statement.body);
  --map_loops_;
  scopes_.pop_back();
}

void Checker::leave_loop(Span span, std::string_view what) {
  if (loops_ == 0) diagnostics_.error(span, fmt::format("{} can be used inside of a loop only", what));
}

}  // namespace polytap
