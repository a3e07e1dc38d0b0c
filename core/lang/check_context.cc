// What a probe sees, as a whole: args and ctx.
#include <fmt/format.h>

#include "core/lang/checker.h"

namespace polytap {

ExpressionInfo Checker::whole_arguments(Span span) {
  ExpressionInfo info;
  const ProbeSite& site = function_.site();
  if (site.arguments.empty() || (site.context == ContextKind::kRegisters && site.is_return())) {
    no_arguments("NAME", span);
    return info;
  }
  std::vector<Type> elements;
  std::vector<std::string> names;
  for (const ProbeArgument& argument : site.arguments) {
    if (!is_shown(argument)) continue;
    elements.push_back(probe_argument(argument.name, span, span).type);
    names.push_back(argument.name);
    if (elements.back().is(TypeKind::kNone)) return info;
  }
  info.type = types::record(std::move(elements), std::move(names));
  return info;
}

bool Checker::is_shown(const ProbeArgument& argument) {
  using Form = ProbeArgument::Form;
  if (argument.name.starts_with("common_") || argument.name.starts_with("__")) return false;
  if (argument.form == Form::kElsewhere) return false;
  if (argument.form == Form::kInline || argument.form == Form::kStack) return true;
  // Arrays of variable length other than text have no value yet.
  const Type& type = argument.type;
  return type.is(TypeKind::kString) || is_text(type) ||
         (type.is(TypeKind::kPointer) && type.element != nullptr && type.element->size == 1);
}

ExpressionInfo Checker::context_pointer(Span span) {
  ExpressionInfo info;
  const ProbeSite& site = function_.site();
  std::string name;
  if (site.type == ProbeType::kIter) {
    diagnostics_.error(span, "ctx as a whole has no value here", "write ctx.NAME");
    return info;
  }
  switch (site.context) {
    case ContextKind::kNone:
      diagnostics_.error(span, fmt::format("The probe '{}' has no context", site.name));
      return info;
    case ContextKind::kRegisters:
      name = "struct pt_regs";
      break;
    case ContextKind::kRawArguments:
      info.type = types::pointer(types::uint64(), AddressSpace::kKernel);
      return info;
    default:
      info.type = types::pointer(types::of_kind(TypeKind::kVoid), AddressSpace::kKernel);
      return info;
  }
  const StructDefinition* definition = script_.types->find_struct(name);
  info.type =
      types::pointer(types::structure(name, definition == nullptr ? 0 : definition->size), AddressSpace::kKernel);
  return info;
}

}  // namespace polytap
