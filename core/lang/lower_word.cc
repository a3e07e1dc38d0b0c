#include <fmt/format.h>

#include <iterator>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/base/check.h"
#include "core/ir/site_symbol.h"
#include "core/lang/builtins.h"
#include "core/lang/checker.h"
#include "core/lang/lowerer.h"
#include "core/lang/named_values.h"
#include "core/lang/reference.h"
#include "core/probe/registers.h"

namespace polytap {

using ir::Temp;

Temp Lowerer::word(const ast::Expression& e) {
  const Span before = build_.at(e.span);
  const Temp result = word_of(e);
  build_.at(before);
  return result;
}

Temp Lowerer::word_as(const ast::Expression& e, const Type& to) { return convert_word(word(e), value_type(e), to); }

Temp Lowerer::convert_word(Temp value, const Type& from, const Type& to) {
  if (to.is(TypeKind::kBool)) return from.is(TypeKind::kBool) ? value : build_.truth(value);
  if (to.is(TypeKind::kKernelSymbol) && from.is(TypeKind::kFunctionName)) {
    return build_.binary(ir::BinaryOp::kOr, value, constant(static_cast<int64_t>(ir::kSiteSymbol)));
  }
  if (!to.is_integral() || to.size >= 8) return value;
  const bool fits = from.is_integral() && !from.is(TypeKind::kNone) &&
                    ((from.size < to.size && (to.is_signed || !from.is_signed)) ||
                     (from.size == to.size && from.is_signed == to.is_signed) || from.is(TypeKind::kBool));
  return fits ? value : build_.extend(value, to.size, to.is_signed);
}

Temp Lowerer::word_of(const ast::Expression& e) {
  const ExpressionInfo& known = info(e);
  if (known.constant) return constant(*known.constant);
  if (known.target != nullptr) {
    diagnostics_.error(e.span, "A reference to a variable or map is not a number: the probe keeps them where it likes",
                       "write * in front of it for the value");
    return constant(0);
  }
  if (const ast::Expression* target = reference_target(e)) return word(*target);
  if (const ast::Expression* operand = referenced(e)) return address_of(*operand);
  if (is_object(e)) return load_object(object(e));
  if (const auto* access = std::get_if<ast::FieldAccess>(&e.node)) {
    const auto* name = std::get_if<ast::Identifier>(&access->object->node);
    if (name != nullptr && name->name == "args") return identifier("retval");  // whose type is not known
  }
  // An element of a tuple or record.
  if (std::holds_alternative<ast::FieldAccess>(e.node) || std::holds_alternative<ast::Index>(e.node)) {
    const auto place = existing_region(e);
    CHECK(place.has_value());
    return build_.load(*place);
  }
  return std::visit(ir::Overloaded{
                        [&](const ast::Identifier& node) { return identifier(node.name); },
                        [&](const ast::Variable&) { return build_.load(variable_place(*known.variable)); },
                        [&](const ast::MapReference& node) { return map_word(node); },
                        [&](const ast::Call& node) { return call_word(node, e); },
                        [&](const ast::Unary& node) { return unary(node, e); },
                        [&](const ast::Binary& node) { return binary(node, e); },
                        [&](const ast::Cast& node) { return cast(node, e); },
                        [&](const ast::Comptime& node) { return word(*node.expression); },
                        // What branches comes together in a slot.
                        [&](const auto&) {
                          const ir::Place place = scratch_for(value_type(e));
                          store(e, place, value_type(e));
                          return build_.load(place);
                        },
                    },
                    e.node);
}

Temp Lowerer::identifier(std::string_view name) {
  if (const auto number = argument_number(name)) return numbered_argument(*number);
  if (const auto number = stack_argument_number(name)) return stack_argument(*number);
  const auto builtin = find_builtin(name);
  CHECK(builtin.has_value());
  if (builtin->form == BuiltinForm::kResult) {
    const ProbeArgument* result = function_.site().find_result();
    if (result == nullptr || result->form != ProbeArgument::Form::kInline) {
      return load_context(registers::kResult, 8, false);
    }
    return load_context(result->offset, std::min(result->size, std::max(1U, result->type.size)),
                        result->type.is_signed);
  }
  if (builtin->form == BuiltinForm::kContext) {
    diagnostics_.error(build_.place(), "ctx has no value of its own", "read a field: ((struct pt_regs *)ctx).di");
    return constant(0);
  }
  if (builtin->form == BuiltinForm::kFunction) return function_name();
  if (builtin->form == BuiltinForm::kHasChild) return build_.truth(build_.add(ir::ReadBuiltin{builtin->word}));
  if (builtin->form == BuiltinForm::kUserMode) {
    // The privilege level in the code segment's selector: 3 for user space.
    const Temp level = build_.binary(ir::BinaryOp::kAnd, load_context(registers::kCs, 8, false), constant(3));
    return build_.truth(level);
  }
  return build_.add(ir::ReadBuiltin{builtin->word});
}

// The first of the program's sites in the same function stands for all of them, so that @[func] of an entry probe and
// of a return probe is one key. Mostly they are as far apart for every site: two probes with the same pattern.
Temp Lowerer::function_name() {
  constexpr size_t kMaxExceptions = 256;
  const auto own = static_cast<int64_t>(program_.sites.size());
  const std::vector<ProbeSite>& sites = function_.sites;
  std::vector<int64_t> steps;  // from the site's number to the one that stands for it
  std::unordered_map<std::string_view, int64_t> first;
  for (int64_t i = 0; i < own; ++i) first.emplace(program_.sites[static_cast<size_t>(i)].function, i);
  for (size_t i = 0; i < sites.size(); ++i) {
    const int64_t number = own + static_cast<int64_t>(i);
    steps.push_back(first.emplace(sites[i].function, number).first->second - number);
  }
  const Temp site = build_.add(ir::ReadBuiltin{ir::Builtin::kSiteIndex});
  Temp value = build_.binary(ir::BinaryOp::kAdd, site, constant(steps.front()));
  size_t exceptions = 0;
  for (size_t i = 0; i < steps.size() && exceptions < kMaxExceptions; ++i) {
    if (steps[i] == steps.front()) continue;
    ++exceptions;
    const Temp here = build_.binary(ir::BinaryOp::kEqual, site, constant(own + static_cast<int64_t>(i)));
    value = build_.binary(ir::BinaryOp::kAdd, value,
                          build_.binary(ir::BinaryOp::kMul, here, constant(steps[i] - steps.front())));
  }
  return value;
}

Temp Lowerer::numbered_argument(uint32_t number) {
  if (function_.site().context == ContextKind::kRawArguments) return load_context(number * 8, 8, false);
  if (function_.site().type == ProbeType::kUsdt) return static_argument(number);
  if (number < std::size(registers::kArguments)) return load_context(registers::kArguments[number], 8, false);
  Object argument;
  argument.where = Object::Where::kMemory;
  argument.address = load_context(registers::kSp, 8, false);
  argument.space = function_.site().is_user_function() ? AddressSpace::kUser : AddressSpace::kKernel;
  argument.offset = registers::stack_argument(number);
  argument.type = types::uint64();
  return load_object(argument);
}

Temp Lowerer::static_argument(uint32_t number) {
  const ProbeArgument* argument = function_.site().find_argument(fmt::format("arg{}", number));
  CHECK(argument != nullptr);
  if (argument->form == ProbeArgument::Form::kConstant) {
    return convert_word(constant(argument->displacement), types::int64(), argument->type);
  }
  if (argument->form == ProbeArgument::Form::kInline) {
    return load_context(argument->offset, argument->size, argument->type.is_signed);
  }
  Object object;
  object.where = Object::Where::kMemory;
  object.address = load_context(argument->offset, 8, false);
  if (argument->scale != 0) {
    const Temp index =
        build_.binary(ir::BinaryOp::kMul, load_context(argument->index, 8, false), constant(argument->scale));
    object.address = build_.binary(ir::BinaryOp::kAdd, object.address, index);
  }
  object.address = build_.binary(ir::BinaryOp::kAdd, object.address, constant(argument->displacement));
  object.space = AddressSpace::kUser;
  object.type = argument->type;
  return load_object(object);
}

// Above the return address.
Temp Lowerer::stack_argument(uint32_t number) {
  Object argument;
  argument.where = Object::Where::kMemory;
  argument.address = load_context(registers::kSp, 8, false);
  argument.space = function_.site().is_user_function() ? AddressSpace::kUser : AddressSpace::kKernel;
  argument.offset = 8 * (number + 1);
  argument.type = types::uint64();
  return load_object(argument);
}

Temp Lowerer::is_named(const ast::Expression& value, const std::string& text) {
  const Temp number = word(value);
  Temp any = constant(0);
  for (const auto& [first, last] : numbers_named(info(value).type, text, script_)) {
    const Temp distance = build_.binary(ir::BinaryOp::kSub, number, constant(first));
    const Temp inside = build_.binary(ir::BinaryOp::kUnsignedLessEqual, distance, constant(last - first));
    any = build_.binary(ir::BinaryOp::kOr, any, inside);
  }
  return any;
}

Temp Lowerer::unary(const ast::Unary& node, const ast::Expression&) {
  switch (node.op) {
    case ast::UnaryOp::kNegate:
      return build_.binary(ir::BinaryOp::kSub, constant(0), word(*node.operand));
    case ast::UnaryOp::kNot:
      return build_.binary(ir::BinaryOp::kEqual, word(*node.operand), constant(0));
    case ast::UnaryOp::kComplement:
      return build_.binary(ir::BinaryOp::kXor, word(*node.operand), constant(-1));
    case ast::UnaryOp::kPlus:
      return word(*node.operand);
    case ast::UnaryOp::kPreIncrement:
    case ast::UnaryOp::kPreDecrement:
    case ast::UnaryOp::kPostIncrement:
    case ast::UnaryOp::kPostDecrement:
      return increment(node);
    default:
      break;
  }
  CHECK(false);
  return ir::kNoTemp;
}

Temp Lowerer::increment(const ast::Unary& node) {
  const bool up = node.op == ast::UnaryOp::kPreIncrement || node.op == ast::UnaryOp::kPostIncrement;
  const bool before = node.op == ast::UnaryOp::kPostIncrement || node.op == ast::UnaryOp::kPostDecrement;
  const ast::Expression* meant = reference_target(*node.operand);
  const ast::Expression& target = meant == nullptr ? *node.operand : *meant;
  const Type& type = info(target).type;
  int64_t step = up ? 1 : -1;
  if (type.is(TypeKind::kPointer) && type.element != nullptr) step *= std::max(1U, type.element->size);
  if (const auto* reference = std::get_if<ast::MapReference>(&target.node)) {
    const Temp old = add_to_map(*reference, constant(step));
    return before ? old : build_.binary(ir::BinaryOp::kAdd, old, constant(step));
  }
  const ir::Place place = variable_place(*info(target).variable);
  const Temp old = build_.load(place);
  const Temp next = convert_word(build_.binary(ir::BinaryOp::kAdd, old, constant(step)), types::int64(), type);
  build_.store(place, next);
  return before ? old : next;
}

void Lowerer::branch(const ast::Expression& e, ir::BlockId if_true, ir::BlockId if_false) {
  const auto* unary = std::get_if<ast::Unary>(&e.node);
  if (unary != nullptr && unary->op == ast::UnaryOp::kNot && !info(e).constant) {
    branch(*unary->operand, if_false, if_true);
    return;
  }
  const auto* binary = std::get_if<ast::Binary>(&e.node);
  if (binary != nullptr && !info(e).constant &&
      (binary->op == ast::BinaryOp::kLogicalAnd || binary->op == ast::BinaryOp::kLogicalOr)) {
    const ir::BlockId second = build_.new_block();
    if (binary->op == ast::BinaryOp::kLogicalAnd) {
      branch(*binary->left, second, if_false);
    } else {
      branch(*binary->left, if_true, second);
    }
    build_.switch_to(second);
    branch(*binary->right, if_true, if_false);
    return;
  }
  build_.branch(word(e), if_true, if_false);
}

Temp Lowerer::binary(const ast::Binary& node, const ast::Expression& e) {
  if (node.op == ast::BinaryOp::kLogicalAnd || node.op == ast::BinaryOp::kLogicalOr) {
    const ir::Place place{build_.scratch(8), 0};
    choose(
        e, [&] { build_.store(place, constant(1)); }, [&] { build_.store(place, constant(0)); });
    return build_.load(place);
  }
  if (node.op >= ast::BinaryOp::kEqual) return compare(node);
  const Temp left = word(*node.left);
  const Temp right = word(*node.right);
  return arithmetic(node.op, left, {value_type(*node.left), info(*node.left).constant}, right,
                    {value_type(*node.right), info(*node.right).constant});
}

Temp Lowerer::arithmetic(ast::BinaryOp op, Temp left, const KnownType& a, Temp right, const KnownType& b) {
  const auto element_size = [](const Type& type) {
    return type.element == nullptr ? 1 : static_cast<int64_t>(std::max(1U, type.element->size));
  };
  // C's pointer arithmetic.
  if (op == ast::BinaryOp::kAdd || op == ast::BinaryOp::kSub) {
    if (a.type.is(TypeKind::kPointer) && b.type.is_integral()) {
      right = build_.binary(ir::BinaryOp::kMul, right, constant(element_size(a.type)));
    } else if (b.type.is(TypeKind::kPointer) && a.type.is_integral() && op == ast::BinaryOp::kAdd) {
      left = build_.binary(ir::BinaryOp::kMul, left, constant(element_size(b.type)));
    }
  }
  const bool is_unsigned = is_unsigned_together(a, b);
  switch (op) {
    case ast::BinaryOp::kAdd:
      return build_.binary(ir::BinaryOp::kAdd, left, right);
    case ast::BinaryOp::kSub:
      return build_.binary(ir::BinaryOp::kSub, left, right);
    case ast::BinaryOp::kMul:
      return build_.binary(ir::BinaryOp::kMul, left, right);
    case ast::BinaryOp::kDiv:
      return build_.binary(is_unsigned ? ir::BinaryOp::kUnsignedDiv : ir::BinaryOp::kSignedDiv, left, right);
    case ast::BinaryOp::kMod:
      return build_.binary(is_unsigned ? ir::BinaryOp::kUnsignedMod : ir::BinaryOp::kSignedMod, left, right);
    case ast::BinaryOp::kAnd:
      return build_.binary(ir::BinaryOp::kAnd, left, right);
    case ast::BinaryOp::kOr:
      return build_.binary(ir::BinaryOp::kOr, left, right);
    case ast::BinaryOp::kXor:
      return build_.binary(ir::BinaryOp::kXor, left, right);
    case ast::BinaryOp::kShiftLeft:
      return build_.binary(ir::BinaryOp::kShiftLeft, left, right);
    case ast::BinaryOp::kShiftRight:
      return build_.binary(a.type.is_signed ? ir::BinaryOp::kArithmeticShiftRight : ir::BinaryOp::kLogicalShiftRight,
                           left, right);
    default:
      break;
  }
  CHECK(false);
  return ir::kNoTemp;
}

Temp Lowerer::compare(const ast::Binary& node) {
  const Type a = value_type(*node.left);
  const Type b = value_type(*node.right);
  const bool equality = node.op == ast::BinaryOp::kEqual || node.op == ast::BinaryOp::kNotEqual;
  const auto from_difference = [&](Temp difference) {
    const auto op = node.op == ast::BinaryOp::kEqual ? ir::BinaryOp::kEqual : ir::BinaryOp::kNotEqual;
    return build_.binary(op, difference, constant(0));
  };
  if (equality && is_text(a) && is_text(b)) return from_difference(compare_texts(*node.left, *node.right, ~0U));
  if (equality && is_shown_by_name(a) && info(*node.right).text) {
    return from_difference(
        build_.binary(ir::BinaryOp::kEqual, is_named(*node.left, *info(*node.right).text), constant(0)));
  }
  if (equality && is_shown_by_name(b) && info(*node.left).text) {
    return from_difference(
        build_.binary(ir::BinaryOp::kEqual, is_named(*node.right, *info(*node.left).text), constant(0)));
  }
  if (!a.is_scalar() || !b.is_scalar()) {
    const Type type = unify(a, b).value_or(a);
    const ir::Place left = region(*node.left, type);
    const ir::Place right = region(*node.right, type);
    return from_difference(build_.add(ir::CompareBytes{left, right, type.storage_size()}));
  }
  Temp left = word(*node.left);
  Temp right = word(*node.right);
  const bool is_unsigned = is_unsigned_together({a, info(*node.left).constant}, {b, info(*node.right).constant});
  switch (node.op) {
    case ast::BinaryOp::kEqual:
      return build_.binary(ir::BinaryOp::kEqual, left, right);
    case ast::BinaryOp::kNotEqual:
      return build_.binary(ir::BinaryOp::kNotEqual, left, right);
    case ast::BinaryOp::kGreater:
    case ast::BinaryOp::kGreaterEqual:
      std::swap(left, right);
      break;
    default:
      break;
  }
  const bool strict = node.op == ast::BinaryOp::kLess || node.op == ast::BinaryOp::kGreater;
  if (is_unsigned) {
    return build_.binary(strict ? ir::BinaryOp::kUnsignedLess : ir::BinaryOp::kUnsignedLessEqual, left, right);
  }
  return build_.binary(strict ? ir::BinaryOp::kSignedLess : ir::BinaryOp::kSignedLessEqual, left, right);
}

Temp Lowerer::cast(const ast::Cast& node, const ast::Expression& e) {
  const Type from = value_type(*node.operand);
  const Type to = value_type(e);
  if (from.is(TypeKind::kArray) && to.is_integral()) {
    const ir::Place place{build_.scratch(8), 0};
    store(*node.operand, place, from);
    const Temp packed = build_.extend(build_.load(place), from.size, false);
    return convert_word(packed, types::uint64(), to);
  }
  if (is_text(from) && to.is(TypeKind::kBool)) {
    const Text string = text(*node.operand);
    return build_.truth(build_.add(ir::StringLength{string.place, string.capacity}));
  }
  // An array's address.
  if (from.is(TypeKind::kArray)) {
    const Object array = object(*node.operand);
    if (array.where == Object::Where::kMemory) return object_address(array);
    diagnostics_.error(node.operand->span, "A copied array has no address",
                       "cast a pointer to it, or the array where it lies: (int32 *)pointer->array");
    return constant(0);
  }
  return convert_word(word(*node.operand), from, value_type(e));
}

}  // namespace polytap
