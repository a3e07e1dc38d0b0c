// struct, union, enum and typedef in C.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "core/lang/parser.h"

namespace polytap {

using Suffix = ast::TypeName::Suffix;

namespace {

// Made of numbers, names and operators: the names may be macros of headers, which the parser does not know.
bool may_be_constant(const ast::Expression& expression) {
  if (std::holds_alternative<ast::Identifier>(expression.node) ||
      std::holds_alternative<ast::IntegerLiteral>(expression.node)) {
    return true;
  }
  if (const auto* size = std::get_if<ast::SizeOf>(&expression.node)) return size->type.has_value();
  if (const auto* unary = std::get_if<ast::Unary>(&expression.node)) {
    return unary->op <= ast::UnaryOp::kComplement && may_be_constant(*unary->operand);
  }
  const auto* binary = std::get_if<ast::Binary>(&expression.node);
  return binary != nullptr && may_be_constant(*binary->left) && may_be_constant(*binary->right);
}

}  // namespace

std::optional<ast::CDefinition> Parser::parse_c_definition() {
  if (at_word("typedef")) return parse_c_typedef();
  std::optional<ast::CDefinition> definition = at_word("enum") ? parse_c_enum() : parse_c_aggregate();
  if (!definition) return std::nullopt;
  if (c_declarator_follows()) {
    unexpected("';' after the definition", "there are no C variables; use a map or a $variable");
    return std::nullopt;
  }
  accept(";");
  return definition;
}

std::optional<ast::CDefinition> Parser::parse_c_aggregate() {
  const Level level(*this);
  if (!level.ok()) return std::nullopt;
  ast::CDefinition definition;
  const Token keyword = take();
  definition.kind = keyword.text == "union" ? ast::CDefinition::Kind::kUnion : ast::CDefinition::Kind::kStruct;
  CAttributes attributes;
  if (!parse_c_attributes(attributes)) return std::nullopt;
  if (peek().kind == TokenKind::kIdentifier) definition.name = std::string(take().text);
  if (!definition.name.empty() && at(";")) {
    definition.forward = true;
    return definition;
  }
  const Span open = peek().span;
  if (!expect("{", fmt::format("after '{} {}'", keyword.text, definition.name),
              "outside of blocks only definitions may stand: struct name { ... };")) {
    return std::nullopt;
  }
  while (!at("}")) {
    if (accept(";")) continue;
    if (peek().kind == TokenKind::kEnd) break;
    if (!parse_c_fields(definition.fields)) return std::nullopt;
  }
  if (!expect_closing("}", open, "at the end of the definition")) return std::nullopt;
  if (!parse_c_attributes(attributes)) return std::nullopt;
  definition.packed = attributes.packed;
  definition.aligned = attributes.aligned;
  return definition;
}

std::optional<ast::CDefinition> Parser::parse_c_enum() {
  ast::CDefinition definition;
  definition.kind = ast::CDefinition::Kind::kEnum;
  take();
  CAttributes attributes;
  if (!parse_c_attributes(attributes)) return std::nullopt;
  if (peek().kind == TokenKind::kIdentifier) definition.name = std::string(take().text);
  if (!definition.name.empty() && at(";")) {
    definition.forward = true;
    return definition;
  }
  const Span open = peek().span;
  if (!expect("{", "after 'enum'")) return std::nullopt;
  std::optional<uint64_t> next = 0;
  while (!at("}")) {
    if (peek().kind != TokenKind::kIdentifier) {
      unexpected("an enumerator's name");
      return std::nullopt;
    }
    ast::CEnumerator enumerator;
    enumerator.name = std::string(take().text);
    if (accept("=")) {
      enumerator.value = parse_expression();
      if (!enumerator.value) return std::nullopt;
      next = evaluate(*enumerator.value);
    }
    if (next) constants_[enumerator.name] = (*next)++;
    definition.enumerators.push_back(std::move(enumerator));
    if (!accept(",")) break;
  }
  if (!expect_closing("}", open, "at the end of the enum")) return std::nullopt;
  if (!parse_c_attributes(attributes)) return std::nullopt;
  if (attributes.packed) {
    error(since(open), "an enum cannot be packed here", "write an integer of the size that it has");
    return std::nullopt;
  }
  return definition;
}

std::optional<ast::CDefinition> Parser::parse_c_typedef() {
  const Span begin = take().span;
  std::optional<ast::CField> field = parse_c_specifiers();
  if (!field) return std::nullopt;
  std::optional<Declarator> declarator = parse_c_declarator();
  if (!declarator) return std::nullopt;
  apply(*declarator, field->type);
  field->span = since(begin);
  ast::CDefinition definition;
  definition.kind = ast::CDefinition::Kind::kTypedef;
  definition.name = declarator->name;
  typedefs_.push_back(definition.name);
  CAttributes attributes;
  if (!parse_c_attributes(attributes)) return std::nullopt;
  field->aligned = attributes.aligned;
  definition.fields.push_back(std::move(*field));
  if (!expect(";", "after the typedef")) return std::nullopt;
  return definition;
}

bool Parser::parse_c_fields(std::vector<ast::CField>& fields) {
  const Span begin = peek().span;
  if (peek().kind == TokenKind::kPreprocessor) {
    error(begin, "a preprocessor line in a definition", "put #if and #endif around the whole definition");
    return false;
  }
  std::optional<ast::CField> base = parse_c_specifiers();
  if (!base) return false;
  base->span = begin;
  if (at(";") && base->nested) {  // anonymous, or a definition alone
    base->span = since(begin);
    fields.push_back(std::move(*base));
    take();
    return true;
  }
  if (!parse_c_field_declarators(*base, fields)) return false;
  // The last one's may be missing, as compilers have it.
  return at("}") || expect(";", "after the field", "each field ends in ';'");
}

bool Parser::parse_c_field_declarators(const ast::CField& base, std::vector<ast::CField>& fields) {
  do {
    ast::CField field;
    field.type.name = base.type.name;
    field.type.span = base.type.span;
    field.nested = base.nested;
    const Span begin = peek().span;
    if (!at(":")) {
      std::optional<Declarator> declarator = parse_c_declarator();
      if (!declarator) return false;
      field.name = declarator->name;
      apply(*declarator, field.type);
    }
    if (accept(":")) {
      const Span at_width = peek().span;
      const ast::ExpressionPtr width = parse_binary(1);
      if (!width) return false;
      field.bits = evaluate(*width);
      if (!field.bits || *field.bits > 64) {
        error(since(at_width), "the width of a bit field must be a number up to 64");
        return false;
      }
    }
    CAttributes attributes;
    if (!parse_c_attributes(attributes)) return false;
    field.packed = attributes.packed;
    field.aligned = attributes.aligned;
    field.span = cover(base.span, since(begin));
    fields.push_back(std::move(field));
  } while (accept(","));
  return true;
}

std::optional<ast::CField> Parser::parse_c_specifiers() {
  skip_c_qualifiers();
  ast::CField field;
  const Token& token = peek();
  const bool aggregate = token.is_word("struct") || token.is_word("union");
  const bool in_place =
      (aggregate || token.is_word("enum")) && (peek(1).is("{") || peek(2).is("{") || peek(1).is_word("__attribute__"));
  const Span begin = token.span;
  if (!in_place) {
    std::optional<ast::TypeName> type = parse_base_type();
    if (!type) return std::nullopt;
    if (type->of || !type->elements.empty()) {
      error(since(begin), "this type cannot stand in a C definition", "write a C type");
      return std::nullopt;
    }
    field.type = std::move(*type);
    field.type.span = since(begin);
    return field;
  }
  const std::string keyword(token.text);
  std::optional<ast::CDefinition> nested = aggregate ? parse_c_aggregate() : parse_c_enum();
  if (!nested) return std::nullopt;
  field.type.name = nested->name.empty() ? keyword : fmt::format("{} {}", keyword, nested->name);
  field.type.span = since(begin);
  field.nested = std::make_shared<ast::CDefinition>(std::move(*nested));
  skip_c_qualifiers();
  return field;
}

std::optional<Parser::Declarator> Parser::parse_c_declarator() {
  const Level level(*this);
  if (!level.ok()) return std::nullopt;
  Declarator own;
  own.span = peek().span;
  while (accept("*")) {
    own.suffixes.push_back({Suffix::Kind::kPointer, std::nullopt, {}});
    skip_c_qualifiers();
  }
  std::optional<Declarator> inner;
  if (at("(")) {
    const Span open = take().span;
    inner = parse_c_declarator();
    if (!inner || !expect_closing(")", open, "after the declarator")) return std::nullopt;
  } else if (peek().kind == TokenKind::kIdentifier) {
    own.name = std::string(take().text);
  } else {
    unexpected("a name", "write for example: int x;");
    return std::nullopt;
  }
  if (at("(")) {
    if (!inner || inner->suffixes.empty()) {
      error(peek().span, "a function cannot be a field", "write a pointer to it: int (*name)(int);");
      return std::nullopt;
    }
    if (!skip_c_parameters()) return std::nullopt;
    inner->is_function = true;
    return inner;
  }
  while (at("[")) {
    if (!parse_c_array_sizes(own.suffixes)) return std::nullopt;
  }
  if (inner) {
    own.name = inner->name;
    own.is_function = inner->is_function;
    if (own.is_function) own.suffixes.clear();
    own.suffixes.insert(own.suffixes.end(), inner->suffixes.begin(), inner->suffixes.end());
  }
  if (own.suffixes.size() > kMaxNesting) {
    error(since(own.span), "this type nests too deep", "name its parts by typedef or struct");
    return std::nullopt;
  }
  own.span = since(own.span);
  return own;
}

bool Parser::parse_c_array_sizes(std::vector<Suffix>& suffixes) {
  const Span open = take().span;
  Suffix suffix;
  suffix.kind = Suffix::Kind::kArray;
  if (!at("]")) {
    const ast::ExpressionPtr size = parse_binary(1);
    if (!size) return false;
    suffix.count = evaluate(*size);
    if (!suffix.count) {
      if (!may_be_constant(*size)) {
        error(size->span, "the size of an array must be a constant", "write a number or the name of a #define");
        return false;
      }
      suffix.constant = std::string(source_.slice(size->span));
    }
  }
  suffixes.push_back(std::move(suffix));
  return expect_closing("]", open, "after the size of the array");
}

// The parameters of a function behind a pointer say nothing about the layout.
bool Parser::skip_c_parameters() {
  const Span open = peek().span;
  size_t depth = 0;
  do {
    const Token token = take();
    if (token.is("(")) ++depth;
    if (token.is(")")) --depth;
    if (token.kind == TokenKind::kEnd || token.is(";") || token.is("{")) {
      error(open, "this '(' is never closed");
      return false;
    }
  } while (depth != 0);
  return true;
}

bool Parser::parse_c_attributes(CAttributes& attributes) {
  while (true) {
    if (at_word("__packed")) {
      take();
      attributes.packed = true;
      continue;
    }
    if (!at_word("__attribute__")) return true;
    take();
    if (!expect("(", "after '__attribute__'") || !expect("(", "after '__attribute__('")) return false;
    while (!at(")")) {
      if (!parse_c_attribute(attributes)) return false;
      if (!accept(",")) break;
    }
    if (!expect(")", "after the attributes") || !expect(")", "after the attributes")) return false;
  }
}

bool Parser::parse_c_attribute(CAttributes& attributes) {
  static constexpr std::array<std::string_view, 4> kRefused = {"mode", "vector_size", "ms_struct",
                                                               "scalar_storage_order"};
  const Token token = take();
  std::string_view name = token.text;
  if (name.starts_with("__") && name.ends_with("__") && name.size() > 4) name = name.substr(2, name.size() - 4);
  if (token.kind != TokenKind::kIdentifier || std::find(kRefused.begin(), kRefused.end(), name) != kRefused.end()) {
    error(token.span, fmt::format("the attribute '{}' cannot stand here", token.text),
          "packed and aligned(n) are carried out; write padding fields where the layout needs more");
    return false;
  }
  if (name == "packed") attributes.packed = true;
  if (name == "aligned" && !at("(")) attributes.aligned = 16;  // the machine's largest
  if (!at("(")) return true;
  if (name != "aligned") return skip_c_parameters();
  const Span open = take().span;
  const ast::ExpressionPtr value = parse_binary(1);
  if (!value || !expect_closing(")", open, "after the alignment")) return false;
  const auto alignment = evaluate(*value);
  if (!alignment || *alignment == 0 || *alignment > 4096 || (*alignment & (*alignment - 1)) != 0) {
    error(value->span, "an alignment is a power of two up to 4096");
    return false;
  }
  attributes.aligned = std::max(attributes.aligned, static_cast<uint32_t>(*alignment));
  return true;
}

void Parser::apply(const Declarator& declarator, ast::TypeName& type) {
  if (declarator.is_function) type.name = "void";
  type.suffixes = declarator.suffixes;
}

std::optional<uint64_t> Parser::evaluate(const ast::Expression& expression) const {
  using ast::BinaryOp;
  if (const auto* literal = std::get_if<ast::IntegerLiteral>(&expression.node)) return literal->value;
  if (const auto* name = std::get_if<ast::Identifier>(&expression.node)) {
    const auto found = constants_.find(name->name);
    return found == constants_.end() ? std::nullopt : std::optional(found->second);
  }
  if (const auto* unary = std::get_if<ast::Unary>(&expression.node)) {
    const std::optional<uint64_t> value = evaluate(*unary->operand);
    if (!value) return std::nullopt;
    if (unary->op == ast::UnaryOp::kNegate) return 0 - *value;
    if (unary->op == ast::UnaryOp::kComplement) return ~*value;
    return std::nullopt;
  }
  const auto* binary = std::get_if<ast::Binary>(&expression.node);
  if (binary == nullptr) return std::nullopt;
  const std::optional<uint64_t> left = evaluate(*binary->left);
  const std::optional<uint64_t> right = evaluate(*binary->right);
  if (!left || !right) return std::nullopt;
  switch (binary->op) {
    case BinaryOp::kAdd:
      return *left + *right;
    case BinaryOp::kSub:
      return *left - *right;
    case BinaryOp::kMul:
      return *left * *right;
    case BinaryOp::kDiv:
      return *right == 0 ? std::nullopt : std::optional(*left / *right);
    case BinaryOp::kShiftLeft:
      return *right > 63 ? std::nullopt : std::optional(*left << *right);
    case BinaryOp::kShiftRight:
      return *right > 63 ? std::nullopt : std::optional(*left >> *right);
    case BinaryOp::kOr:
      return *left | *right;
    case BinaryOp::kAnd:
      return *left & *right;
    default:
      return std::nullopt;
  }
}

}  // namespace polytap
