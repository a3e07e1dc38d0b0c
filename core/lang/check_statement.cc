#include <fmt/format.h>

#include "core/base/nearest.h"
#include "core/ir/arithmetic.h"
#include "core/lang/checker.h"
#include "core/lang/reference.h"
#include "core/lang/walk.h"

namespace polytap {
namespace {

// Both places; only A where B lies elsewhere, as an argument of a macro does.
Span together(Span a, Span b) {
  constexpr uint32_t kFar = 4096;
  return b.end < a.begin || b.begin > a.end + kFar ? a : cover(a, b);
}

// Whether an expression that stands alone does more than to have a value.
bool acts(const ast::Expression& e) {
  if (const auto* call = std::get_if<ast::Call>(&e.node)) {
    const FunctionSignature* function = find_function(call->name);
    if (function == nullptr) return find_builtin(call->name) == std::nullopt;
    return function->use != FunctionUse::kValue || function->id == FunctionId::kDelete ||
           function->id == FunctionId::kSkboutput || function->id == FunctionId::kWriteUser;
  }
  if (const auto* unary = std::get_if<ast::Unary>(&e.node)) {
    return unary->op >= ast::UnaryOp::kPreIncrement || acts(*unary->operand);
  }
  // Blocks may do anything; those of macros are among them.
  return std::holds_alternative<ast::BlockExpression>(e.node) || std::holds_alternative<ast::IfExpression>(e.node) ||
         std::holds_alternative<ast::Comptime>(e.node);
}

bool leaves(const ast::Statement& statement) {
  return std::holds_alternative<ast::Break>(statement.node) || std::holds_alternative<ast::Continue>(statement.node) ||
         std::holds_alternative<ast::ReturnStatement>(statement.node);
}

}  // namespace

void Checker::run() {
  function_.declarations.clear();
  function_.subprograms.clear();
  scopes_.emplace_back();
  if (function_.probe->predicate != nullptr) condition(*function_.probe->predicate, "A predicate");
  statements(function_.probe->body);
  scopes_.pop_back();
}

void Checker::block(const ast::Block& block) {
  scopes_.emplace_back();
  statements(block);
  scopes_.pop_back();
}

void Checker::statements(const ast::Block& block) {
  for (size_t i = 0; i < block.statements.size(); ++i) {
    if (i != 0 && leaves(*block.statements[i - 1])) {
      diagnostics_.warning(block.statements[i]->span, "Unreachable code: the statement in front leaves the block");
    }
    statement(*block.statements[i]);
  }
}

void Checker::skip(const ast::Block& block) {
  walk(block, [&](const ast::Expression& e) {
    if (const auto* map = std::get_if<ast::MapReference>(&e.node)) script_.skipped_maps.insert(map->name);
  });
  // `let $x; if (0) { $x = "text"; }` tells what $x would be.
  for (const ast::StatementPtr& statement : block.statements) {
    const auto* assignment = std::get_if<ast::Assignment>(&statement->node);
    const auto* target = assignment == nullptr ? nullptr : std::get_if<ast::Variable>(&assignment->target->node);
    const auto id = target == nullptr ? std::nullopt : find_variable(target->name);
    if (!id || !function_.variables[*id].type.is(TypeKind::kNone)) continue;
    if (const auto* text = std::get_if<ast::StringLiteral>(&assignment->value->node)) {
      widen_variable(*id, {types::string(static_cast<uint32_t>(text->value.size() + 1)), {}}, statement->span);
    } else if (const auto* number = std::get_if<ast::IntegerLiteral>(&assignment->value->node)) {
      widen_variable(*id, {constant_type(static_cast<int64_t>(number->value)), {}}, statement->span);
    }
  }
}

void Checker::unsupported(Span span, std::string_view what, std::string hint) {
  diagnostics_.error(span, fmt::format("{} not carried out by this version of polytap", what), std::move(hint));
}

std::optional<int64_t> Checker::condition(const ast::Expression& expression, std::string_view what) {
  asks_for(expression);
  const ExpressionInfo& info = this->expression(expression);
  const Type& type = info.type;
  if (type.is(TypeKind::kNone) || is_number(type) || type.is(TypeKind::kPointer)) return info.constant;
  // Texts that are known hold unless they are empty.
  if (info.text) {
    ExpressionInfo& row = function_.row(expression.id);
    row = ExpressionInfo{types::boolean(), row.text->empty() ? 0 : 1, {}, {}};
    return row.constant;
  }
  diagnostics_.error(expression.span,
                     fmt::format("{} must be an integer, a bool or a pointer, not '{}'", what, to_string(type)));
  return std::nullopt;
}

void Checker::statement(const ast::Statement& statement) {
  const Span span = statement.span;
  std::visit(ir::Overloaded{
                 [&](const ast::ExpressionStatement& s) { expression_statement(*s.expression); },
                 [&](const ast::Assignment& s) { assignment(s, together(s.target->span, s.value->span)); },
                 [&](const ast::Declaration& s) { declaration(s, span); },
                 [&](const ast::If& s) {
                   // What is known not to run is not looked at.
                   const auto known = condition(*s.condition, "The condition of an if");
                   // Types that a later pass knows decide.
                   if (!known && std::holds_alternative<ast::Comptime>(s.condition->node)) return;
                   if (known.value_or(1) != 0) {
                     block(s.then);
                   } else {
                     skip(s.then);
                   }
                   if (!s.otherwise) return;
                   if (known.value_or(0) == 0) {
                     block(*s.otherwise);
                   } else {
                     skip(*s.otherwise);
                   }
                 },
                 [&](const ast::Unroll& s) { unroll(s); },
                 [&](const ast::BlockStatement& s) { block(s.block); },
                 [&](const ast::Discard& s) { require_one_value(expression(*s.value).type, s.value->span); },
                 [&](const ast::ReturnStatement& s) { return_statement(s, span); },
                 [&](const ast::While& s) { while_loop(s); },
                 [&](const ast::ForMap& s) { for_map(s); },
                 [&](const ast::ForRange& s) { for_range(s); },
                 [&](const ast::Break&) { leave_loop(span, "break"); },
                 [&](const ast::Continue&) { leave_loop(span, "continue"); },
             },
             statement.node);
}

void Checker::expression_statement(const ast::Expression& node) {
  const auto* call = std::get_if<ast::Call>(&node.node);
  if (call != nullptr) {
    function_.row(node.id) = this->call(*call, node.span, FunctionUse::kStatement);
  } else if (const auto* choice = std::get_if<ast::Ternary>(&node.node); choice != nullptr && is_without_value(node)) {
    const auto known = condition(*choice->condition, "The condition of ?:");
    if (known.value_or(1) != 0) expression_statement(*choice->if_true);
    if (known.value_or(0) == 0) expression_statement(*choice->if_false);
    function_.row(node.id) = {};
    return;
  } else {
    require_one_value(expression(node).type, node.span);
  }
  if (!acts(node)) {
    diagnostics_.warning(node.span, "Return value discarded: it is not used", "write _ = ... if that is meant");
  }
}

bool Checker::is_without_value(const ast::Expression& e) const {
  if (const auto* choice = std::get_if<ast::Ternary>(&e.node)) {
    return choice->if_true != nullptr && is_without_value(*choice->if_true) && is_without_value(*choice->if_false);
  }
  const auto* call = std::get_if<ast::Call>(&e.node);
  if (call == nullptr) return false;
  if (const auto own = script_.subprograms.find(call->name); own != script_.subprograms.end()) {
    return own->second.definition->result.name == "void";
  }
  const FunctionSignature* function = find_function(call->name);
  return function != nullptr && function->use == FunctionUse::kStatement;
}

void Checker::declaration(const ast::Declaration& statement, Span span) {
  std::optional<ExpressionInfo> value;
  if (statement.value != nullptr) value = expression(*statement.value);
  for (const VariableId id : scopes_.back()) {
    if (function_.variables[id].name == statement.name) {
      diagnostics_.error(statement.name_span,
                         fmt::format("Variable {} was already declared in this block", statement.name));
    }
  }
  const VariableId id = declare_variable(statement.name);
  function_.declarations[&statement] = id;
  function_.variables[id].by_let = true;
  VariableInfo& info = function_.variables[id];
  if (statement.type) {
    if (const auto type = type_name(*statement.type)) {
      info.type = in_space(*type, default_space());
      info.has_declared_type = true;
    }
  }
  if (!value) return;
  const Span whole = together(span, statement.value->span);
  if (value->target != nullptr && !statement.type) {
    keep_reference(id, *value, whole);
  } else if (fits_declaration(info, *value, whole)) {
    widen_variable(id, value->known(), whole);
  }
}

void Checker::assignment(const ast::Assignment& statement, Span span) {
  const ast::Expression& target = *statement.target;
  if (const ast::Expression* reference = dereferenced(target); reference != nullptr) {
    const ast::Expression* meant = expression(*reference).target;
    if (meant != nullptr) return assign_through(target, *meant, statement, span);
    // What it leads to is known where it is called.
    if (uncalled_ && function_.at(*reference).variable) {
      expression(*statement.value);
      return;
    }
  }
  if (std::holds_alternative<ast::Variable>(target.node) && !program_variables(target)) {
    assign_variable(target, statement, span);
  } else if (std::holds_alternative<ast::MapReference>(target.node)) {
    assign_map(target, statement, span);
  } else {
    expression(target);
    expression(*statement.value);
    diagnostics_.error(target.span, "Only maps and variables can be assigned to",
                       "what a probe sees cannot be changed; keep the value in a $variable or an @map");
  }
}

// `*$p = value`, where $p refers to what MEANT names.
void Checker::assign_through(const ast::Expression& target, const ast::Expression& meant,
                             const ast::Assignment& statement, Span span) {
  if (std::holds_alternative<ast::MapReference>(meant.node)) {
    assign_map(meant, statement, span);
    return;
  }
  const auto id = function_.at(meant).variable;
  ExpressionInfo value = expression(*statement.value);
  if (!id) return;
  if (statement.op) {
    ExpressionInfo before;
    before.type = function_.variables[*id].type;
    value = arithmetic(*statement.op, span, before, value);
  }
  if (value.target != nullptr) {
    diagnostics_.error(span, "A reference cannot be assigned through another one", "take a variable of its own");
  } else if (fits_declaration(function_.variables[*id], value, span)) {
    widen_variable(*id, value.known(), span);
  }
  ExpressionInfo& info = function_.row(target.id);
  info.variable = id;
  info.type = function_.variables[*id].type;
}

void Checker::assign_variable(const ast::Expression& target, const ast::Assignment& statement, Span span) {
  const std::string& name = std::get<ast::Variable>(target.node).name;
  ExpressionInfo value = expression(*statement.value);
  auto id = find_variable(name);
  if (!id && statement.op) {
    if (widens_scope(name)) return;
    diagnostics_.error(target.span, fmt::format("Undefined or undeclared variable: {}", name), variable_hint(name));
    return;
  }
  if (!id) id = declare_variable(name, active_.empty() && function_.wide_variables.contains(name));
  if (statement.op) {
    ExpressionInfo before;
    before.type = function_.variables[*id].type;
    if (before.type.is(TypeKind::kNone)) before.type = types::int64();
    value = arithmetic(*statement.op, span, before, value);
  }
  if (value.target != nullptr) {
    keep_reference(*id, value, span);
  } else if (fits_declaration(function_.variables[*id], value, span)) {
    widen_variable(*id, value.known(), span);
  }
  ExpressionInfo& info = function_.row(target.id);
  info.variable = id;
  info.type = function_.variables[*id].type;
}

// `count()` and `{ let $x = 1; sum($x) }`.
ExpressionInfo Checker::aggregated(const ast::Expression& value) {
  ExpressionInfo info;
  if (const auto* block = std::get_if<ast::BlockExpression>(&value.node)) {
    scopes_.emplace_back();
    statements(block->block);
    info = aggregated(*block->block.value);
    scopes_.pop_back();
  } else {
    info = call(std::get<ast::Call>(value.node), value.span, FunctionUse::kAggregation);
  }
  function_.row(value.id) = info;
  return info;
}

void Checker::assign_map(const ast::Expression& target, const ast::Assignment& statement, Span span) {
  if (unevaluated_ != 0) {
    diagnostics_.error(span, "Nothing can be assigned where only a type is asked for",
                       "what is in sizeof(), offsetof(), typeof() and typeinfo() is never run");
    return;
  }
  const auto& reference = std::get<ast::MapReference>(target.node);
  ExpressionInfo value;
  if (!statement.op && aggregating_call(*statement.value) != nullptr) {
    value = aggregated(*statement.value);
  } else {
    value = expression(*statement.value);
    if (value.type.is(TypeKind::kAggregation)) {
      if (!is_number(value.type)) {
        diagnostics_.error(statement.value->span,
                           fmt::format("A value of type '{}' cannot be assigned", to_string(value.type)));
        return;
      }
      value.type = number_type(value.type);
    }
  }
  MapInfo& info = map(reference, target.span);
  if (!map_key(info, reference, target.span)) return;
  if (statement.op) {
    if (info.value.is(TypeKind::kAggregation)) {
      diagnostics_.error(span, fmt::format("{} is an aggregation ({}) and cannot be changed by an operator", info.name,
                                           to_string(info.value)));
      return;
    }
    ExpressionInfo before;
    before.type = info.value;
    if (before.type.is(TypeKind::kNone)) before.type = types::int64();
    value = arithmetic(*statement.op, span, before, value);
  }
  widen_map(info, value.known(), span);
  function_.row(target.id).type = info.value;
}

// --- variables

std::optional<VariableId> Checker::find_variable(std::string_view name) const {
  for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
    for (auto id = scope->rbegin(); id != scope->rend(); ++id) {
      if (function_.variables[*id].name == name) return *id;
    }
  }
  return std::nullopt;
}

