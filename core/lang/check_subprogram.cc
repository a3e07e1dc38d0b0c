// Functions of the script (`fn`). A body is checked once in every probe that calls it: what the probe's context is
// decides what builtins mean there.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "core/ir/map_loops.h"
#include "core/lang/bind_references.h"
#include "core/lang/checker.h"

namespace polytap {
namespace {

// Whether what has GIVEN together with a declared type can be taken as that.
bool goes_as(const Type& given, const Type& declared) {
  return given.kind == declared.kind || (given.is_integral() && declared.is_integral());
}

}  // namespace

void Checker::check_uncalled(const CheckedScript::Subprogram& subprogram) {
  uncalled_ = true;
  subprogram_body(subprogram, {});
  uncalled_ = false;
}

ExpressionInfo Checker::subprogram_call(const ast::Call& call, const CheckedScript::Subprogram& subprogram, Span span,
                                        FunctionUse use) {
  const ast::Subprogram& definition = *subprogram.definition;
  const std::string_view name = written_name(definition.name);
  std::vector<ExpressionInfo> arguments;
  for (const ast::ExpressionPtr& argument : call.arguments) {
    arguments.push_back(expression(*argument));
    arguments.back().type = number_type(arguments.back().type);
    require_one_value(arguments.back().type, argument->span);
  }
  if (std::ranges::find(active_, &definition) != active_.end()) {
    std::string chain;
    for (const ast::Subprogram* each : active_) chain += fmt::format("{} > ", written_name(each->name));
    diagnostics_.error(span, fmt::format("Recursive call of a function. Call chain: {}{}", chain, name),
                       "a probe has no memory for calls without end; write a loop");
    return {};
  }
  const size_t wanted = definition.parameters.size();
  if (arguments.size() != wanted) {
    diagnostics_.error(call.name_span, fmt::format("{}() takes {} argument{} ({} provided)", name,
                                                   wanted == 0 ? "no" : std::to_string(wanted), wanted == 1 ? "" : "s",
                                                   arguments.size()));
    diagnostics_.note(subprogram.span, "the function is defined here");
    return {};
  }
  const CheckedSubprogram& body = subprogram_body(subprogram, arguments);
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].type.is(TypeKind::kNone)) continue;
    if (function_.variables[body.parameters[i]].target != nullptr) continue;
    const Type& type = function_.variables[body.parameters[i]].type;
    if (type.is(TypeKind::kNone)) continue;
    const auto together = unify({type, std::nullopt}, arguments[i].known());
    if (arguments[i].target == nullptr && together && goes_as(*together, type)) continue;
    diagnostics_.error(call.arguments[i]->span,
                       fmt::format("{}() expects '{}' for {}, not '{}'", name, to_string(type),
                                   definition.parameters[i].name, to_string(arguments[i].type)));
  }
  if (map_loops_ + body.map_loops > ir::kMaxMapLoopDepth) {
    diagnostics_.error(span, fmt::format("Loops over maps can be nested {} deep at most", ir::kMaxMapLoopDepth));
  }
  deepest_map_loop_ = std::max(deepest_map_loop_, map_loops_ + body.map_loops);
  if (!body.result.is(TypeKind::kVoid)) return ExpressionInfo{body.result, {}, {}, {}};
  if (use != FunctionUse::kStatement) {
    diagnostics_.error(call.name_span, fmt::format("{}() has no value: it can only stand alone", name));
    diagnostics_.note(subprogram.span, "the function is defined here");
  }
  return {};
}

CheckedSubprogram& Checker::subprogram_body(const CheckedScript::Subprogram& subprogram,
                                            std::span<const ExpressionInfo> arguments) {
  const ast::Subprogram& definition = *subprogram.definition;
  const auto [found, is_new] = function_.subprograms.try_emplace(&definition);
  CheckedSubprogram& checked = found->second;
  if (!is_new) return checked;
  const auto outer_scopes = std::exchange(scopes_, {{}});
  const uint32_t outer_loops = std::exchange(loops_, 0);
  const uint32_t outer_map_loops = std::exchange(map_loops_, 0);
  const uint32_t outer_deepest = std::exchange(deepest_map_loop_, 0);
  active_.push_back(&definition);
  declare_parameters(definition, checked);
  for (size_t i = 0; i < arguments.size() && i < checked.parameters.size(); ++i) {
    bind_reference(function_.variables[checked.parameters[i]], arguments[i]);
  }
  checked.result.kind = TypeKind::kVoid;
  if (const auto type = type_name(definition.result)) checked.result = in_space(*type, default_space());
  if (!checked.result.is(TypeKind::kVoid) && checked.result.storage_size() == 0) {
    diagnostics_.error(definition.result.span,
                       fmt::format("A function cannot return a value of type '{}'", to_string(checked.result)));
    checked.result.kind = TypeKind::kVoid;
  }
  // The table may grow while the body is checked; what is in it stays where it is.
  statements(definition.body);
  checked.map_loops = deepest_map_loop_;
  active_.pop_back();
  scopes_ = outer_scopes;
  loops_ = outer_loops;
  map_loops_ = outer_map_loops;
  deepest_map_loop_ = outer_deepest;
  return checked;
}

