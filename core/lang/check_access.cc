#include <fmt/format.h>

#include <charconv>

#include "core/base/nearest.h"
#include "core/ir/arithmetic.h"
#include "core/lang/builtins.h"
#include "core/lang/checker.h"
#include "core/lang/config.h"
#include "core/lang/module_types.h"
#include "core/lang/reference.h"
#include "core/lang/type_name.h"
#include "core/types/characters.h"
#include "core/types/type_names.h"

namespace polytap {
namespace {

std::vector<std::string> field_names(const StructDefinition& definition) {
  std::vector<std::string> names;
  for (const Field& field : definition.fields) names.push_back(field.name);
  return names;
}

bool is_number_text(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

// `config` and `config()`, as builtins may be written.
bool names_settings(const ast::Expression& object) {
  if (const auto* name = std::get_if<ast::Identifier>(&object.node)) return name->name == "config";
  const auto* call = std::get_if<ast::Call>(&object.node);
  return call != nullptr && call->name == "config" && call->arguments.empty();
}

// What the bytes of an integer may be taken for.
bool holds_numbers(const Type& array) {
  return array.element != nullptr && array.name.empty() &&
         (array.element->is(TypeKind::kInteger) || array.element->is(TypeKind::kBool));
}

// An array of integers that fits into a word.
bool packs(const Type& type) {
  return type.is(TypeKind::kArray) && holds_numbers(type) && type.size != 0 && type.size <= 8;
}

}  // namespace

AddressSpace Checker::default_space() const {
  return function_.reads_user_memory() ? AddressSpace::kUser : AddressSpace::kKernel;
}

Type Checker::in_space(Type type, AddressSpace space) {
  if (type.is(TypeKind::kPointer) || type.is(TypeKind::kStruct) || type.is(TypeKind::kArray)) {
    if (type.space == AddressSpace::kNone) type.space = space;
  }
  return type;
}

std::optional<Type> Checker::type_name(const ast::TypeName& name) {
  const auto type_of = [this](const ast::Expression& e) { return type_of_expression(e); };
  const ModuleTypes types(*script_.types, module_types());
  return resolve_type_name(name, types, script_.settings.max_string, type_of, diagnostics_);
}

Type Checker::type_of_expression(const ast::Expression& e) {
  if (auto named = type_called(e)) return *named;
  const auto* reference = named_map(e);
  if (reference != nullptr && !reference->has_key) {
    const auto found = script_.find_map(reference->name);
    if (!found) return types::none();
    const MapInfo& map = script_.maps[*found];
    if (!map.key_known) return types::none();
    if (map.key.empty()) return number_type(map.value);
    return map.key.size() == 1 ? map.key.front() : types::tuple(map.key);
  }
  return number_type(unevaluated_type(e));
}

Type Checker::unevaluated_type(const ast::Expression& e) {
  ++unevaluated_;
  Type type = expression(e).type;
  --unevaluated_;
  return type;
}

const TypeProvider* Checker::module_types() const {
  const ProbeSite& site = function_.site();
  const bool in_program = site.is_user_function() || site.type == ProbeType::kUsdt;
  return in_program && !site.module.empty() ? input_.catalog->module_types(site.module) : nullptr;
}

// `sizeof(position)` with a typedef of a header or a program, which the parser does not know.
std::optional<Type> Checker::type_called(const ast::Expression& e) const {
  const auto* name = std::get_if<ast::Identifier>(&e.node);
  if (name == nullptr || find_builtin(name->name) || find_own_constant(script_, name->name)) return std::nullopt;
  const Type* type = ModuleTypes(*script_.types, module_types()).find_type(name->name);
  return type == nullptr ? std::nullopt : std::optional(*type);
}

ExpressionInfo Checker::field_access(const ast::FieldAccess& node, Span span) {
  if (const auto* name = std::get_if<ast::Identifier>(&node.object->node);
      name != nullptr && names_arguments(name->name, function_.site())) {
    return probe_argument(node.field, span, node.field_span);
  }
  if (const auto set = program_variables(*node.object)) return program_variable(*set, node, span);
  if (names_settings(*node.object)) return setting(node.field, node.field_span);
  if (const auto* call = std::get_if<ast::Call>(&node.object->node); call != nullptr && call->name == "typeinfo") {
    return type_property(*call, node);
  }
  const Type object = expression(*node.object).type;
  ExpressionInfo info;
  if (object.is(TypeKind::kNone)) return info;
  if (object.is(TypeKind::kTuple) && is_number_text(node.field)) {
    size_t position = 0;
    std::from_chars(node.field.data(), node.field.data() + node.field.size(), position);
    if (position < object.elements.size()) {
      info.type = object.elements[position];
    } else {
      diagnostics_.error(
          span, fmt::format("Invalid tuple index: {}. Found {} elements in tuple", node.field, object.elements.size()));
    }
    return info;
  }
  if (object.is(TypeKind::kRecord)) {
    for (size_t i = 0; i < object.elements.size(); ++i) {
      if (object.field_names[i] == node.field) info.type = object.elements[i];
    }
    if (info.type.is(TypeKind::kNone)) {
      diagnostics_.error(span, fmt::format("The record has no field named '{}'", node.field),
                         did_you_mean(node.field, object.field_names));
    }
    return info;
  }
  return struct_field(object, node, span);
}

// `config.NAME`: what the script, the environment or nobody set.
ExpressionInfo Checker::setting(std::string_view name, Span span) {
  ExpressionInfo info;
  const auto value = setting_value(script_.settings, name);
  if (!value) {
    diagnostics_.error(span, fmt::format("Unrecognized config variable: {}", name),
                       did_you_mean(name, setting_names()));
    return info;
  }
  info.constant = value->number;
  if (value->number) {
    info.type = value->is_bool ? types::boolean() : constant_type(*value->number);
  } else {
    info.text = value->text;
    info.type = types::string(static_cast<uint32_t>(value->text.size() + 1));
  }
  return info;
}

ExpressionInfo Checker::probe_argument(std::string_view name, Span span, Span name_span) {
  ExpressionInfo info;
  const ProbeSite& site = function_.site();
  const bool result = name == "retval";
  const ProbeArgument* argument = result ? site.find_result() : site.find_argument(name);
  if (result && site.context == ContextKind::kRegisters && site.is_return()) return function_result(span);
  if (argument == nullptr && result && site.type == ProbeType::kFexit) {
    diagnostics_.error(span, fmt::format("'{}' returns nothing, as far as BTF tells", site.function));
    return info;
  }
  if (argument == nullptr && result) {
    diagnostics_.error(span,
                       "retval can be used in probes of returns only: kretprobe, fexit, uretprobe, and "
                       "tracepoint:syscalls:sys_exit_*");
    return info;
  }
  if (site.arguments.empty() || site.type == ProbeType::kUsdt ||
      (site.context == ContextKind::kRegisters && site.is_return())) {
    no_arguments(name, span);
    return info;
  }
  if (argument == nullptr) {
    std::vector<std::string> names;
    for (const ProbeArgument& each : site.arguments) {
      if (!each.name.starts_with("common_") && !each.name.starts_with("__") && each.name != kTracedResult)
        names.push_back(each.name);
    }
    std::string hint = did_you_mean(name, names);
    if (hint.empty()) {
      hint = "it has";
      for (size_t i = 0; i < names.size(); ++i) hint += fmt::format("{}{}", i == 0 ? " " : ", ", names[i]);
    }
    (void)name_span;
    diagnostics_.error(
        span, fmt::format("Struct/union of type 'struct {}_args' does not contain a field named '{}'", site.name, name),
        hint);
    return info;
  }
  using Form = ProbeArgument::Form;
  const Type& type = argument->type;
  if (argument->form == Form::kElsewhere) {
    diagnostics_.error(span,
                       fmt::format("The argument '{}' of '{}' ({}) cannot be read: it is not in a general register",
                                   name, site.function, type.name),
                       "so are floating point, structs passed by value and what comes behind these");
    return info;
  }
  if (argument->form != Form::kInline && argument->form != Form::kStack) {
    if (type.is(TypeKind::kString) || is_text(type) ||
        (type.is(TypeKind::kPointer) && type.element != nullptr && type.element->size == 1)) {
      info.type = types::string(script_.settings.max_string);
    } else {
      unsupported(span, fmt::format("The argument '{}', an array of variable length, is", name));
    }
    return info;
  }
  // Characters in the record itself are a string; bytes (an address of the network) are not.
  info.type = characters_as_text(in_space(type, default_space()));
  return info;
}

void Checker::no_arguments(std::string_view name, Span span) {
  const ProbeSite& site = function_.site();
  if (!site.is_function()) {
    diagnostics_.error(span, fmt::format("The probe '{}' has no arguments", site.name),
                       site.context == ContextKind::kRawArguments ? "write arg0, arg1, ..." : "");
    return;
  }
  if (site.type == ProbeType::kUsdt) {
    diagnostics_.error(span, "The arguments of static probes have no names", "write arg0, arg1, ...");
    return;
  }
  if (site.is_return()) {
    diagnostics_.error(span, "The arguments are known when the function is entered only",
                       fmt::format("keep it in a map there: @[tid] = args.{}; and read @[tid] here", name));
    return;
  }
  if (site.function_offset != 0) {
    diagnostics_.error(span, "The arguments are known at the function's first instruction only",
                       "write reg(\"di\") for what a register holds here");
    return;
  }
  diagnostics_.error(span, fmt::format("The arguments of '{}' are not known by name", site.function),
                     site.is_user_function()
                         ? "write arg0, arg1, ...; or build the program with -g, or install its debugging symbols"
                         : "write arg0, arg1, ...");
}

ExpressionInfo Checker::function_result(Span span) {
  ExpressionInfo info;
  info.type = types::uint64();  // of unknown type: as bpftrace has it
  const ProbeSite& site = function_.site();
  const ProbeArgument* result = site.find_argument("ret");
  if (result == nullptr) return info;
  if (result->form != ProbeArgument::Form::kElsewhere) {
    info.type = in_space(result->type, default_space());
  } else if (result->type.is(TypeKind::kVoid)) {
    diagnostics_.warning(
        span, fmt::format("'{}' returns nothing: retval is what happens to be in the register", site.function));
  } else {
    diagnostics_.error(span, fmt::format("The result of '{}' ({}) is not in a general register: it cannot be read",
                                         site.function, result->type.name));
    info.type = types::none();
  }
  return info;
}

ExpressionInfo Checker::struct_field(const Type& object, const ast::FieldAccess& node, Span span) {
  ExpressionInfo info;
  const bool pointer = object.is(TypeKind::kPointer) && object.element != nullptr;
  const Type& type = pointer ? *object.element : object;
  if (!type.is(TypeKind::kStruct)) {
    diagnostics_.error(
        span, fmt::format("Can not access field '{}' on expression of type '{}'", node.field, to_string(object)),
        type.is_integral() ? "cast it to a pointer to a struct: ((struct name *)x).field" : "");
    return info;
  }
  const StructDefinition* definition = script_.types->find_struct(type.name);
  if (definition == nullptr) {
    const std::string_view name = type.name;
    const bool users = name.starts_with("user ");
    const std::string_view shown = source_name(name);
    std::string hint = script_.types->why_unknown(shown);
    if (hint.empty()) {
      hint = users ? fmt::format(
                         "the program's debugging information does not describe it; define '{}' in front of the "
                         "probes",
                         shown)
                   : "the kernel's BTF does not describe it; define it in front of the probes";
    }
    diagnostics_.error(span, fmt::format("The fields of '{}' are not known", shown), hint);
    return info;
  }
  const Field* field = definition->find(node.field);
  if (field == nullptr) {
    diagnostics_.error(
        span, fmt::format("Struct/union of type '{}' does not contain a field named '{}'", to_string(type), node.field),
        did_you_mean(node.field, field_names(*definition)));
    return info;
  }
  info.type =
      characters_as_text(in_space(field->type, object.space == AddressSpace::kNone ? default_space() : object.space));
  // `char name[]`: as long as its NUL says.
  if (info.type.is(TypeKind::kArray) && info.type.size == 0 && is_text(info.type) && info.type.element->is_signed) {
    info.type = types::string(script_.settings.max_string);
  }
  return info;
}

ExpressionInfo Checker::index(const ast::Index& node, Span span) {
  const Type object = expression(*node.object).type;
  const ExpressionInfo& position = expression(*node.index);
  ExpressionInfo info;
  if (object.is(TypeKind::kNone) || position.type.is(TypeKind::kNone)) return info;
  if (!is_number(position.type)) {
    diagnostics_.error(node.index->span,
                       fmt::format("An index must be an integer, not '{}'", to_string(position.type)));
    return info;
  }
  if (object.is(TypeKind::kTuple)) {
    if (!position.constant || *position.constant < 0 ||
        static_cast<uint64_t>(*position.constant) >= object.elements.size()) {
      diagnostics_.error(span, fmt::format("A tuple's index must be a constant below {}", object.elements.size()));
      return info;
    }
    info.type = object.elements[static_cast<size_t>(*position.constant)];
    return info;
  }
  // A field that is an array of chars counts as a string, and yet has elements.
  if (object.is(TypeKind::kString)) {
    info.type = types::integer(1, true);
    if (position.constant && (*position.constant < 0 || *position.constant >= int64_t{object.size})) {
      diagnostics_.error(
          span, fmt::format("the index {} is out of bounds for a string of size {}", *position.constant, object.size));
    }
    return info;
  }
  const bool array = object.is(TypeKind::kArray);
  if ((!array && !object.is(TypeKind::kPointer)) || object.element == nullptr || object.element->size == 0) {
    diagnostics_.error(span, fmt::format("A value of type '{}' cannot be indexed", to_string(object)));
    return info;
  }
  if (array && position.constant &&
      (*position.constant < 0 || (object.count != 0 && *position.constant >= int64_t{object.count}))) {
    diagnostics_.error(
        span, fmt::format("the index {} is out of bounds for an array of size {}", *position.constant, object.count));
    return info;
  }
  info.type = characters_as_text(
      in_space(*object.element, object.space == AddressSpace::kNone ? default_space() : object.space));
  return info;
}

// An integer as an array of its bytes or words, and back: `(uint8[4])x`, `(uint8[])x`, `(uint32)array`.
std::optional<Type> Checker::cast_of_bytes(Type to, const ExpressionInfo& operand) {
  const Type& from = operand.type;
  const auto is_word = [](uint32_t size) { return size == 1 || size == 2 || size == 4 || size == 8; };
  if (to.is_integral()) return is_word(from.size) && to.size >= from.size ? std::optional(to) : std::nullopt;
  if (!holds_numbers(to)) return std::nullopt;
  // The bytes of a text, with the NUL behind it.
  if (from.is(TypeKind::kString) && to.element->size == 1) {
    if (to.count == 0) to = types::array(*to.element, from.size);
    return to.size >= from.size ? std::optional(to) : std::nullopt;
  }
  if (!is_number(from)) return std::nullopt;
  const uint32_t whole = operand.constant ? 8 : std::max(1U, number_type(from).size);
  if (to.count == 0) to = types::array(*to.element, whole / to.element->size);
  if (!is_word(to.size) || to.size > whole) return std::nullopt;
  return to;
}

ExpressionInfo Checker::cast(const ast::Cast& node, Span span) {
  const ExpressionInfo operand = expression(*node.operand);
  const auto to = type_name(node.type);
  ExpressionInfo info;
  if (!to || operand.type.is(TypeKind::kNone)) return info;
  const Type& from = operand.type;
  const bool word = is_number(from) || from.is(TypeKind::kPointer);
  const bool stats = from.is(TypeKind::kAggregation) && from.aggregation.kind == AggregationKind::kStats;
  if (to->is_integral() && (stats || packs(from))) {
    info.type = *to;
    return info;
  }
  if (to->is(TypeKind::kArray) && is_number(from) && !from.is(TypeKind::kAggregation) && holds_numbers(*to)) {
    info.type = to->count != 0 ? *to : types::array(*to->element, std::max(1U, from.size / to->element->size));
    if (packs(info.type)) return info;
    info.type = types::none();
  }
  if (to->is_integral() && (word || from.is_scalar())) {
    info.type = *to;
    if (operand.constant) {
      info.constant = to->is(TypeKind::kBool)
                          ? (*operand.constant != 0 ? 1 : 0)
                          : ir::extend(*operand.constant, static_cast<uint8_t>(to->size * 8), to->is_signed);
    }
    return info;
  }
  if (to->is(TypeKind::kPointer) && (word || from.is(TypeKind::kArray))) {
    info.type = in_space(*to, from.space == AddressSpace::kNone ? default_space() : from.space);
    info.constant = operand.constant;
    return info;
  }
  if (to->is(TypeKind::kArray) || (from.is(TypeKind::kArray) && to->is_integral())) {
    if (auto type = cast_of_bytes(*to, operand)) {
      info.type = std::move(*type);
      return info;
    }
  }
  if (to->is(TypeKind::kBool) && is_text(from)) {
    info.type = *to;
    if (operand.text) info.constant = operand.text->empty() ? 0 : 1;
    return info;
  }
  if (to->is(TypeKind::kString) && is_text(from)) {
    info.type = *to;
    if (operand.text && operand.text->size() >= to->size) {
      diagnostics_.error(
          span, fmt::format("A text of {} bytes and its end do not go into '{}'", operand.text->size(), to_string(*to)),
          fmt::format("write (string[{}]), or str(\"...\", {}) to cut it", operand.text->size() + 1, to->size - 1));
    }
    return info;
  }
  if (to->kind == from.kind && unify(*to, from)) {
    info.type = from;
    return info;
  }
  std::string hint;
  if (to->is(TypeKind::kStruct)) hint = fmt::format("cast to a pointer: *({} *)x", to->name);
  diagnostics_.error(span, fmt::format("Cannot cast from '{}' to '{}'", to_string(from), to_string(*to)), hint);
  return info;
}

ExpressionInfo Checker::size_of(const ast::SizeOf& node, Span span) {
  ExpressionInfo info;
  std::optional<Type> type;
  if (node.type) {
    type = type_name(*node.type);
  } else if (auto named = type_called(*node.expression)) {
    type = std::move(named);
  } else {
    type = unevaluated_type(*node.expression);
  }
  if (!type || type->is(TypeKind::kNone)) return info;
  if (type->size == 0) {
    diagnostics_.error(span, fmt::format("The size of '{}' is not known", to_string(*type)));
    return info;
  }
  info.type = types::uint64();
  info.constant = type->size;
  return info;
}

bool Checker::add_offset(Type type, std::span<const std::string> path, Span span, uint32_t& offset) {
  for (const std::string& part : path) {
    const StructDefinition* definition = type.is(TypeKind::kStruct) ? script_.types->find_struct(type.name) : nullptr;
    const Field* field = definition == nullptr ? nullptr : definition->find(part);
    if (field == nullptr) {
      diagnostics_.error(
          span, fmt::format("Struct/union of type '{}' does not contain a field named '{}'", to_string(type), part),
          definition == nullptr ? "" : did_you_mean(part, field_names(*definition)));
      return false;
    }
    offset += field->offset;
    type = Type(field->type);
  }
  return true;
}

ExpressionInfo Checker::offset_of(const ast::OffsetOf& node, Span span) {
  ExpressionInfo info;
  std::optional<Type> type;
  if (node.type) {
    type = type_name(*node.type);
  } else {
    type = unevaluated_type(*node.expression);
  }
  if (!type || type->is(TypeKind::kNone)) return info;
  if (type->is(TypeKind::kPointer) && type->element != nullptr) type = Type(*type->element);
  uint32_t offset = 0;
  if (!add_offset(std::move(*type), node.path, span, offset)) return info;
  info.type = types::uint64();
  info.constant = offset;
  return info;
}

}  // namespace polytap