bool Checker::widens_scope(std::string_view name) {
  if (!active_.empty() || function_.wide_variables.contains(name)) return false;
  for (VariableId id = 0; id < next_variable_; ++id) {
    const VariableInfo& variable = function_.variables[id];
    if (variable.name != name || variable.by_let) continue;
    function_.wide_variables.emplace(name);
    changed_ = true;
    return true;
  }
  return false;
}

VariableId Checker::declare_variable(const std::string& name, bool wide) {
  const VariableId id = next_variable_++;
  if (id == function_.variables.size()) {
    function_.variables.push_back({name, types::none(), false});
    changed_ = true;
  } else if (function_.variables[id].name != name) {
    // A branch is not looked at any more, since its condition is known.
    function_.variables[id] = {name, types::none(), false};
    changed_ = true;
  }
  (wide ? scopes_.front() : scopes_.back()).push_back(id);
  return id;
}

bool Checker::fits_declaration(const VariableInfo& variable, const ExpressionInfo& value, Span span) {
  const Type& type = variable.type;
  if (!variable.has_declared_type) return true;
  if (type.is(TypeKind::kInteger) && value.constant && type.size < 8) {
    const int64_t kept = ir::extend(*value.constant, static_cast<uint8_t>(type.size * 8), type.is_signed);
    if (kept == *value.constant) return true;
    diagnostics_.error(
        span,
        fmt::format("Type mismatch for {}: {} does not go into '{}'", variable.name, *value.constant, to_string(type)),
        fmt::format("declare it wider, or cut the value: ({})({})", to_string(type), *value.constant));
    return false;
  }
  if (type.is(TypeKind::kString) && value.text && value.text->size() >= type.size) {
    diagnostics_.error(span,
                       fmt::format("Type mismatch for {}: a text of {} bytes and its end do not go into '{}'",
                                   variable.name, value.text->size(), to_string(type)),
                       fmt::format("declare it as string[{}], or cut the text: str(\"...\", {})",
                                   value.text->size() + 1, type.size - 1));
    return false;
  }
  return true;
}