// A parameter that is a pointer stands for what a reference leads to; with a wrong type it stays what it is, and the
// call is refused.
void Checker::bind_reference(VariableInfo& parameter, const ExpressionInfo& argument) {
  parameter.target = nullptr;
  if (argument.target == nullptr || argument.type.element == nullptr) return;
  if (!parameter.type.is(TypeKind::kPointer) || parameter.type.element == nullptr) return;
  const Type declared = *parameter.type.element;
  const Type given = number_type(*argument.type.element);
  const auto together = unify(declared, given);
  if (!declared.is(TypeKind::kVoid) && !argument.type.element->is(TypeKind::kAggregation) &&
      !(together && goes_as(*together, declared) && declared.is(TypeKind::kPointer) == given.is(TypeKind::kPointer))) {
    return;
  }
  parameter.target = argument.target;
  parameter.type = argument.type;
}

void Checker::declare_parameters(const ast::Subprogram& definition, CheckedSubprogram& checked) {
  for (const ast::Subprogram::Parameter& parameter : definition.parameters) {
    if (find_variable(parameter.name)) {
      diagnostics_.error(parameter.type.span, fmt::format("The parameter {} is there twice", parameter.name));
    }
    checked.parameters.push_back(declare_variable(parameter.name));
  }
  // typeof($other) may stand in front of the other.
  for (const bool of_others : {false, true}) {
    for (size_t i = 0; i < definition.parameters.size(); ++i) {
      const ast::TypeName& name = definition.parameters[i].type;
      if ((name.of != nullptr) != of_others) continue;
      const auto type = type_name(name);
      if (!type) continue;
      if (type->storage_size() == 0) {
        diagnostics_.error(name.span, fmt::format("A parameter cannot be of type '{}'", to_string(*type)));
        continue;
      }
      VariableInfo& variable = function_.variables[checked.parameters[i]];
      variable.type = in_space(*type, default_space());
      variable.has_declared_type = true;
    }
  }
}

void Checker::return_statement(const ast::ReturnStatement& statement, Span span) {
  std::optional<KnownType> value;
  if (statement.value != nullptr) {
    const ExpressionInfo& given = expression(*statement.value);
    value = KnownType{number_type(given.type), given.constant};
  }
  if (active_.empty()) {
    if (!value || value->type.is(TypeKind::kNone) || value->type.is_integral()) return;
    diagnostics_.error(statement.value->span,
                       fmt::format("A probe returns an integer or nothing, not '{}'", to_string(value->type)),
                       "write return; bpftrace hands the integer to the kernel, polytap ignores it");
    return;
  }
  const ast::Subprogram& definition = *active_.back();
  const Type& type = function_.subprograms.at(&definition).result;
  const bool returns_value = !type.is(TypeKind::kVoid);
  if (!value && returns_value) {
    diagnostics_.error(
        span, fmt::format("{}() must return a value of type '{}'", written_name(definition.name), to_string(type)));
  } else if (value && !returns_value) {
    diagnostics_.error(statement.value->span, fmt::format("{}() returns nothing", written_name(definition.name)),
                       "give the type behind its parameters: fn name(...): int64 { ... }");
  }
  if (!value || !returns_value || value->type.is(TypeKind::kNone)) return;
  const auto together = unify({type, std::nullopt}, *value);
  if (together && goes_as(*together, type)) return;
  diagnostics_.error(statement.value->span, fmt::format("{}() returns '{}', not '{}'", written_name(definition.name),
                                                        to_string(type), to_string(value->type)));
}

}  // namespace polytap
