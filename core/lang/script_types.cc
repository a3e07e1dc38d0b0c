#include "core/lang/script_types.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/lang/conditionals.h"
#include "core/lang/type_name.h"

namespace polytap {
namespace {

constexpr uint32_t kMaxString = 1024;
constexpr uint64_t kMaxStruct = 1U << 20;

uint32_t round_up(uint64_t value, uint64_t to) { return static_cast<uint32_t>((value + to - 1) / to * to); }

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

}  // namespace

// The state of laying out one struct.
struct ScriptTypes::Layout {
  StructDefinition definition;
  bool is_union = false;
  bool packed = false;
  uint64_t bits = 0;  // used so far
  uint32_t alignment = 1;
};

ScriptTypes::ScriptTypes(const ast::Script& script, const TypeProvider* base, Diagnostics& diagnostics) : base_(base) {
  const std::vector<bool> active = active_items(script, nullptr);
  for (size_t i = 0; i < script.items.size(); ++i) {
    const ast::TopLevel& item = script.items[i];
    if (!active[i]) continue;
    if (const auto* definition = std::get_if<ast::CDefinition>(&item.node)) define(*definition, item.span, diagnostics);
  }
}

const StructDefinition* ScriptTypes::find_struct(std::string_view name) const {
  if (const auto found = structs_.find(name); found != structs_.end()) return &found->second;
  return base_ == nullptr ? nullptr : base_->find_struct(name);
}

const EnumDefinition* ScriptTypes::find_enum(std::string_view name) const {
  if (const auto found = enums_.find(name); found != enums_.end()) return &found->second;
  return base_ == nullptr ? nullptr : base_->find_enum(name);
}

const Type* ScriptTypes::find_type(std::string_view name) const {
  if (const auto found = typedefs_.find(name); found != typedefs_.end()) return &found->second;
  return base_ == nullptr ? nullptr : base_->find_type(name);
}

TypeProvider::EnumValue ScriptTypes::find_enumerator(std::string_view name) const {
  for (const auto& [enum_name, definition] : enums_) {
    for (const EnumDefinition::Enumerator& enumerator : definition.enumerators) {
      if (enumerator.name == name) return {&definition, enumerator.value};
    }
  }
  return base_ == nullptr ? EnumValue{} : base_->find_enumerator(name);
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
      const std::string& name = definition.name.empty() ? field.name : definition.name;
      if (type) typedefs_[name] = *type;
      return type.value_or(types::none());
    }
    default:
      return define_struct(definition, span, diagnostics);
  }
}

Type ScriptTypes::define_enum(const ast::CDefinition& definition, Diagnostics& diagnostics) {
  EnumDefinition result;
  result.name = "enum " + (definition.name.empty() ? fmt::format("(anonymous {})", ++anonymous_) : definition.name);
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
      return type.element == nullptr ? 1 : alignment(*type.element);
    case TypeKind::kString:
    case TypeKind::kBuffer:
      return 1;
    case TypeKind::kStruct: {
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
  const std::string name = keyword(definition.kind) +
                           (definition.name.empty() ? fmt::format("(anonymous {})", ++anonymous_) : definition.name);
  if (definition.forward) return types::structure(name, 0);
  if (structs_.contains(name)) {
    diagnostics.error(span, fmt::format("'{}' is defined twice", name));
    return types::structure(name, structs_[name].size);
  }
  Layout layout;
  layout.definition.name = name;
  layout.is_union = definition.kind == ast::CDefinition::Kind::kUnion;
  layout.packed = definition.packed;
  for (const ast::CField& field : definition.fields) add_field(layout, field, diagnostics);
  if (layout.bits / 8 > kMaxStruct) {
    diagnostics.error(span, fmt::format("'{}' is too large", name));
    return types::structure(name, 0);
  }
  const uint64_t bytes = layout.is_union ? layout.definition.size : (layout.bits + 7) / 8;
  layout.definition.size = round_up(bytes, layout.alignment);
  const uint32_t size = layout.definition.size;
  alignments_[name] = layout.alignment;
  structs_[name] = std::move(layout.definition);
  return types::structure(name, size);
}

void ScriptTypes::add_field(Layout& layout, const ast::CField& field, Diagnostics& diagnostics) {
  std::optional<Type> type;
  if (field.nested != nullptr) {
    type = define(*field.nested, field.span, diagnostics);
    for (const ast::TypeName::Suffix& suffix : field.type.suffixes) {
      type =
          suffix.kind == ast::TypeName::Suffix::Kind::kPointer
              ? types::pointer(std::move(*type), AddressSpace::kNone)
              : types::array(std::move(*type), static_cast<uint32_t>(std::min(suffix.count.value_or(0),
                                                                              kMaxStruct / std::max(1U, type->size))));
    }
  } else {
    type = resolve_type_name(field.type, *this, kMaxString, {}, diagnostics);
  }
  if (!type) return;
  const uint32_t align = layout.packed ? 1 : alignment(*type);
  const uint64_t start = layout.is_union ? 0 : layout.bits;
  const uint64_t unit = uint64_t{type->size} * 8;
  Field placed;
  placed.name = field.name;
  placed.type = *type;
  uint64_t end = 0;
  if (field.bits) {
    if (*field.bits > unit || unit > 64 || !type->is_integral()) {
      diagnostics.error(field.span, fmt::format("The bit field '{}' does not fit its type", field.name));
      return;
    }
    // C on x86-64: a bit field does not straddle a unit of its type; width 0 ends the unit; packed: it follows on.
    uint64_t at = start;
    if (*field.bits == 0) {
      layout.bits = round_up(start, unit);
      return;
    }
    if (!layout.packed && at / unit != (at + *field.bits - 1) / unit) at = round_up(at, unit);
    const uint64_t storage = layout.packed ? at / 8 * 8 : at / unit * unit;
    placed.offset = static_cast<uint32_t>(storage / 8);
    placed.bit_offset = static_cast<uint8_t>(at - storage);
    placed.bit_size = static_cast<uint8_t>(*field.bits);
    if (placed.bit_offset + placed.bit_size > unit) {
      diagnostics.error(field.span, fmt::format("The packed bit field '{}' crosses a unit of its type", field.name),
                        "put it at the start of a byte, or use a wider type");
      return;
    }
    end = at + *field.bits;
  } else {
    placed.offset = round_up((start + 7) / 8, align);
    end = (uint64_t{placed.offset} + type->size) * 8;
  }
  layout.alignment = std::max(layout.alignment, align);
  layout.bits = std::max(layout.bits, end);
  layout.definition.size = std::max(layout.definition.size, static_cast<uint32_t>((end + 7) / 8));
  if (field.name.empty() && type->is(TypeKind::kStruct)) {
    if (const StructDefinition* inner = find_struct(type->name)) {
      for (Field member : inner->fields) {
        member.offset += placed.offset;
        layout.definition.fields.push_back(std::move(member));
      }
    }
  } else if (!field.name.empty()) {
    layout.definition.fields.push_back(std::move(placed));
  }
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

std::optional<int64_t> constant_value(const ast::Expression& expression, const TypeProvider& types) {
  if (const auto* literal = std::get_if<ast::IntegerLiteral>(&expression.node)) {
    return static_cast<int64_t>(literal->value);
  }
  if (const auto* name = std::get_if<ast::Identifier>(&expression.node)) {
    const TypeProvider::EnumValue found = types.find_enumerator(name->name);
    return found.definition == nullptr ? std::nullopt : std::optional(found.value);
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
