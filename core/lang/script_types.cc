#include "core/lang/script_types.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/c/token.h"
#include "core/lang/conditionals.h"
#include "core/lang/type_name.h"
#include "core/types/type_names.h"

namespace polytap {
namespace {

constexpr uint32_t kMaxString = 1024;
constexpr uint64_t kMaxStruct = 1U << 20;

std::string keyword(ast::CDefinition::Kind kind) {
  switch (kind) {
    case ast::CDefinition::Kind::kStruct:
      return "struct ";
    case ast::CDefinition::Kind::kUnion:
      return "union ";
    case ast::CDefinition::Kind::kEnum:
      return "enum ";
    case ast::CDefinition::Kind::kTypedef:
      return "";
  }
  return "";
}

std::vector<std::string> active_lines(const ast::Script& script, const std::vector<bool>& active) {
  std::vector<std::string> lines;
  for (size_t i = 0; i < script.items.size(); ++i) {
    const auto* line = std::get_if<ast::Preprocessor>(&script.items[i].node);
    if (line == nullptr || !active[i]) continue;
    std::string_view text = line->text;
    const std::string_view directive = next_word(text);
    if (directive == "include" || directive == "define" || directive == "undef" || directive == "pragma") {
      lines.push_back(line->text);
    }
  }
  return lines;
}

std::string script_folder(std::string folder) { return folder.empty() ? "." : folder; }

}  // namespace

ScriptTypes::ScriptTypes(const ast::Script& script, const TypeProvider* base, Diagnostics& diagnostics,
                         HeaderOptions header_options, const TypeProvider* user)
    : base_(base), user_(user), headers_({}, {}) {
  const std::vector<bool> active = active_items(script, nullptr);
  header_options.script_folder = script_folder(header_options.script_folder);
  headers_ = Headers(active_lines(script, active), std::move(header_options));
  for (size_t i = 0; i < script.items.size(); ++i) {
    const ast::TopLevel& item = script.items[i];
    if (!active[i]) continue;
    if (const auto* definition = std::get_if<ast::CDefinition>(&item.node)) define(*definition, item.span, diagnostics);
  }
}

const StructDefinition* ScriptTypes::header_struct(std::string_view name) const {
  if (!headers_.any()) return nullptr;
  const CDeclarations& declarations = headers_.declarations();
  const auto found = declarations.structs.find(name);
  return found == declarations.structs.end() ? nullptr : &found->second;
}

bool ScriptTypes::defines_struct(std::string_view name) const {
  return structs_.contains(name) || (headers_first() && header_struct(name) != nullptr);
}

bool ScriptTypes::defines_enum(std::string_view name) const {
  return enums_.contains(name) || (headers_first() && header_enum(name) != nullptr);
}

bool ScriptTypes::defines_type(std::string_view name) const {
  return typedefs_.contains(name) || (headers_first() && headers_.declarations().typedefs.contains(name));
}

const StructDefinition* ScriptTypes::find_struct(std::string_view name) const {
  if (name.starts_with("user ")) {
    const StructDefinition* found = user_ == nullptr ? nullptr : user_->find_struct(name);
    if (found != nullptr) return found;
    // A prototype names it, and no debugging information describes it: the script or a header may.
    name = source_name(name);
    return defines_struct(name) ? find_struct(name) : nullptr;
  }
  if (const auto found = structs_.find(name); found != structs_.end()) return &found->second;
  if (headers_first()) {
    if (const StructDefinition* found = header_struct(name)) return found;
  }
  const StructDefinition* found = base_ == nullptr ? nullptr : base_->find_struct(name);
  return found != nullptr || headers_first() ? found : header_struct(name);
}

const EnumDefinition* ScriptTypes::header_enum(std::string_view name) const {
  if (!headers_.any()) return nullptr;
  const CDeclarations& declarations = headers_.declarations();
  const auto found = declarations.enums.find(name);
  return found == declarations.enums.end() ? nullptr : &found->second;
}

const EnumDefinition* ScriptTypes::find_enum(std::string_view name) const {
  if (name.starts_with("user ")) return user_ == nullptr ? nullptr : user_->find_enum(name);
  if (const auto found = enums_.find(name); found != enums_.end()) return &found->second;
  if (headers_first()) {
    if (const EnumDefinition* found = header_enum(name)) return found;
  }
  const EnumDefinition* found = base_ == nullptr ? nullptr : base_->find_enum(name);
  return found != nullptr || headers_first() ? found : header_enum(name);
}

const Type* ScriptTypes::find_type(std::string_view name) const {
  if (const auto found = typedefs_.find(name); found != typedefs_.end()) return &found->second;
  const auto in_headers = [&]() -> const Type* {
    if (!headers_.any()) return nullptr;
    const CDeclarations& declarations = headers_.declarations();
    const auto found = declarations.typedefs.find(name);
    return found == declarations.typedefs.end() ? nullptr : &found->second.type;
  };
  if (headers_first()) {
    if (const Type* found = in_headers()) return found;
  }
  const Type* found = base_ == nullptr ? nullptr : base_->find_type(name);
  return found != nullptr || headers_first() ? found : in_headers();
}

TypeProvider::EnumValue ScriptTypes::find_own_enumerator(std::string_view name) const {
  for (const auto& [enum_name, definition] : enums_) {
    for (const EnumDefinition::Enumerator& enumerator : definition.enumerators) {
      if (enumerator.name == name) return {&definition, enumerator.value};
    }
  }
  return {};
}

TypeProvider::EnumValue ScriptTypes::header_enumerator(std::string_view name) const {
  if (!headers_.any()) return {};
  const CDeclarations& declarations = headers_.declarations();
  const auto found = declarations.enumerators.find(name);
  if (found == declarations.enumerators.end()) return {};
  const auto definition = declarations.enums.find(found->second.enumeration);
  if (definition == declarations.enums.end()) return {};
  return {&definition->second, found->second.value};
}

TypeProvider::EnumValue ScriptTypes::find_enumerator(std::string_view name) const {
  if (const EnumValue own = find_own_enumerator(name); own.definition != nullptr) return own;
  if (headers_first()) {
    if (const EnumValue found = header_enumerator(name); found.definition != nullptr) return found;
  }
  EnumValue found;
  if (base_ != nullptr) found = base_->find_enumerator(name);
  return found.definition != nullptr || headers_first() ? found : header_enumerator(name);
}

std::optional<int64_t> ScriptTypes::find_constant(std::string_view text) const {
  const bool is_name = c_tokens(text).size() == 2;
  if (is_name && !headers_.defines(text)) {
    if (const EnumValue own = find_own_enumerator(text); own.definition != nullptr) return own.value;
    if (!headers_first() && base_ != nullptr) {
      if (const EnumValue found = base_->find_enumerator(text); found.definition != nullptr) return found.value;
    }
    if (const auto known = well_known_constant(text)) return known;
  }
  CDeclarations& declarations = headers_.declarations();
  // What it is made of may be the script's or the kernel's.
  const std::string expanded = expand_c_macros(text, declarations);
  for (const CToken& token : c_tokens(expanded)) {
    if (token.kind != CTokenKind::kWord || declarations.enumerators.contains(token.text)) continue;
    EnumValue found = find_own_enumerator(token.text);
    if (found.definition == nullptr && base_ != nullptr) found = base_->find_enumerator(token.text);
    if (found.definition != nullptr) {
      declarations.enumerators[std::string(token.text)] = {found.definition->name, found.value};
    } else if (const auto known = well_known_constant(token.text)) {
      declarations.enumerators[std::string(token.text)] = {"", *known};
    }
  }
  const auto value = evaluate_c(text, declarations);
  return value ? std::optional(value->value) : std::nullopt;
}

std::optional<std::string> ScriptTypes::find_text(std::string_view name) const {
  if (!headers_.any()) return std::nullopt;
  const std::vector<CToken> tokens = c_tokens(name);
  const CDeclarations& declarations = headers_.declarations();
  if (!declarations.macros.contains(name)) return std::nullopt;
  const std::string expanded = expand_c_macros(name, declarations);
  std::string text;
  for (const CToken& token : c_tokens(expanded)) {
    if (token.kind == CTokenKind::kString) {
      text += c_unquoted(token.text);
    } else if (token.kind != CTokenKind::kEnd) {
      return std::nullopt;
    }
  }
  return text;
}

std::string ScriptTypes::why_unknown(std::string_view name) const {
  const CDeclarations& declarations = headers_.declarations();
  if (const auto why = declarations.not_understood.find(name); why != declarations.not_understood.end()) {
    return fmt::format("the headers define '{}', but {}", name, why->second);
  }
  if (const auto macro = declarations.macros.find(name); macro != declarations.macros.end()) {
    return fmt::format("'{}' stands for '{}', which is no constant", name, macro->second.body);
  }
  if (!headers_.any()) return {};
  if (!headers_.trouble().empty()) return headers_.trouble();
  if (headers_.missing().empty()) return {};
  return fmt::format("{} {} not installed here: if '{}' comes from there, define it in the script",
                     fmt::join(headers_.missing(), ", "), headers_.missing().size() == 1 ? "is" : "are", name);
}

std::vector<std::string> ScriptTypes::header_notes() const {
  return headers_.were_read() ? headers_.declarations().notes : std::vector<std::string>{};
}

Type ScriptTypes::define(const ast::CDefinition& definition, Span span, Diagnostics& diagnostics) {
  switch (definition.kind) {
    case ast::CDefinition::Kind::kEnum:
      return define_enum(definition, diagnostics);
    case ast::CDefinition::Kind::kTypedef: {
      if (definition.fields.empty()) return types::none();
      const ast::CField& field = definition.fields.front();
      std::optional<Type> type;
      if (field.nested != nullptr) {
        type = define(*field.nested, span, diagnostics);
      } else {
        type = resolve_type_name(field.type, *this, kMaxString, {}, diagnostics);
      }
      if (field.nested != nullptr) type = apply_suffixes(field.type, std::move(*type), *this, diagnostics);
      const std::string& name = definition.name.empty() ? field.name : definition.name;
      if (type) typedefs_[name] = *type;
      if (field.aligned != 0) typedef_alignments_[name] = field.aligned;
      return type.value_or(types::none());
    }
    default:
      return define_struct(definition, span, diagnostics);
  }
}

Type ScriptTypes::define_enum(const ast::CDefinition& definition, Diagnostics& diagnostics) {
  EnumDefinition result;
  result.name =
      "enum " + (definition.name.empty() ? fmt::format("(anonymous in script {})", ++anonymous_) : definition.name);
  int64_t next = 0;
  for (const ast::CEnumerator& enumerator : definition.enumerators) {
    if (enumerator.value != nullptr) {
      // Earlier enumerators of the same enum may be used.
      enums_[result.name] = result;
      const auto value = constant_value(*enumerator.value, *this);
      if (!value) {
        diagnostics.error(enumerator.value->span, fmt::format("The value of '{}' is not constant", enumerator.name));
      }
      next = value.value_or(0);
    }
    result.is_signed = result.is_signed || next < 0;
    if (next > int64_t{UINT32_MAX} || next < int64_t{INT32_MIN}) result.size = 8;
    result.enumerators.push_back({enumerator.name, next++});
  }
  enums_[result.name] = result;
  return types::enumeration(result.name, result.size, result.is_signed);
}

uint32_t ScriptTypes::alignment(const Type& type) const {
  switch (type.kind) {
    case TypeKind::kArray:
      if (!type.name.empty()) return type.size;  // "double"
      return type.element == nullptr ? 1 : alignment(*type.element);
    case TypeKind::kString:
    case TypeKind::kBuffer:
      return 1;
    case TypeKind::kStruct: {
      if (headers_.were_read()) {
        const CDeclarations& declarations = headers_.declarations();
        const auto found = declarations.alignments.find(type.name);
        if (found != declarations.alignments.end()) return found->second;
      }
      if (const auto found = alignments_.find(type.name); found != alignments_.end()) return found->second;
      uint32_t most = 1;
      if (const StructDefinition* definition = find_struct(type.name)) {
        for (const Field& field : definition->fields) most = std::max(most, alignment(field.type));
      }
      return most;
    }
    default:
      return std::max(1U, type.size);
  }
}

Type ScriptTypes::define_struct(const ast::CDefinition& definition, Span span, Diagnostics& diagnostics) {
  const std::string name =
      keyword(definition.kind) +
      (definition.name.empty() ? fmt::format("(anonymous in script {})", ++anonymous_) : definition.name);
  if (definition.forward) return types::structure(name, 0);
  if (structs_.contains(name)) {
    diagnostics.error(span, fmt::format("'{}' is defined twice", name));
    return types::structure(name, structs_[name].size);
  }
  StructLayout layout(name, definition.kind == ast::CDefinition::Kind::kUnion, definition.packed);
  if (definition.aligned != 0) layout.align(definition.aligned);
  for (const ast::CField& field : definition.fields) add_field(layout, field, diagnostics);
  auto finished = std::move(layout).finish();
  if (!finished.ok() || finished->definition.size > kMaxStruct) {
    diagnostics.error(span, fmt::format("'{}' is too large", name));
    return types::structure(name, 0);
  }
  const uint32_t size = finished->definition.size;
  alignments_[name] = finished->alignment;
  structs_[name] = std::move(finished->definition);
  return types::structure(name, size);
}

void ScriptTypes::add_field(StructLayout& layout, const ast::CField& field, Diagnostics& diagnostics) {
  std::optional<Type> type;
  if (field.nested != nullptr) {
    // `struct x { ... } a, b;` defines x once.
    const auto defined = nested_.find(field.nested.get());
    type = defined != nested_.end() ? defined->second : define(*field.nested, field.span, diagnostics);
    nested_[field.nested.get()] = *type;
    type = apply_suffixes(field.type, std::move(*type), *this, diagnostics);
  } else {
    type = resolve_type_name(field.type, *this, kMaxString, {}, diagnostics);
  }
  if (!type) return;
  // C: what defines a type by its name, or an enum, and has no name of its own is no member.
  const bool only_defines = field.nested != nullptr && field.name.empty() && !field.bits &&
                            (!field.nested->name.empty() || !type->is(TypeKind::kStruct));
  if (only_defines) return;
  MemberDeclaration member;
  member.name = field.name;
  member.type = *type;
  member.alignment = alignment(*type);
  if (const auto own = typedef_alignments_.find(field.type.name);
      own != typedef_alignments_.end() && field.type.suffixes.empty()) {
    member.alignment = own->second;
  }
  member.bits = field.bits;
  member.packed = field.packed;
  member.aligned = field.aligned;
  const bool anonymous = field.name.empty() && type->is(TypeKind::kStruct);
  const Status added = layout.add(member, anonymous ? find_struct(type->name) : nullptr);
  if (added.ok()) return;
  diagnostics.error(field.span,
                    field.bits
                        ? fmt::format("The bit field '{}' cannot stand here: {}", field.name, added.error().message())
                        : fmt::format("The field '{}' cannot stand here: {}", field.name, added.error().message()));
}

namespace {

std::optional<int64_t> constant_binary(ast::BinaryOp op, int64_t a, int64_t b) {
  const auto wrap = [](uint64_t value) { return static_cast<int64_t>(value); };
  const auto ua = static_cast<uint64_t>(a);
  const auto ub = static_cast<uint64_t>(b);
  switch (op) {
    case ast::BinaryOp::kAdd:
      return wrap(ua + ub);
    case ast::BinaryOp::kSub:
      return wrap(ua - ub);
    case ast::BinaryOp::kMul:
      return wrap(ua * ub);
    case ast::BinaryOp::kDiv:
      return b == 0 ? std::nullopt : std::optional(b == -1 ? wrap(0 - ua) : a / b);
    case ast::BinaryOp::kMod:
      return b == 0 ? std::nullopt : std::optional(b == -1 ? 0 : a % b);
    case ast::BinaryOp::kShiftLeft:
      return wrap(ua << (ub & 63));
    case ast::BinaryOp::kShiftRight:
      return a >> (ub & 63);
    case ast::BinaryOp::kAnd:
      return a & b;
    case ast::BinaryOp::kOr:
      return a | b;
    case ast::BinaryOp::kXor:
      return a ^ b;
    default:
      return std::nullopt;
  }
}

}  // namespace

std::optional<int64_t> constant_value(const ast::Expression& expression, const ScriptTypeProvider& types) {
  if (const auto* literal = std::get_if<ast::IntegerLiteral>(&expression.node)) {
    return static_cast<int64_t>(literal->value);
  }
  if (const auto* name = std::get_if<ast::Identifier>(&expression.node)) {
    return types.find_constant(name->name);
  }
  if (const auto* unary = std::get_if<ast::Unary>(&expression.node)) {
    const auto value = constant_value(*unary->operand, types);
    if (!value) return std::nullopt;
    switch (unary->op) {
      case ast::UnaryOp::kNegate:
        return static_cast<int64_t>(0 - static_cast<uint64_t>(*value));
      case ast::UnaryOp::kComplement:
        return ~*value;
      case ast::UnaryOp::kPlus:
        return value;
      default:
        return std::nullopt;
    }
  }
  if (const auto* binary = std::get_if<ast::Binary>(&expression.node)) {
    const auto left = constant_value(*binary->left, types);
    const auto right = constant_value(*binary->right, types);
    if (left && right) return constant_binary(binary->op, *left, *right);
  }
  return std::nullopt;
}

}  // namespace polytap
