#include <fmt/format.h>

#include <algorithm>

#include "core/ir/arithmetic.h"
#include "core/lang/checker.h"
#include "core/lang/named_values.h"
#include "core/lang/reference.h"
#include "core/types/characters.h"

namespace polytap {
namespace {

std::string_view spelling(ast::BinaryOp op) {
  constexpr std::string_view kSpellings[] = {"+", "-",  "*",  "/",  "%",  "<<", ">>", "&", "|",
                                             "^", "&&", "||", "==", "!=", "<",  "<=", ">", ">="};
  return kSpellings[static_cast<size_t>(op)];
}

bool is_parameter(const ast::Expression& e) { return std::holds_alternative<ast::PositionalParameter>(e.node); }

bool is_comparison(ast::BinaryOp op) { return op >= ast::BinaryOp::kEqual; }

// The operation that the interpreter does for OP on integers of that sign.
ir::BinaryOp folding_operation(ast::BinaryOp op, bool is_unsigned) {
  switch (op) {
    case ast::BinaryOp::kAdd:
      return ir::BinaryOp::kAdd;
    case ast::BinaryOp::kSub:
      return ir::BinaryOp::kSub;
    case ast::BinaryOp::kMul:
      return ir::BinaryOp::kMul;
    case ast::BinaryOp::kDiv:
      return is_unsigned ? ir::BinaryOp::kUnsignedDiv : ir::BinaryOp::kSignedDiv;
    case ast::BinaryOp::kMod:
      return is_unsigned ? ir::BinaryOp::kUnsignedMod : ir::BinaryOp::kSignedMod;
    case ast::BinaryOp::kShiftLeft:
      return ir::BinaryOp::kShiftLeft;
    case ast::BinaryOp::kShiftRight:
      return is_unsigned ? ir::BinaryOp::kLogicalShiftRight : ir::BinaryOp::kArithmeticShiftRight;
    case ast::BinaryOp::kAnd:
      return ir::BinaryOp::kAnd;
    case ast::BinaryOp::kOr:
      return ir::BinaryOp::kOr;
    default:
      return ir::BinaryOp::kXor;
  }
}

bool compare_constants(ast::BinaryOp op, int64_t left, int64_t right, bool is_unsigned) {
  const auto less = [&](int64_t a, int64_t b) {
    return ir::evaluate(is_unsigned ? ir::BinaryOp::kUnsignedLess : ir::BinaryOp::kSignedLess, a, b) != 0;
  };
  switch (op) {
    case ast::BinaryOp::kEqual:
      return left == right;
    case ast::BinaryOp::kNotEqual:
      return left != right;
    case ast::BinaryOp::kLess:
      return less(left, right);
    case ast::BinaryOp::kLessEqual:
      return !less(right, left);
    case ast::BinaryOp::kGreater:
      return less(right, left);
    default:
      return !less(left, right);
  }
}

// Made of nothing but numbers.
bool is_literal(const ast::Expression& e) {
  if (std::holds_alternative<ast::IntegerLiteral>(e.node)) return true;
  if (const auto* unary = std::get_if<ast::Unary>(&e.node)) {
    return unary->op == ast::UnaryOp::kNegate && is_literal(*unary->operand);
  }
  const auto* binary = std::get_if<ast::Binary>(&e.node);
  return binary != nullptr && binary->op <= ast::BinaryOp::kMul && is_literal(*binary->left) &&
         is_literal(*binary->right);
}

__extension__ using Wide = __int128;

Wide exact_value(const KnownType& constant) {
  if (constant.type.is_signed || *constant.constant >= 0) return *constant.constant;
  return static_cast<uint64_t>(*constant.constant);
}

bool is_pointer_step(ast::BinaryOp op) { return op == ast::BinaryOp::kAdd || op == ast::BinaryOp::kSub; }

}  // namespace

ExpressionInfo Checker::unary(const ast::Unary& node, Span span) {
  switch (node.op) {
    case ast::UnaryOp::kPreIncrement:
    case ast::UnaryOp::kPreDecrement:
    case ast::UnaryOp::kPostIncrement:
    case ast::UnaryOp::kPostDecrement:
      return increment(node, span);
    case ast::UnaryOp::kAddress:
      return address_of(*node.operand, span);
    default:
      break;
  }
  if (node.op == ast::UnaryOp::kNot) asks_for(*node.operand);
  const ExpressionInfo& operand = expression(*node.operand);
  const Type& type = operand.type;
  ExpressionInfo info;
  if (type.is(TypeKind::kNone)) return info;
  if (node.op == ast::UnaryOp::kDereference) {
    if (operand.target != nullptr) return value_behind(*operand.target);
    // A number leads to a word; what kaddr() gives knows in which memory.
    if (type.is(TypeKind::kInteger)) {
      info.type = types::uint64();
      info.type.space = type.space;
      return info;
    }
    if (!type.is(TypeKind::kPointer) || type.element == nullptr || type.element->is(TypeKind::kVoid)) {
      diagnostics_.error(span, fmt::format("A value of type '{}' cannot be dereferenced", to_string(type)),
                         "cast it to a pointer to what is there: *(int32 *)x");
      return info;
    }
    info.type = characters_as_text(in_space(*type.element, type.space));
    if (info.type.is(TypeKind::kStruct) && info.type.size == 0) {
      const StructDefinition* definition = script_.types->find_struct(info.type.name);
      if (definition != nullptr) info.type.size = definition->size;
    }
    return info;
  }
  if (node.op == ast::UnaryOp::kNot && (is_number(type) || type.is(TypeKind::kPointer))) {
    info.type = types::boolean();
    if (operand.constant) info.constant = *operand.constant == 0 ? 1 : 0;
    return info;
  }
  if (!is_number(type)) {
    diagnostics_.error(span, fmt::format("The operator takes an integer, not '{}'", to_string(type)));
    return info;
  }
  switch (node.op) {
    case ast::UnaryOp::kNegate:
      info.type = types::int64();
      if (operand.constant) {
        info.constant = static_cast<int64_t>(0 - static_cast<uint64_t>(*operand.constant));
        info.type = constant_type(*info.constant);
        const KnownType zero{types::int64(), 0};
        if (is_literal(*node.operand)) info = exact_constant(ast::BinaryOp::kSub, span, zero, operand.known());
      }
      break;
    case ast::UnaryOp::kComplement:
      info.type = types::uint64();
      if (operand.constant) info.constant = ~*operand.constant;
      break;
    default:
      info = operand;
      info.type = number_type(type);
      break;
  }
  return info;
}

ExpressionInfo Checker::increment(const ast::Unary& node, Span span) {
  const ast::Expression* pointer = dereferenced(*node.operand);
  const ast::Expression* meant = pointer == nullptr ? nullptr : expression(*pointer).target;
  const ast::Expression& target = meant == nullptr ? *node.operand : *meant;
  ExpressionInfo info;
  if (meant == nullptr && pointer != nullptr && uncalled_ && function_.at(*pointer).variable) return info;
  const KnownType word{types::int64(), std::nullopt};
  if (const auto* reference = std::get_if<ast::MapReference>(&target.node)) {
    MapInfo& map = this->map(*reference, span);
    map_key(map, *reference, target.span);
    if (map.value.is(TypeKind::kAggregation) ||
        (!map.value.is_integral() && !map.value.is(TypeKind::kNone) && !map.value.is(TypeKind::kPointer))) {
      diagnostics_.error(span, fmt::format("{} holds values of type '{}', which cannot be counted up or down", map.name,
                                           to_string(map.value)));
      return info;
    }
    if (!map.value.is(TypeKind::kPointer)) {
      const bool is_unsigned = map.value.is_integral() && !map.value.is_signed;
      widen_map(map, is_unsigned ? KnownType{types::uint64(), std::nullopt} : word, span);
    }
    info.type = map.value;
  } else if (std::holds_alternative<ast::Variable>(target.node) && !program_variables(target)) {
    info = meant == nullptr ? expression(target) : function_.at(target);
    if (!info.variable) return {};
    if (info.type.is_integral()) {
      widen_variable(*info.variable, KnownType{types::integer(8, info.type.is_signed), std::nullopt}, span);
    } else if (info.type.is(TypeKind::kNone)) {
      widen_variable(*info.variable, word, span);
    } else if (!info.type.is(TypeKind::kPointer)) {
      diagnostics_.error(span, fmt::format("A value of type '{}' cannot be counted up or down", to_string(info.type)));
      return {};
    }
    info.type = function_.variables[*info.variable].type;
  } else {
    expression(target);
    diagnostics_.error(span, "Only maps and variables can be counted up and down");
    return info;
  }
  function_.row(target.id).type = info.type;
  function_.row(node.operand->id).type = info.type;
  info.variable.reset();
  info.constant.reset();
  return info;
}

ExpressionInfo Checker::binary(const ast::Binary& node, Span span) {
  if (node.op == ast::BinaryOp::kLogicalAnd || node.op == ast::BinaryOp::kLogicalOr) return logical(node);
  const ExpressionInfo& left = expression(*node.left);
  const ExpressionInfo& right = expression(*node.right);
  if (is_comparison(node.op)) return comparison(node, span, left, right);
  const bool exact = node.op <= ast::BinaryOp::kMul && is_literal(*node.left) && is_literal(*node.right);
  if (exact && left.constant && right.constant) return exact_constant(node.op, span, left.known(), right.known());
  // `$1 + 1` would rather be meant as a number.
  if (!is_parameter(*node.left)) {
    if (auto text = text_arithmetic(node.op, span, left, right)) return *text;
  }
  return arithmetic(node.op, span, left, right);
}

ExpressionInfo Checker::logical(const ast::Binary& node) {
  condition(*node.left, "An operand of && or ||");
  condition(*node.right, "An operand of && or ||");
  ExpressionInfo info;
  info.type = types::boolean();
  const auto& left = function_.at(*node.left).constant;
  const auto& right = function_.at(*node.right).constant;
  // Also when the other side is not known: it is not looked at then.
  const int64_t decisive = node.op == ast::BinaryOp::kLogicalAnd ? 0 : 1;
  if (left && (*left != 0) == (decisive != 0)) {
    info.constant = decisive;
  } else if (left && right) {
    const bool value = node.op == ast::BinaryOp::kLogicalAnd ? *left != 0 && *right != 0 : *left != 0 || *right != 0;
    info.constant = value ? 1 : 0;
  }
  return info;
}

// `retval < 0` and the like where the result's type is not known: it is taken as unsigned, so that it never holds, or
// always.
void Checker::warn_of_unknown_sign(const ast::Binary& node, Span span) {
  const auto is_result = [](const ast::Expression& e) {
    const auto* name = std::get_if<ast::Identifier>(&e.node);
    const auto* call = std::get_if<ast::Call>(&e.node);
    return (name != nullptr && name->name == "retval") || (call != nullptr && call->name == "retval");
  };
  const bool on_left = is_result(*node.left);
  if (!on_left && !is_result(*node.right)) return;
  const ProbeSite& site = function_.site();
  const Type& type = function_.at(on_left ? *node.left : *node.right).type;
  const auto other = function_.at(on_left ? *node.right : *node.left).constant;
  if (site.context != ContextKind::kRegisters || site.find_argument("ret") != nullptr || !other ||
      !(type == types::uint64())) {
    return;
  }
  // With the result on the left.
  ast::BinaryOp op = node.op;
  using enum ast::BinaryOp;
  if (!on_left) {
    op = op == kLess ? kGreater : op == kGreater ? kLess : op == kLessEqual ? kGreaterEqual : kLessEqual;
    if (node.op == kEqual || node.op == kNotEqual) op = node.op;
  }
  const bool order = op == kLess || op == kLessEqual || op == kGreater || op == kGreaterEqual;
  const bool about_zero = *other == 0 && (op == kLess || op == kGreaterEqual);
  const bool negative = *other < 0;
  if (!about_zero && !negative) return;
  const std::string_view outcome = op == kLess && about_zero ? ": this never holds"
                                   : about_zero              ? ": this always holds"
                                                             : "";
  const std::string what = order ? fmt::format("retval is taken as unsigned here{}", outcome)
                                 : "retval is taken as an unsigned number of 64 bits here, which an int's -1 is not";
  diagnostics_.warning(span, fmt::format("{}; the type of what '{}' returns is not known", what, site.function),
                       "if it returns an int, write (int32)retval");
}

bool Checker::compares_name(const ExpressionInfo& left, const ExpressionInfo& right) {
  return right.text && is_shown_by_name(left.type);
}

ExpressionInfo Checker::comparison(const ast::Binary& node, Span span, const ExpressionInfo& left,
                                   const ExpressionInfo& right) {
  ExpressionInfo info;
  info.type = types::boolean();
  const Type& a = left.type;
  const Type& b = right.type;
  if (a.is(TypeKind::kNone) || b.is(TypeKind::kNone)) return info;
  const bool equality = node.op == ast::BinaryOp::kEqual || node.op == ast::BinaryOp::kNotEqual;
  const auto is_word = [](const Type& type) { return is_number(type) || type.is(TypeKind::kPointer); };
  if (equality && right.constant == 0) asks_for(*node.left);
  if (equality && left.constant == 0) asks_for(*node.right);
  // `$1 == 0` asks whether it is given; one that is a text is.
  if (equality && ((left.text && right.constant == 0 && is_parameter(*node.left)) ||
                   (right.text && left.constant == 0 && is_parameter(*node.right)))) {
    info.constant = node.op == ast::BinaryOp::kNotEqual ? 1 : 0;
    return info;
  }
  if (is_word(a) && is_word(b)) {
    const KnownType x{number_type(a), left.constant};
    const KnownType y{number_type(b), right.constant};
    warn_of_unknown_sign(node, span);
    if (are_distinct(a, b)) {
      diagnostics_.warning(
          span, fmt::format("comparison of distinct pointer types: '{}' and '{}'", to_string(a), to_string(b)));
    }
    if (left.constant && right.constant) {
      info.constant = compare_constants(node.op, *left.constant, *right.constant, is_unsigned_together(x, y)) ? 1 : 0;
    }
    if (!equality && a.is_integral() && b.is_integral() && is_mixed(x, y)) {
      diagnostics_.warning(span,
                           fmt::format("comparison of integers of different signs: '{}' and '{}' can lead to "
                                       "undefined behavior",
                                       to_string(a), to_string(b)),
                           "both are taken as unsigned; cast one of them");
    }
    return info;
  }
  if (equality && is_text(a) && is_text(b)) {
    if (left.text && right.text) {
      info.constant = (*left.text == *right.text) == (node.op == ast::BinaryOp::kEqual) ? 1 : 0;
    }
    return info;
  }
  if (left.text && right.text) {
    const int order = left.text->compare(*right.text);
    info.constant = compare_constants(node.op, order, 0, false) ? 1 : 0;
    return info;
  }
  if (equality && (compares_name(left, right) || compares_name(right, left))) return info;
  const auto together = unify(a, b);
  const bool composed = a.is(TypeKind::kTuple) || a.is(TypeKind::kRecord);
  if (equality && together && a.kind == b.kind && !a.is(TypeKind::kAggregation) &&
      (composed || a.storage_size() == b.storage_size())) {
    return info;
  }
  std::string hint;
  if (is_text(a) != is_text(b) && (a.is(TypeKind::kPointer) || b.is(TypeKind::kPointer))) {
    hint = "write str(...) around the pointer";
  } else if (is_text(a) && is_text(b)) {
    hint = "strings can be compared with == and != only";
  }
  diagnostics_.error(
      span,
      fmt::format("Type mismatch for '{}': comparing '{}' with '{}'", spelling(node.op), to_string(a), to_string(b)),
      hint);
  return info;
}

// Of two literals: an error when no integer holds it. What was cast wraps around as it would at run time.
ExpressionInfo Checker::exact_constant(ast::BinaryOp op, Span span, const KnownType& a, const KnownType& b) {
  const Wide x = exact_value(a);
  const Wide y = exact_value(b);
  const Wide value = op == ast::BinaryOp::kAdd ? x + y : op == ast::BinaryOp::kSub ? x - y : x * y;
  ExpressionInfo info;
  info.type = types::int64();
  if (value < INT64_MIN || value > UINT64_MAX) {
    diagnostics_.error(span, value < 0 ? "This constant is below all integers of 64 bits"
                                       : "This constant is above all integers of 64 bits");
    return info;
  }
  info.constant = static_cast<int64_t>(static_cast<uint64_t>(value));
  info.type = value > INT64_MAX ? types::uint64() : constant_type(*info.constant);
  return info;
}

// Literals put together, `"foo" + "bar"`, and without their first characters, `"foo" + 1`.
std::optional<ExpressionInfo> Checker::text_arithmetic(ast::BinaryOp op, Span span, const ExpressionInfo& left,
                                                       const ExpressionInfo& right) {
  if (op != ast::BinaryOp::kAdd || !left.text) return std::nullopt;
  if (right.text) return text_constant(*left.text + *right.text);
  if (!right.constant || *right.constant < 0 || !right.type.is(TypeKind::kInteger)) return std::nullopt;
  const auto skipped = static_cast<uint64_t>(*right.constant);
  if (skipped > left.text->size()) {
    diagnostics_.warning(span, fmt::format("This text is empty: it has {} characters", left.text->size()));
  }
  return text_constant(left.text->substr(std::min<size_t>(skipped, left.text->size())));
}

ExpressionInfo Checker::arithmetic(ast::BinaryOp op, Span span, const ExpressionInfo& left,
                                   const ExpressionInfo& right) {
  ExpressionInfo info;
  const Type& a = left.type;
  const Type& b = right.type;
  if (a.is(TypeKind::kNone) || b.is(TypeKind::kNone)) return info;
  const Type x = number_type(a);
  const Type y = number_type(b);
  if (x.is(TypeKind::kPointer) && is_number(b) && is_pointer_step(op)) {
    info.type = x;
    return info;
  }
  if (is_number(a) && y.is(TypeKind::kPointer) && op == ast::BinaryOp::kAdd) {
    info.type = y;
    return info;
  }
  const auto is_word = [](const Type& type) { return is_number(type) || type.is(TypeKind::kPointer); };
  const bool pointer = x.is(TypeKind::kPointer) || y.is(TypeKind::kPointer);
  const bool bits = op == ast::BinaryOp::kAnd || op == ast::BinaryOp::kOr || op == ast::BinaryOp::kXor;
  if (!is_word(a) || !is_word(b) || (pointer && !bits)) {
    diagnostics_.error(span,
                       fmt::format("The operator {} cannot be used on expressions of types '{}' and '{}'", spelling(op),
                                   to_string(a), to_string(b)),
                       pointer ? "cast what is a pointer to an integer: (uint64)p" : "");
    return info;
  }
  const KnownType known_left{x, left.constant};
  const KnownType known_right{y, right.constant};
  const bool shift = op == ast::BinaryOp::kShiftLeft || op == ast::BinaryOp::kShiftRight;
  const bool is_unsigned = shift ? !x.is_signed : is_unsigned_together(known_left, known_right);
  info.type = types::integer(8, !is_unsigned || op == ast::BinaryOp::kSub);
  // `kaddr("a") + 8` still knows where it points; the distance of two such does not.
  if (is_pointer_step(op) && x.is_integral() && y.is_integral()) {
    const bool both = x.space != AddressSpace::kNone && y.space != AddressSpace::kNone;
    if (!both) info.type.space = op == ast::BinaryOp::kAdd && x.space == AddressSpace::kNone ? y.space : x.space;
  }
  const bool division = op == ast::BinaryOp::kDiv || op == ast::BinaryOp::kMod;
  if (division && right.constant && *right.constant == 0) {
    diagnostics_.warning(span, "Division by zero: the result is 0");
  }
  if (division && is_mixed(known_left, known_right)) {
    diagnostics_.warning(span, fmt::format("division of integers of different signs: '{}' and '{}' are both taken as "
                                           "unsigned",
                                           to_string(x), to_string(y)));
  }
  if (left.constant && right.constant) {
    info.constant = ir::evaluate(folding_operation(op, is_unsigned), *left.constant, *right.constant);
    if (info.type.is_signed) info.type = constant_type(*info.constant);
  }
  return info;
}

}  // namespace polytap
