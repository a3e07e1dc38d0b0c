#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/nearest.h"
#include "core/lang/checker.h"
#include "core/lang/parameters.h"
#include "core/lang/resolve_probes.h"
#include "core/lang/resolve_syscalls.h"

namespace polytap {

bool is_number(const Type& type) {
  if (type.is_integral()) return true;
  if (!type.is(TypeKind::kAggregation)) return false;
  const AggregationKind kind = type.aggregation.kind;
  return kind != AggregationKind::kStats && kind != AggregationKind::kHist && kind != AggregationKind::kLhist &&
         kind != AggregationKind::kTseries;
}

Type number_type(const Type& type) {
  if (!type.is(TypeKind::kAggregation)) return type;
  return types::integer(8, type.aggregation.kind == AggregationKind::kCount || type.aggregation.is_signed);
}

bool is_text(const Type& type) {
  if (type.is(TypeKind::kString)) return true;
  return type.is(TypeKind::kArray) && type.element != nullptr && type.element->is(TypeKind::kInteger) &&
         type.element->size == 1;
}

ExpressionInfo text_constant(std::string text) {
  ExpressionInfo info;
  info.type = types::string(static_cast<uint32_t>(text.size() + 1));
  info.text = std::move(text);
  return info;
}

std::optional<ExpressionInfo> find_own_constant(const CheckedScript& script, std::string_view name) {
  if (const auto found = script.defines.find(name); found != script.defines.end()) {
    const NamedConstant& constant = found->second;
    if (!constant.number) return text_constant(constant.text);
    ExpressionInfo info;
    info.constant = constant.number;
    const bool large = constant.is_unsigned && *constant.number < 0;
    info.type = large ? types::uint64() : constant_type(*constant.number);
    return info;
  }
  const TypeProvider::EnumValue value = script.types->find_own_enumerator(name);
  if (value.definition == nullptr) return std::nullopt;
  ExpressionInfo info;
  info.constant = value.value;
  info.type = types::enumeration(value.definition->name, value.definition->size, value.definition->is_signed);
  return info;
}

std::optional<ExpressionInfo> find_constant(const CheckedScript& script, std::string_view name) {
  if (auto own = find_own_constant(script, name)) return own;
  ExpressionInfo info;
  // First, because it is cheap: asking BTF for what it does not have means looking through all of it.
  if (const auto known = script.types->headers().defines(name) ? std::nullopt : well_known_constant(name)) {
    info.constant = known;
    info.type = constant_type(*known);
    return info;
  }
  const TypeProvider::EnumValue value = script.types->find_enumerator(name);
  if (value.definition != nullptr) {
    info.constant = value.value;
    info.type = types::enumeration(value.definition->name, value.definition->size, value.definition->is_signed);
    return info;
  }
  if (const auto number = script.types->find_constant(name)) {
    info.constant = number;
    info.type = constant_type(*number);
    return info;
  }
  if (auto text = script.types->find_text(name)) return text_constant(std::move(*text));
  return std::nullopt;
}

const ExpressionInfo& Checker::expression(const ast::Expression& expression) {
  ExpressionInfo info = visit(expression);
  ExpressionInfo& place = function_.row(expression.id);
  place = std::move(info);
  return place;
}

ExpressionInfo Checker::visit(const ast::Expression& expression) {
  const Span span = expression.span;
  return std::visit(
      ir::Overloaded{
          [&](const ast::IntegerLiteral& e) { return integer(e); },
          [&](const ast::BoolLiteral& e) {
            return ExpressionInfo{types::boolean(), e.value ? 1 : 0, {}, {}};
          },
          [&](const ast::StringLiteral& e) {
            return ExpressionInfo{types::string(static_cast<uint32_t>(e.value.size() + 1)), {}, e.value, {}};
          },
          [&](const ast::Identifier& e) { return identifier(expression, e.name, span); },
          [&](const ast::Variable& e) { return variable(e, span); },
          [&](const ast::MapReference& e) { return map_read(e, span); },
          [&](const ast::PositionalParameter& e) { return parameter(e, span); },
          [&](const ast::ParameterCount&) {
            script_.asks_parameter_count = true;
            const auto count = static_cast<int64_t>(script_.parameters.size());
            return ExpressionInfo{constant_type(count), count, {}, {}};
          },
          [&](const ast::Call& e) { return call(e, span, FunctionUse::kValue); },
          [&](const ast::Unary& e) { return unary(e, span); },
          [&](const ast::Binary& e) { return binary(e, span); },
          [&](const ast::Ternary& e) { return ternary(e, span); },
          [&](const ast::FieldAccess& e) { return field_access(e, span); },
          [&](const ast::Index& e) { return index(e, span); },
          [&](const ast::Cast& e) { return cast(e, span); },
          [&](const ast::TupleLiteral& e) { return tuple(e, span); },
          [&](const ast::RecordLiteral& e) { return record(e); },
          [&](const ast::SizeOf& e) { return size_of(e, span); },
          [&](const ast::OffsetOf& e) { return offset_of(e, span); },
          [&](const ast::IfExpression& e) { return if_expression(e, span); },
          [&](const ast::BlockExpression& e) {
            // The parser makes none without a value: a macro was called here.
            if (e.block.value == nullptr) diagnostics_.error(span, "This macro has no value: it can only stand alone");
            return block_value(e.block);
          },
          [&](const ast::Comptime& e) {
            ExpressionInfo info = this->expression(*e.expression);
            if (!info.constant && !info.text && !info.type.is(TypeKind::kNone)) {
              diagnostics_.error(e.expression->span, "This is not known before the script runs");
            }
            return info;
          },
          [&](const ast::TypeExpression&) {
            diagnostics_.error(span, "A type cannot stand here");
            return ExpressionInfo{};
          },
      },
      expression.node);
}

void Checker::asks_for(const ast::Expression& expression) {
  const auto* parameter = std::get_if<ast::PositionalParameter>(&expression.node);
  if (parameter != nullptr) script_.asked_parameters.insert(parameter->index);
}

ExpressionInfo Checker::integer(const ast::IntegerLiteral& literal) {
  ExpressionInfo info;
  info.type = literal_type(literal.value, literal.is_unsigned);
  info.constant = static_cast<int64_t>(literal.value);
  return info;
}

// A number where it looks like one, else its text.
ExpressionInfo Checker::parameter(const ast::PositionalParameter& parameter, Span span) {
  ExpressionInfo info;
  const auto text = parameter_text(script_.parameters, parameter.index);
  if (!text) script_.missing_parameters.emplace(parameter.index, span);
  const auto number = text ? parse_number(*text) : std::optional<int64_t>(0);
  if (!number) return text_constant(*text);
  info.constant = number;
  info.type = constant_type(*number);
  return info;
}

ExpressionInfo Checker::variable(const ast::Variable& variable, Span span) {
  ExpressionInfo info;
  if (const auto set = program_variables(variable.name)) return whole_variables(*set, span);
  info.variable = find_variable(variable.name);
  if (!info.variable) {
    if (widens_scope(variable.name)) return info;
    diagnostics_.error(span, fmt::format("Undefined or undeclared variable: {}", variable.name),
                       variable_hint(variable.name));
    return info;
  }
  info.type = function_.variables[*info.variable].type;
  info.target = function_.variables[*info.variable].target;
  // What counts are the last pass's diagnostics: then all types are known.
  // Where what is assigned to it is wrong, that was said.
  if (info.type.is(TypeKind::kNone) && !diagnostics_.has_errors()) {
    diagnostics_.error(span, fmt::format("Nothing tells the type of {}", variable.name), "assign to it");
  }
  return info;
}

ExpressionInfo Checker::identifier(const ast::Expression& expression, std::string_view name, Span span) {
  if (auto constant = find_own_constant(script_, name)) return *constant;
  if (const auto value = find_builtin(name)) return builtin(*value, span);
  if (argument_number(name)) return numbered_argument(name, span);
  if (stack_argument_number(name)) return stack_argument(name, span);
  const FunctionSignature* function = find_function(name);
  if (function != nullptr && (function->id == FunctionId::kUstack || function->id == FunctionId::kKstack)) {
    const ast::Call bare{std::string(name), expression.span, {}};
    return stack(bare, function->id == FunctionId::kUstack);
  }
  if (auto constant = find_constant(script_, name)) return *constant;
  if (function != nullptr) {
    diagnostics_.error(span, fmt::format("{} is a function", name), fmt::format("write {}", function->usage));
  } else if (auto constant = module_constant(name)) {
    return *constant;
  } else {
    diagnostics_.error(span, fmt::format("Unknown identifier: '{}'", name), identifier_hint(name));
  }
  return {};
}

// An enumerator of the probed program.
std::optional<ExpressionInfo> Checker::module_constant(std::string_view name) const {
  const TypeProvider* module = module_types();
  const TypeProvider::EnumValue value = module == nullptr ? TypeProvider::EnumValue{} : module->find_enumerator(name);
  if (value.definition == nullptr) return std::nullopt;
  ExpressionInfo info;
  info.constant = value.value;
  info.type = types::enumeration(value.definition->name, value.definition->size, value.definition->is_signed);
  return info;
}

ExpressionInfo Checker::numbered_argument(std::string_view name, Span span) {
  const ProbeSite& site = function_.site();
  if (site.type == ProbeType::kRawTracepoint) return ExpressionInfo{types::uint64(), {}, {}, {}};
  if (site.type == ProbeType::kUsdt) return static_argument(name, span);
  if (site.is_traced_function()) {
    const ProbeArgument* result = site.find_result();
    const uint32_t words = (result == nullptr ? site.context_size : result->offset) / 8;
    if (*argument_number(name) < words) return ExpressionInfo{types::uint64(), {}, {}, {}};
    diagnostics_.error(span, fmt::format("'{}' has no {}: it takes {} words of arguments", site.function, name, words));
    return {};
  }
  if (!site.is_function()) {
    diagnostics_.error(span, fmt::format("{} can be used in function and raw tracepoint probes only", name),
                       site.arguments.empty() ? "" : "write args.NAME");
    return {};
  }
  if (site.is_return()) {
    diagnostics_.error(span, fmt::format("{} is known when the function is entered only", name),
                       "keep it in a map there: @[tid] = arg0; and read @[tid] here");
    return {};
  }
  if (site.function_offset != 0) {
    diagnostics_.warning(
        span, fmt::format("{} is what its register holds at {}+{}, which need not be the argument any more", name,
                          site.function, site.function_offset));
  }
  return ExpressionInfo{types::uint64(), {}, {}, {}};
}

ExpressionInfo Checker::static_argument(std::string_view name, Span span) {
  const ProbeSite& site = function_.site();
  const ProbeArgument* argument = site.find_argument(name);
  if (argument == nullptr) {
    diagnostics_.error(span, site.arguments.empty() ? fmt::format("The probe '{}' has no arguments", site.name)
                                                    : fmt::format("The probe '{}' has no {}: its last argument is {}",
                                                                  site.name, name, site.arguments.back().name));
    return {};
  }
  if (argument->form == ProbeArgument::Form::kElsewhere) {
    diagnostics_.error(
        span,
        fmt::format("{} of '{}' cannot be read: the program keeps it in '{}'", name, site.name, argument->type.name),
        "so are floating point values");
    return {};
  }
  return ExpressionInfo{argument->type, {}, {}, {}};
}

ExpressionInfo Checker::stack_argument(std::string_view name, Span span) {
  const ProbeSite& site = function_.site();
  if (site.context != ContextKind::kRegisters || site.is_return() || site.function_offset != 0) {
    diagnostics_.error(span, fmt::format("{} is known where a function is entered only", name));
    return {};
  }
  return ExpressionInfo{types::uint64(), {}, {}, {}};
}

std::string Checker::identifier_hint(std::string_view name) const {
  std::vector<std::string> names = builtin_names();
  names.emplace_back("ustack");
  names.emplace_back("kstack");
  for (const auto& [define, value] : script_.defines) names.push_back(define);
  if (auto hint = did_you_mean(name, names); !hint.empty()) return hint;
  for (const ProbeSite& site : function_.sites) {
    if (site.find_argument(name) != nullptr) return fmt::format("did you mean 'args.{}'?", name);
  }
  if (find_variable("$" + std::string(name))) return fmt::format("did you mean the variable '${}'?", name);
  if (script_.find_map("@" + std::string(name))) return fmt::format("did you mean the map '@{}'?", name);
  return script_.types->why_unknown(name);
}

ExpressionInfo Checker::builtin(const BuiltinValue& value, Span span) {
  ExpressionInfo info;
  info.type = value.type;
  switch (value.form) {
    case BuiltinForm::kArguments:
      return whole_arguments(span);
    case BuiltinForm::kResult:
      return probe_argument("retval", span, span);
    case BuiltinForm::kProcessors:
      info.constant = sysconf(_SC_NPROCESSORS_CONF);
      break;
    case BuiltinForm::kProbeType:
      info.text = std::string(provider_name(function_.site().type));
      if (function_.site().name.starts_with(kSyscallProbe)) info.text = "syscall";
      if (*info.text == "begin" || *info.text == "end") info.text = "special";  // as bpftrace has it
      info.type = types::string(static_cast<uint32_t>(info.text->size() + 1));
      break;
    case BuiltinForm::kFunction:
      if (function_.site().is_function() || function_.site().is_traced_function()) break;
      diagnostics_.error(span, "func can be used in function probes only", "write probe for the probe's name");
      return {};
    case BuiltinForm::kUserMode:
      if (function_.site().context == ContextKind::kRegisters) break;
      if (function_.site().context == ContextKind::kNone) {  // polytap's own process: BEGIN, interval
        info.constant = 1;
        break;
      }
      diagnostics_.error(span, "usermode can be used where there are registers: in function probes");
      return {};
    case BuiltinForm::kContext:
      return context_pointer(span);
    default:
      break;
  }
  return info;
}

bool Checker::require_length(const Type& type, Span span) {
  if (!type.is(TypeKind::kArray) || type.size != 0) return true;
  diagnostics_.error(span, fmt::format("How long this array of '{}' is nothing tells", to_string(*type.element)),
                     "take its elements, x[0], or buf(x, length)");
  return false;
}

bool Checker::require_one_value(const Type& type, Span span) {
  if (!require_length(type, span)) return false;
  if (!type.is(TypeKind::kAggregation) || is_number(type)) return true;
  diagnostics_.error(span, fmt::format("A value of type '{}' is not one number", to_string(type)),
                     "print(@map) shows it as a whole");
  return false;
}

ExpressionInfo Checker::join_branches(const ExpressionInfo& a, const ExpressionInfo& b, Span span) {
  ExpressionInfo info;
  if (!require_one_value(a.type, span) || !require_one_value(b.type, span)) return info;
  KnownType left = a.known();
  KnownType right = b.known();
  left.type = number_type(left.type);
  right.type = number_type(right.type);
  const auto together = unify(left, right);
  if (!together) {
    diagnostics_.error(span, fmt::format("The two results have different types: '{}' and '{}'", to_string(left.type),
                                         to_string(right.type)));
    return info;
  }
  info.type = *together;
  return info;
}

ExpressionInfo Checker::ternary(const ast::Ternary& node, Span span) {
  const auto known = condition(*node.condition, "The condition of ?:");
  if (known) {
    const ast::Expression& taken = *known == 0               ? *node.if_false
                                   : node.if_true != nullptr ? *node.if_true
                                                             : *node.condition;
    ExpressionInfo info = *known != 0 && node.if_true == nullptr ? function_.at(taken) : expression(taken);
    info.variable.reset();
    if (!require_one_value(info.type, span)) return {};
    info.type = number_type(info.type);
    return info;
  }
  const ExpressionInfo& if_true = node.if_true == nullptr ? function_.at(*node.condition) : expression(*node.if_true);
  const ExpressionInfo& if_false = expression(*node.if_false);
  return join_branches(if_true, if_false, span);
}

ExpressionInfo Checker::if_expression(const ast::IfExpression& node, Span span) {
  if (const auto known = condition(*node.condition, "The condition of an if")) {
    ExpressionInfo info = block_value(*known != 0 ? node.if_true : node.if_false);
    if (!require_one_value(info.type, span)) return {};
    info.type = number_type(info.type);
    // The block's statements have to run.
    info.constant.reset();
    info.text.reset();
    return info;
  }
  const ExpressionInfo if_true = block_value(node.if_true);
  const ExpressionInfo if_false = block_value(node.if_false);
  return join_branches(if_true, if_false, span);
}

ExpressionInfo Checker::block_value(const ast::Block& block) {
  scopes_.emplace_back();
  statements(block);
  ExpressionInfo info;
  if (block.value != nullptr) {
    info = expression(*block.value);
    info.variable.reset();
  }
  if (!block.statements.empty()) {
    info.constant.reset();
    info.text.reset();
  }
  scopes_.pop_back();
  return info;
}

ExpressionInfo Checker::tuple(const ast::TupleLiteral& node, Span span) {
  std::vector<Type> elements;
  bool known = true;
  for (const ast::ExpressionPtr& element : node.elements) {
    const Type& type = expression(*element).type;
    known = require_one_value(type, element->span) && !type.is(TypeKind::kNone) && known;
    elements.push_back(number_type(type));
  }
  ExpressionInfo info;
  if (elements.empty()) {
    diagnostics_.error(span, "A tuple without elements has no value: print(()) alone shows it",
                       "write at least one: (1,)");
    return info;
  }
  if (known) info.type = types::tuple(std::move(elements));
  return info;
}

ExpressionInfo Checker::record(const ast::RecordLiteral& node) {
  std::vector<Type> elements;
  std::vector<std::string> names;
  bool known = true;
  for (const ast::RecordLiteral::Element& element : node.elements) {
    const Type& type = expression(*element.value).type;
    known = require_one_value(type, element.value->span) && !type.is(TypeKind::kNone) && known;
    elements.push_back(number_type(type));
    if (std::find(names.begin(), names.end(), element.name) != names.end()) {
      diagnostics_.error(element.value->span, fmt::format("The field '{}' is there twice", element.name));
    }
    names.push_back(element.name);
  }
  ExpressionInfo info;
  if (known) info.type = types::record(std::move(elements), std::move(names));
  return info;
}

}  // namespace polytap
