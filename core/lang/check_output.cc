#include <fmt/format.h>

#include "core/lang/checker.h"
#include "core/lang/named_values.h"
#include "core/lang/reference.h"

namespace polytap {
namespace {

// What %s shows.
bool has_text(const Type& type) {
  switch (type.kind) {
    case TypeKind::kNone:
    case TypeKind::kVoid:
    case TypeKind::kInteger:
    case TypeKind::kPointer:
    case TypeKind::kAggregation:
      return false;
    case TypeKind::kArray:
      return is_text(type);
    default:
      return true;
  }
}

// A pointer that is shown as the address which it is; what leads to characters is meant as a text.
bool leads_to_no_text(const Type& type) {
  return type.is(TypeKind::kPointer) && type.element != nullptr && type.element->size > 1 && !is_text(*type.element);
}

bool is_plain_number(const Type& type) {
  if (is_number(type) || type.is(TypeKind::kPointer)) return true;
  switch (type.kind) {
    case TypeKind::kKernelSymbol:
    case TypeKind::kTimestamp:
    case TypeKind::kUserName:
    case TypeKind::kCgroupPath:
    case TypeKind::kErrorName:
    case TypeKind::kSignalName:
    case TypeKind::kSyscallName:
    case TypeKind::kProcessName:
      return true;
    default:
      return false;
  }
}

}  // namespace

void Checker::statement_call(const ast::Call& call, const FunctionSignature& function, Span span) {
  switch (function.id) {
    case FunctionId::kPrintf:
    case FunctionId::kErrorf:
    case FunctionId::kWarnf:
    case FunctionId::kDebugf:
    case FunctionId::kCat:
    case FunctionId::kSystem:
      format_call(call);
      return;
    case FunctionId::kPrint:
      print(call);
      return;
    case FunctionId::kJoin:
      join(call);
      return;
    case FunctionId::kFail:
      fail(call, span);
      return;
    case FunctionId::kAssert:
    case FunctionId::kStaticAssert:
      assertion(call, function.id);
      return;
    case FunctionId::kTime:
      if (!call.arguments.empty()) text_argument(call, 0);
      return;
    case FunctionId::kExit:
      if (!call.arguments.empty()) integer_argument(call, 0);
      return;
    case FunctionId::kUnwatch: {
      const Type& type = expression(*call.arguments[0]).type;
      if (!type.is(TypeKind::kNone) && !is_number(type) && !type.is(TypeKind::kPointer)) {
        wrong_argument(call, 0, "the address of a watchpoint");
      }
      return;
    }
    case FunctionId::kSignal:
    case FunctionId::kSignalThread:
      signal(call);
      return;
    case FunctionId::kDelay:
      delay(call);
      return;
    case FunctionId::kOverride:
      override_result(call);
      return;
    case FunctionId::kPoke:
      poke(call);
      return;
    case FunctionId::kClear:
    case FunctionId::kZero:
      map_argument(*call.arguments[0], function);
      return;
    default:
      break;
  }
}

void Checker::format_call(const ast::Call& call) {
  const auto format = text_argument(call, 0);
  for (size_t i = 1; i < call.arguments.size(); ++i) {
    const ast::Expression& argument = *call.arguments[i];
    require_length(expression(argument).type, argument.span);
  }
  if (!format) return;
  const auto pieces = parse_printf_format(*format);
  if (!pieces.ok()) {
    diagnostics_.error(call.arguments[0]->span, fmt::format("{}(): {}", call.name, pieces.error().message()));
    return;
  }
  size_t wanted = 0;
  for (const FormatPiece& piece : *pieces) {
    if (piece.conversion) wanted += piece.conversion->arguments();
  }
  const size_t given = call.arguments.size() - 1;
  if (given != wanted) {
    diagnostics_.error(call.name_span,
                       fmt::format("{}(): {} arguments for format string (expected {}, got {})", call.name,
                                   given < wanted ? "Not enough" : "Too many", wanted, given));
    return;
  }
  size_t next = 1;
  for (const FormatPiece& piece : *pieces) {
    if (!piece.conversion) continue;
    for (uint32_t i = 1; i < piece.conversion->arguments(); ++i) integer_argument(call, next++);
    conversion_argument(call, *piece.conversion, *call.arguments[next++]);
  }
}

void Checker::conversion_argument(const ast::Call& call, const FormatConversion& conversion,
                                  const ast::Expression& argument) {
  const Type& type = function_.at(argument).type;
  if (type.is(TypeKind::kNone)) return;
  std::string_view wanted;
  std::string hint;
  switch (conversion.conversion) {
    case 's':
      // Numbers as print() shows them.
      if (has_text(type) || is_number(type) || leads_to_no_text(type)) return;
      wanted = "a string";
      if (type.is(TypeKind::kPointer)) hint = "write str(...) around the pointer";
      break;
    case 'r':
      if (type.is(TypeKind::kBuffer) || type.is(TypeKind::kString)) return;
      wanted = "a buffer";
      hint = "write buf(pointer, length)";
      break;
    default:
      if (is_plain_number(type)) return;
      wanted = "an integer";
      if (has_text(type)) hint = "write %s";
      break;
  }
  diagnostics_.error(
      argument.span,
      fmt::format("{}(): {} expects {}, not '{}'", call.name, to_string(conversion), wanted, to_string(type)), hint);
}

void Checker::print(const ast::Call& call) {
  const ast::Expression& value = *call.arguments[0];
  const auto* reference = named_map(value);
  if (reference != nullptr && !reference->has_key) {
    print_map(call, *reference);
    return;
  }
  if (call.arguments.size() > 1) {
    for (size_t i = 1; i < call.arguments.size(); ++i) expression(*call.arguments[i]);
    diagnostics_.error(call.name_span, "print() takes top and divisor for whole maps only",
                       "write print(@m, top, divisor)");
  }
  const auto* tuple = std::get_if<ast::TupleLiteral>(&value.node);
  if (tuple == nullptr || !tuple->elements.empty()) {
    require_length(expression(value).type, value.span);
    return;
  }
  function_.row(value.id) = text_constant("()");  // the empty tuple takes no bytes of a record
}

void Checker::print_map(const ast::Call& call, const ast::MapReference& reference) {
  const bool defined = script_.find_map(reference.name).has_value();
  const MapInfo* info = map_argument(*call.arguments[0], *find_function("print"));
  for (size_t i = 1; i < call.arguments.size(); ++i) {
    const auto number = constant_argument(call, i);
    if (number && *number < 0) wrong_argument(call, i, "a number that is not negative");
  }
  if (!defined || info == nullptr || call.arguments.size() < 2) return;
  if (info->key_known && info->key.empty() && !info->value.is(TypeKind::kNone)) {
    diagnostics_.warning(call.arguments[1]->span,
                         fmt::format("{} has no keys: there is no top of it, and all of it is printed", info->name));
  }
}

void Checker::join(const ast::Call& call) {
  const Type type = expression(*call.arguments[0]).type;
  if (!type.is(TypeKind::kNone) && !type.is(TypeKind::kPointer) && !type.is(TypeKind::kInteger)) {
    wrong_argument(call, 0, "a pointer to strings");
  }
  if (call.arguments.size() > 1) text_argument(call, 1);
}

}  // namespace polytap
