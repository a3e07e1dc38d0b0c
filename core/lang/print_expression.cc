#include <fmt/format.h>

#include "core/lang/literal.h"
#include "core/lang/printer.h"

namespace polytap {
namespace {

using ast::BinaryOp;
using ast::UnaryOp;

constexpr int kTernary = 0;
constexpr int kUnary = 11;
constexpr int kPostfix = 12;

int precedence(BinaryOp op) {
  switch (op) {
    case BinaryOp::kLogicalOr:
      return 1;
    case BinaryOp::kLogicalAnd:
      return 2;
    case BinaryOp::kOr:
      return 3;
    case BinaryOp::kXor:
      return 4;
    case BinaryOp::kAnd:
      return 5;
    case BinaryOp::kEqual:
    case BinaryOp::kNotEqual:
      return 6;
    case BinaryOp::kLess:
    case BinaryOp::kLessEqual:
    case BinaryOp::kGreater:
    case BinaryOp::kGreaterEqual:
      return 7;
    case BinaryOp::kShiftLeft:
    case BinaryOp::kShiftRight:
      return 8;
    case BinaryOp::kAdd:
    case BinaryOp::kSub:
      return 9;
    case BinaryOp::kMul:
    case BinaryOp::kDiv:
    case BinaryOp::kMod:
      return 10;
  }
  return kUnary;
}

bool is_postfix(UnaryOp op) { return op == UnaryOp::kPostIncrement || op == UnaryOp::kPostDecrement; }

int precedence(const ast::Expression& expression) {
  if (std::holds_alternative<ast::Ternary>(expression.node)) return kTernary;
  if (const auto* binary = std::get_if<ast::Binary>(&expression.node)) return precedence(binary->op);
  if (const auto* unary = std::get_if<ast::Unary>(&expression.node)) return is_postfix(unary->op) ? kPostfix : kUnary;
  const bool prefix =
      std::holds_alternative<ast::Cast>(expression.node) || std::holds_alternative<ast::Comptime>(expression.node);
  return prefix ? kUnary : kPostfix;
}

bool is_index(std::string_view field) { return !field.empty() && field[0] >= '0' && field[0] <= '9'; }

std::string_view spelling(UnaryOp op) {
  switch (op) {
    case UnaryOp::kNegate:
      return "-";
    case UnaryOp::kNot:
      return "!";
    case UnaryOp::kComplement:
      return "~";
    case UnaryOp::kDereference:
      return "*";
    case UnaryOp::kAddress:
      return "&";
    case UnaryOp::kPlus:
      return "+";
    case UnaryOp::kPreIncrement:
    case UnaryOp::kPostIncrement:
      return "++";
    case UnaryOp::kPreDecrement:
    case UnaryOp::kPostDecrement:
      return "--";
  }
  return "";
}

}  // namespace

std::string_view spelling(BinaryOp op) {
  switch (op) {
    case BinaryOp::kAdd:
      return "+";
    case BinaryOp::kSub:
      return "-";
    case BinaryOp::kMul:
      return "*";
    case BinaryOp::kDiv:
      return "/";
    case BinaryOp::kMod:
      return "%";
    case BinaryOp::kShiftLeft:
      return "<<";
    case BinaryOp::kShiftRight:
      return ">>";
    case BinaryOp::kAnd:
      return "&";
    case BinaryOp::kOr:
      return "|";
    case BinaryOp::kXor:
      return "^";
    case BinaryOp::kLogicalAnd:
      return "&&";
    case BinaryOp::kLogicalOr:
      return "||";
    case BinaryOp::kEqual:
      return "==";
    case BinaryOp::kNotEqual:
      return "!=";
    case BinaryOp::kLess:
      return "<";
    case BinaryOp::kLessEqual:
      return "<=";
    case BinaryOp::kGreater:
      return ">";
    case BinaryOp::kGreaterEqual:
      return ">=";
  }
  return "";
}

void Printer::expression(const ast::Expression& expression, int least) {
  const bool parentheses = expression.parenthesized || precedence(expression) < least;
  if (parentheses) put("(");
  std::visit([this](const auto& n) { node(n); }, expression.node);
  if (parentheses) put(")");
}

void Printer::list(const std::vector<ast::ExpressionPtr>& elements) {
  bool first = true;
  for (const auto& element : elements) {
    if (!std::exchange(first, false)) put(", ");
    expression(*element);
  }
}

void Printer::node(const ast::IntegerLiteral& literal) {
  put(literal.text.empty() ? fmt::format("{}", literal.value) : literal.text);
}
void Printer::node(const ast::BoolLiteral& literal) { put(literal.value ? "true" : "false"); }
void Printer::node(const ast::StringLiteral& literal) { put(quote(literal.value)); }
void Printer::node(const ast::Identifier& identifier) { put(identifier.name); }
void Printer::node(const ast::Variable& variable) { put(variable.name); }

void Printer::node(const ast::MapReference& map) {
  put(map.name);
  if (!map.has_key) return;
  put("[");
  list(map.key);
  put("]");
}

void Printer::node(const ast::PositionalParameter& parameter) { put(fmt::format("${}", parameter.index)); }
void Printer::node(const ast::ParameterCount&) { put("$#"); }

void Printer::node(const ast::Call& call) {
  put(call.name);
  put("(");
  list(call.arguments);
  put(")");
}

void Printer::node(const ast::Unary& unary) {
  if (is_postfix(unary.op)) {
    expression(*unary.operand, kPostfix);
    put(spelling(unary.op));
    return;
  }
  put(spelling(unary.op));
  const size_t begin = out_.size();
  expression(*unary.operand, kUnary);
  // `- -$x` and `& &$x` are not `--$x` and `&&$x`.
  const char last = out_[begin - 1];
  if (last != '*' && begin < out_.size() && out_[begin] == last) out_.insert(begin, 1, ' ');
}

void Printer::node(const ast::Binary& binary) {
  const int own = precedence(binary.op);
  expression(*binary.left, own);
  put(fmt::format(" {} ", spelling(binary.op)));
  expression(*binary.right, own + 1);
}

void Printer::node(const ast::Ternary& ternary) {
  expression(*ternary.condition, 1);
  if (ternary.if_true) {
    put(" ? ");
    expression(*ternary.if_true);
    put(" : ");
  } else {
    put(" ?: ");
  }
  expression(*ternary.if_false);
}

void Printer::node(const ast::FieldAccess& access) {
  // `1.0` would be a fraction.
  const bool fraction = std::holds_alternative<ast::IntegerLiteral>(access.object->node) && is_index(access.field);
  expression(*access.object, fraction ? kPostfix + 1 : kPostfix);
  put(access.arrow ? "->" : ".");
  put(access.field);
}

void Printer::node(const ast::Index& index) {
  // After a map's name the brackets would be its key.
  const auto* map = std::get_if<ast::MapReference>(&index.object->node);
  expression(*index.object, map != nullptr && !map->has_key ? kPostfix + 1 : kPostfix);
  put("[");
  expression(*index.index);
  put("]");
}

void Printer::node(const ast::Cast& cast) {
  put("(");
  type(cast.type);
  put(")");
  expression(*cast.operand, kUnary);
}

void Printer::node(const ast::TupleLiteral& tuple) {
  put("(");
  list(tuple.elements);
  put(tuple.elements.size() == 1 ? ",)" : ")");
}

void Printer::node(const ast::RecordLiteral& record) {
  put("(");
  bool first = true;
  for (const auto& element : record.elements) {
    put(fmt::format("{}{} = ", std::exchange(first, false) ? "" : ", ", element.name));
    expression(*element.value);
  }
  put(")");
}

void Printer::operand(const std::optional<ast::TypeName>& type_name, const ast::ExpressionPtr& value) {
  if (type_name) {
    type(*type_name);
  } else {
    expression(*value);
  }
}

void Printer::node(const ast::SizeOf& size) {
  put("sizeof(");
  operand(size.type, size.expression);
  put(")");
}

void Printer::node(const ast::OffsetOf& offset) {
  put("offsetof(");
  operand(offset.type, offset.expression);
  put(fmt::format(", {})", fmt::join(offset.path, ".")));
}

void Printer::node(const ast::IfExpression& branch) {
  put("if ");
  expression(*branch.condition);
  put(" ");
  block(branch.if_true);
  put(" else ");
  const auto& otherwise = branch.if_false;
  const bool else_if = otherwise.statements.empty() && otherwise.value && !otherwise.value->parenthesized &&
                       std::holds_alternative<ast::IfExpression>(otherwise.value->node);
  if (else_if) {
    expression(*otherwise.value);
  } else {
    block(otherwise);
  }
}

void Printer::node(const ast::BlockExpression& block_expression) { block(block_expression.block); }

void Printer::node(const ast::Comptime& comptime) {
  put("comptime ");
  expression(*comptime.expression, kUnary);
}

void Printer::node(const ast::TypeExpression& type_expression) { type(type_expression.type); }

void Printer::type(const ast::TypeName& type_name) {
  if (type_name.of) {
    put("typeof(");
    expression(*type_name.of);
    put(")");
  } else if (type_name.name.empty()) {
    put("(");
    bool first = true;
    for (const auto& element : type_name.elements) {
      if (!std::exchange(first, false)) put(", ");
      type(element);
    }
    put(")");
  } else {
    put(type_name.name);
  }
  bool after_pointer = false;
  for (const auto& suffix : type_name.suffixes) {
    if (suffix.kind == ast::TypeName::Suffix::Kind::kPointer) {
      put(std::exchange(after_pointer, true) ? "*" : " *");
      continue;
    }
    after_pointer = false;
    put(suffix.count ? fmt::format("[{}]", *suffix.count) : fmt::format("[{}]", suffix.constant));
  }
}

}  // namespace polytap
