// unroll, while, for, break and continue.
#include <fmt/format.h>

#include <algorithm>

#include "core/lang/checker.h"

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

void Checker::leave_loop(Span span, std::string_view what) {
  if (loops_ == 0) diagnostics_.error(span, fmt::format("{} can be used inside of a loop only", what));
}

}  // namespace polytap