void Checker::widen_variable(VariableId id, const KnownType& value, Span span) {
  VariableInfo& info = function_.variables[id];
  if (info.target != nullptr && !value.type.is(TypeKind::kNone)) {
    diagnostics_.error(span,
                       fmt::format("{} is a reference{}: it cannot be given a value", info.name,
                                   info.type.element == nullptr ? " to a map" : " to " + to_string(*info.type.element)),
                       "take another variable");
    return;
  }
  if (!require_length(value.type, span)) return;
  KnownType plain = value;
  if (is_number(plain.type) && plain.type.is(TypeKind::kAggregation)) plain.type = number_type(plain.type);
  auto together = unify(KnownType{info.type, std::nullopt}, plain);
  const bool composed = info.type.is(TypeKind::kTuple) || info.type.is(TypeKind::kRecord);
  const bool refused = !together || together->is(TypeKind::kAggregation) ||
                       (info.has_declared_type && composed && !(*together == info.type));
  if (refused || (info.has_declared_type && !info.type.is_integral() && !info.type.is(TypeKind::kString) &&
                  !info.type.is(TypeKind::kBuffer) && together->kind != info.type.kind)) {
    diagnostics_.error(span, fmt::format("Type mismatch for {}: trying to assign value of type '{}' when variable "
                                         "already has a type '{}'",
                                         info.name, to_string(value.type), to_string(info.type)));
    return;
  }
  if (info.has_declared_type || *together == info.type) return;
  if (!may_widen(info.type, *together, info.widenings)) return;
  info.type = *together;
  changed_ = true;
}

std::string Checker::variable_hint(std::string_view name) const {
  std::vector<std::string> names;
  for (const auto& scope : scopes_) {
    for (const VariableId id : scope) names.push_back(function_.variables[id].name);
  }
  if (auto hint = did_you_mean(name, names); !hint.empty()) return hint;
  for (const VariableInfo& variable : function_.variables) {
    if (variable.name == name)
      return "it ends with the block that it was first assigned in; declare it before that with let";
  }
  const std::string as_map = "@" + std::string(name.substr(1));
  if (script_.find_map(as_map)) return fmt::format("did you mean the map '{}'?", as_map);
  return {};
}

}  // namespace polytap
