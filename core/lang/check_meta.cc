#include <fmt/format.h>

#include "core/lang/checker.h"

namespace polytap {
namespace {

// Names of fields, `a` or `a.b`, outermost first; empty: it is something else.
std::vector<std::string> field_path(const ast::Expression& e) {
  if (const auto* name = std::get_if<ast::Identifier>(&e.node)) return {name->name};
  const auto* access = std::get_if<ast::FieldAccess>(&e.node);
  if (access == nullptr) return {};
  std::vector<std::string> path = field_path(*access->object);
  if (!path.empty()) path.push_back(access->field);
  return path;
}

// As bpftrace calls the kinds of types.
std::string_view base_name(const Type& type) {
  switch (type.kind) {
    case TypeKind::kBool:
      return "bool";
    case TypeKind::kInteger:
      return "int";
    case TypeKind::kEnum:
      return "enum";
    case TypeKind::kString:
      return "string";
    case TypeKind::kBuffer:
      return "buffer";
    case TypeKind::kPointer:
      return "pointer";
    case TypeKind::kArray:
      return "array";
    case TypeKind::kStruct:
      return "c_struct";
    case TypeKind::kTuple:
      return "tuple";
    case TypeKind::kRecord:
      return "record";
    case TypeKind::kUserStack:
      return "ustack";
    case TypeKind::kKernelStack:
      return "kstack";
    default:
      return "none";
  }
}

}  // namespace

bool Checker::asks_for_type(FunctionId id) {
  return id == FunctionId::kIsArray || id == FunctionId::kIsInteger || id == FunctionId::kIsLiteral ||
         id == FunctionId::kIsPtr || id == FunctionId::kIsScalar || id == FunctionId::kTypeinfo ||
         id == FunctionId::kIsStr || id == FunctionId::kIsUnsignedInteger;
}

// The answer is a constant, once the type is known.
ExpressionInfo Checker::type_question(const ast::Call& call, FunctionId id) {
  ExpressionInfo answer{types::boolean(), {}, {}, {}};
  if (id == FunctionId::kIsScalar) {
    const MapInfo* map = map_argument(*call.arguments[0], *find_function(call.name));
    if (map != nullptr && map->key_known) answer.constant = map->key.empty() ? 1 : 0;
    return answer;
  }
  if (id == FunctionId::kTypeinfo) {
    const Type type = type_of_expression(*call.arguments[0]);
    // Of a map that nothing is assigned to; other maps have their types when all of the script was seen.
    return text_constant(type.is(TypeKind::kNone) ? "none" : to_string(type));
  }
  const ExpressionInfo& argument = expression(*call.arguments[0]);
  const Type& type = argument.type;
  if (type.is(TypeKind::kNone)) return answer;
  bool yes = false;
  switch (id) {
    case FunctionId::kIsArray:
      yes = type.is(TypeKind::kArray);
      break;
    case FunctionId::kIsInteger:
      yes = type.is(TypeKind::kInteger);
      break;
    case FunctionId::kIsLiteral:
      yes = argument.constant.has_value() || argument.text.has_value();
      break;
    case FunctionId::kIsPtr:
      yes = type.is(TypeKind::kPointer);
      break;
    case FunctionId::kIsStr:
      yes = type.is(TypeKind::kString);
      break;
    default:
      yes = type.is(TypeKind::kInteger) && !type.is_signed;
      break;
  }
  answer.constant = yes ? 1 : 0;
  return answer;
}

// `typeinfo(x).base_ty`, `typeinfo(x).full_ty`.
ExpressionInfo Checker::type_property(const ast::Call& call, const ast::FieldAccess& node) {
  ExpressionInfo info = this->call(call, node.object->span, FunctionUse::kValue);
  function_.row(node.object->id) = info;
  if (node.field == "full_ty") return info;
  if (node.field != "base_ty") {
    diagnostics_.error(node.field_span, fmt::format("typeinfo() tells no '{}'", node.field),
                       "base_ty and full_ty are possible");
    return {};
  }
  if (call.arguments.size() != 1 || info.type.is(TypeKind::kNone)) return {};
  return text_constant(std::string(base_name(type_of_expression(*call.arguments[0]))));
}

// The struct of which POINTER points to a part.
ExpressionInfo Checker::container_of(const ast::Call& call) {
  ExpressionInfo info;
  const Type pointer = expression(*call.arguments[0]).type;
  std::optional<Type> type;
  if (const auto* written = std::get_if<ast::TypeExpression>(&call.arguments[1]->node)) {
    type = type_name(written->type);
    if (!type) return info;
  } else if (auto named = type_called(*call.arguments[1])) {
    type = std::move(named);
  }
  const std::vector<std::string> path = field_path(*call.arguments[2]);
  if (!type || path.empty()) {
    diagnostics_.error(call.name_span, "container_of() takes a pointer, a struct's type and the field it points to",
                       "write container_of(pointer, struct name, field)");
    return info;
  }
  uint32_t offset = 0;
  if (!add_offset(*type, path, call.arguments[2]->span, offset) || pointer.is(TypeKind::kNone)) return info;
  if (!pointer.is(TypeKind::kPointer) && !pointer.is(TypeKind::kInteger)) {
    wrong_argument(call, 0, "a pointer");
    return info;
  }
  function_.row(call.arguments[2]->id).constant = offset;
  info.type = types::pointer(std::move(*type), pointer.space == AddressSpace::kNone ? default_space() : pointer.space);
  return info;
}

// Functions that the kernel offers to BPF programs. Those of polytap call none, so that none needs to be allowed.
ExpressionInfo Checker::kernel_function_question(const ast::Call& call, FunctionId id) {
  ExpressionInfo info{types::boolean(), {}, {}, {}};
  const auto name = text_argument(call, 0);
  if (!name) return info;
  info.constant = id == FunctionId::kKfuncExist && input_.types != nullptr && input_.types->has_function(*name) ? 1 : 0;
  return info;
}

// It is an error to get here: in a branch that is known not to run it is not looked at.
void Checker::fail(const ast::Call& call, Span span) {
  for (size_t i = 1; i < call.arguments.size(); ++i) {
    const ExpressionInfo& argument = expression(*call.arguments[i]);
    if (argument.type.is(TypeKind::kNone)) return;
    if (!argument.constant && !argument.text) wrong_argument(call, i, "what is known before the script runs");
  }
  format_call(call);
  const auto& format = function_.at(*call.arguments[0]).text;
  if (!format) return;
  const auto pieces = parse_printf_format(*format);
  if (!pieces.ok()) return;
  std::string message;
  size_t next = 1;
  for (const FormatPiece& piece : *pieces) {
    message += piece.text;
    if (!piece.conversion) continue;
    next += piece.conversion->arguments();
    if (next > call.arguments.size()) return;
    const ExpressionInfo& argument = function_.at(*call.arguments[next - 1]);
    if (argument.text) message += *argument.text;
    if (argument.constant) message += std::to_string(*argument.constant);
  }
  diagnostics_.error(span, message);
}

void Checker::assertion(const ast::Call& call, FunctionId id) {
  condition(*call.arguments[0], "The condition of an assertion");
  const auto message = text_argument(call, 1);
  if (id == FunctionId::kAssert) return;
  const ExpressionInfo& known = function_.at(*call.arguments[0]);
  if (known.type.is(TypeKind::kNone) || !message) return;
  if (!known.constant) {
    diagnostics_.error(call.arguments[0]->span, "This is not known before the script runs",
                       "assert(condition, \"message\") looks at it at run time");
  } else if (*known.constant == 0) {
    diagnostics_.error(call.arguments[0]->span, *message);
  }
}

}  // namespace polytap
