// Integer constant expressions.
#include <fmt/format.h>

#include <algorithm>

#include "core/c/parser.h"

namespace polytap {
namespace {

CValue make_value(uint64_t value, bool is_unsigned, uint8_t size) {
  if (size == 8) return {static_cast<int64_t>(value), is_unsigned, size};
  const auto low = static_cast<uint32_t>(value);
  return {is_unsigned ? int64_t{low} : int64_t{static_cast<int32_t>(low)}, is_unsigned, size};
}

CValue truth(bool value) { return {value ? 1 : 0, false, 4}; }

int precedence(const CToken& token) {
  if (token.kind != CTokenKind::kPunctuation) return 0;
  struct Operator {
    std::string_view text;
    int precedence;
  };
  static constexpr Operator kOperators[] = {{"||", 1}, {"&&", 2}, {"|", 3}, {"^", 4},  {"&", 5},  {"==", 6},
                                            {"!=", 6}, {"<", 7},  {">", 7}, {"<=", 7}, {">=", 7}, {"<<", 8},
                                            {">>", 8}, {"+", 9},  {"-", 9}, {"*", 10}, {"/", 10}, {"%", 10}};
  for (const Operator& each : kOperators) {
    if (each.text == token.text) return each.precedence;
  }
  return 0;
}

std::optional<CValue> combine(std::string_view op, const CValue& left, const CValue& right) {
  const auto a = static_cast<uint64_t>(left.value);
  const auto b = static_cast<uint64_t>(right.value);
  if (op == "&&") return truth(a != 0 && b != 0);
  if (op == "||") return truth(a != 0 || b != 0);
  if (op == "<<") return make_value(a << (b & 63), left.is_unsigned, left.size);
  if (op == ">>") {
    return make_value(left.is_unsigned ? a >> (b & 63) : static_cast<uint64_t>(left.value >> (b & 63)),
                      left.is_unsigned, left.size);
  }
  // The usual arithmetic conversions.
  const uint8_t size = std::max(left.size, right.size);
  const bool is_unsigned = (left.is_unsigned && left.size == size) || (right.is_unsigned && right.size == size);
  const uint64_t x = static_cast<uint64_t>(make_value(a, is_unsigned, size).value);
  const uint64_t y = static_cast<uint64_t>(make_value(b, is_unsigned, size).value);
  const auto sx = static_cast<int64_t>(x);
  const auto sy = static_cast<int64_t>(y);
  if (op == "==") return truth(x == y);
  if (op == "!=") return truth(x != y);
  if (op == "<") return truth(is_unsigned ? x < y : sx < sy);
  if (op == ">") return truth(is_unsigned ? x > y : sx > sy);
  if (op == "<=") return truth(is_unsigned ? x <= y : sx <= sy);
  if (op == ">=") return truth(is_unsigned ? x >= y : sx >= sy);
  uint64_t value = 0;
  if (op == "+") value = x + y;
  if (op == "-") value = x - y;
  if (op == "*") value = x * y;
  if (op == "|") value = x | y;
  if (op == "^") value = x ^ y;
  if (op == "&") value = x & y;
  if (op == "/" || op == "%") {
    if (y == 0) return std::nullopt;
    const bool wraps = !is_unsigned && sy == -1;
    if (op == "/") value = is_unsigned ? x / y : wraps ? 0 - x : static_cast<uint64_t>(sx / sy);
    if (op == "%") value = is_unsigned ? x % y : wraps ? 0 : static_cast<uint64_t>(sx % sy);
  }
  return make_value(value, is_unsigned, size);
}

CValue convert(const CValue& value, const Type& type) {
  if (type.is(TypeKind::kBool)) return truth(value.value != 0);
  if (type.size >= 8) return {value.value, !type.is_signed || !type.is(TypeKind::kInteger), 8};
  const unsigned unused = 64 - 8 * std::max(1U, type.size);
  const auto shifted = static_cast<uint64_t>(value.value) << unused;
  const int64_t cut =
      type.is_signed ? static_cast<int64_t>(shifted) >> unused : static_cast<int64_t>(shifted >> unused);
  return {cut, type.size == 4 && !type.is_signed, 4};
}

}  // namespace

std::optional<CValue> CParser::parse_constant() {
  if (tokens_.size() == 1) return std::nullopt;
  auto value = conditional();
  return at_end() ? value : std::nullopt;
}

std::optional<CValue> CParser::conditional() {
  const Level level(*this);
  if (!level.ok()) {
    why_ = "it nests too deep";
    return std::nullopt;
  }
  auto condition = binary(1);
  if (!condition || !accept("?")) return condition;
  const auto if_true = conditional();
  if (!if_true || !expect(":")) return std::nullopt;
  const auto if_false = conditional();
  if (!if_false) return std::nullopt;
  return condition->value != 0 ? if_true : if_false;
}

std::optional<CValue> CParser::binary(int least) {
  auto left = unary();
  while (left) {
    const int own = precedence(peek());
    if (own < least || own == 0) return left;
    const std::string_view op = take().text;
    const auto right = binary(own + 1);
    if (!right) return std::nullopt;
    left = combine(op, *left, *right);
    if (!left) why_ = "a division by zero";
  }
  return left;
}

std::optional<CValue> CParser::unary() {
  const Level level(*this);
  if (!level.ok()) {
    why_ = "it nests too deep";
    return std::nullopt;
  }
  if (peek().is("+") || peek().is("-") || peek().is("~") || peek().is("!")) {
    const std::string_view op = take().text;
    const auto value = unary();
    if (!value) return std::nullopt;
    const auto word = static_cast<uint64_t>(value->value);
    if (op == "!") return truth(word == 0);
    if (op == "+") return value;
    return make_value(op == "-" ? 0 - word : ~word, value->is_unsigned, value->size);
  }
  if (at("(") && starts_type(peek(1))) {
    take();
    const auto type = type_name();
    if (!type || !expect(")")) return std::nullopt;
    const auto value = unary();
    if (!value) return std::nullopt;
    if (!type->type.is_integral() && !type->type.is(TypeKind::kPointer)) {
      why_ = "a cast to what is no integer";
      return std::nullopt;
    }
    return convert(*value, type->type);
  }
  return primary();
}

std::optional<CValue> CParser::primary() {
  const CToken& token = peek();
  if (token.kind == CTokenKind::kNumber) {
    take();
    uint64_t value = 0;
    bool is_unsigned = false;
    if (!c_integer(token.text, value, is_unsigned)) {
      why_ = fmt::format("'{}' is no integer", token.text);
      return std::nullopt;
    }
    const bool decimal = token.text[0] != '0';
    const bool is_long = token.text.find_first_of("lL") != std::string_view::npos;
    const bool small = value <= uint64_t{INT32_MAX} || (value <= UINT32_MAX && (is_unsigned || !decimal));
    if (is_long || !small) return make_value(value, is_unsigned, 8);
    return make_value(value, is_unsigned || value > uint64_t{INT32_MAX}, 4);
  }
  if (token.kind == CTokenKind::kCharacter) {
    const std::string text = c_unquoted(take().text);
    if (text.size() != 1) return std::nullopt;
    return CValue{text[0], false, 4};
  }
  if (token.is("(")) {
    take();
    const auto value = conditional();
    if (!value || !expect(")")) return std::nullopt;
    return value;
  }
  if (token.kind != CTokenKind::kWord) {
    why_ = fmt::format("'{}' is no constant", token.text);
    return std::nullopt;
  }
  const std::string_view word = take().text;
  if (word == "sizeof") return size_of(false);
  if (word == "_Alignof" || word == "__alignof__") return size_of(true);
  if (word == "__builtin_offsetof" || word == "offsetof") return offset_of();
  if (word == "true" || word == "false") return truth(word == "true");
  const auto found = out_.enumerators.find(word);
  if (found == out_.enumerators.end()) {
    why_ = fmt::format("'{}' is no constant", word);
    return std::nullopt;
  }
  const bool large = found->second.value > int64_t{INT32_MAX} || found->second.value < int64_t{INT32_MIN};
  return CValue{found->second.value, false, static_cast<uint8_t>(large ? 8 : 4)};
}

std::optional<CValue> CParser::size_of(bool alignment) {
  if (!at("(") || !starts_type(peek(1))) {
    why_ = "sizeof of an expression";
    return std::nullopt;
  }
  take();
  const auto type = type_name();
  if (!type || !expect(")")) return std::nullopt;
  if (type->type.size == 0) {
    why_ = "sizeof of a type that is not complete";
    return std::nullopt;
  }
  return CValue{alignment ? type->alignment : type->type.size, true, 8};
}

std::optional<CValue> CParser::offset_of() {
  if (!expect("(")) return std::nullopt;
  const auto type = type_name();
  if (!type || !expect(",")) return std::nullopt;
  int64_t offset = 0;
  Type at_type = type->type;
  do {
    const auto definition = out_.structs.find(at_type.name);
    const Field* field = definition == out_.structs.end() ? nullptr : definition->second.find(take().text);
    if (field == nullptr) {
      why_ = "offsetof of a member that is not there";
      return std::nullopt;
    }
    offset += field->offset;
    at_type = Type(field->type);
  } while (accept("."));
  if (!expect(")")) return std::nullopt;
  return CValue{offset, true, 8};
}

std::optional<CValue> evaluate_c(std::string_view text, CDeclarations& declarations) {
  const std::string expanded = expand_c_macros(text, declarations);
  return CParser(expanded, declarations).parse_constant();
}

}  // namespace polytap
