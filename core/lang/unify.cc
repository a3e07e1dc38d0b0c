#include "core/lang/unify.h"

#include <algorithm>

namespace polytap {
namespace {

bool is_signed_value(const KnownType& value) {
  return value.type.is_signed && !(value.constant && *value.constant >= 0);
}

Type unify_integers(const KnownType& a, const KnownType& b) {
  if (a.type == b.type) return a.type;
  const uint32_t size = std::max(a.type.size, b.type.size);
  if (a.type.is_signed == b.type.is_signed) return types::integer(size, a.type.is_signed);
  const KnownType& with_sign = a.type.is_signed ? a : b;
  const KnownType& without = a.type.is_signed ? b : a;
  if (!is_signed_value(with_sign)) return types::integer(size, false);
  if (without.type.size < with_sign.type.size) return types::integer(size, true);
  return types::integer(std::min(8U, std::max(size * 2, without.type.size)), true);
}

std::optional<Type> unify_elements(const Type& a, const Type& b) {
  if (a.elements.size() != b.elements.size() || a.field_names.size() != b.field_names.size()) return std::nullopt;
  Type result = a;
  for (size_t i = 0; i < a.elements.size(); ++i) {
    // Fields of records go by their names, in any order.
    const auto other = a.field_names.empty() ? std::optional(i) : find_element(b, a.field_names[i]);
    if (!other) return std::nullopt;
    auto element = unify(a.elements[i], b.elements[*other]);
    if (!element) return std::nullopt;
    result.elements[i] = std::move(*element);
  }
  result.size = result.storage_size();
  return result;
}

std::optional<Type> unify_pointers(const Type& a, const Type& b) {
  if (are_distinct(a, b)) return std::nullopt;
  Type result = a;
  if (a.space == AddressSpace::kNone) result.space = b.space;
  const bool same = a.element != nullptr && b.element != nullptr && *a.element == *b.element;
  if (!same) {
    Type nothing;
    nothing.kind = TypeKind::kVoid;
    result.element = std::make_shared<const Type>(std::move(nothing));
  }
  return result;
}

}  // namespace

std::optional<size_t> find_element(const Type& record, std::string_view name) {
  const auto found = std::ranges::find(record.field_names, name);
  if (found == record.field_names.end()) return std::nullopt;
  return static_cast<size_t>(found - record.field_names.begin());
}

bool are_distinct(const Type& a, const Type& b) {
  const auto is_struct = [](const Type& type) {
    return type.is(TypeKind::kPointer) && type.element != nullptr && type.element->is(TypeKind::kStruct);
  };
  return is_struct(a) && is_struct(b) && a.element->name != b.element->name;
}

std::optional<Type> unify(const KnownType& a, const KnownType& b) {
  const Type& left = a.type;
  const Type& right = b.type;
  if (left.is(TypeKind::kNone)) return right;
  if (right.is(TypeKind::kNone) || left == right) return left;
  if (left.is(TypeKind::kAggregation) || right.is(TypeKind::kAggregation)) return std::nullopt;
  if (left.is_integral() && right.is_integral()) return unify_integers(a, b);
  if (left.is(TypeKind::kPointer) && right.is_integral()) return left;
  if (right.is(TypeKind::kPointer) && left.is_integral()) return right;
  // bpftrace's `func` is a ksym_t.
  if (left.is(TypeKind::kKernelSymbol) && right.is(TypeKind::kFunctionName)) return left;
  if (left.is(TypeKind::kFunctionName) && right.is(TypeKind::kKernelSymbol)) return right;
  if (left.kind != right.kind) return std::nullopt;
  switch (left.kind) {
    case TypeKind::kString:
    case TypeKind::kBuffer:
      return left.size >= right.size ? left : right;
    case TypeKind::kPointer:
      return unify_pointers(left, right);
    case TypeKind::kTuple:
    case TypeKind::kRecord:
      return unify_elements(left, right);
    case TypeKind::kUserStack:
    case TypeKind::kKernelStack:
      if (left.stack_mode != right.stack_mode) return std::nullopt;
      return left.count >= right.count ? left : right;
    case TypeKind::kStruct:
      if (left.name != right.name) return std::nullopt;
      return left;
    case TypeKind::kArray:
      if (left.count != right.count || left.element == nullptr || right.element == nullptr ||
          left.element->kind != right.element->kind || left.size != right.size) {
        return std::nullopt;
      }
      return left;
    case TypeKind::kTimestamp:
      if (left.name != right.name) return std::nullopt;
      return left;
    default:
      return left;
  }
}

std::optional<Type> unify(const Type& a, const Type& b) {
  return unify(KnownType{a, std::nullopt}, KnownType{b, std::nullopt});
}

Type with_long_texts(Type type, uint32_t limit) {
  if (type.is(TypeKind::kString)) type.size = limit;
  for (Type& element : type.elements) element = with_long_texts(std::move(element), limit);
  if (type.is(TypeKind::kTuple) || type.is(TypeKind::kRecord)) type.size = type.storage_size();
  return type;
}

Type literal_type(uint64_t value, bool is_unsigned) {
  if (value > INT64_MAX) return types::uint64();
  if (is_unsigned) {
    return types::integer(value <= UINT8_MAX ? 1 : value <= UINT16_MAX ? 2 : value <= UINT32_MAX ? 4 : 8, false);
  }
  return constant_type(static_cast<int64_t>(value));
}

Type constant_type(int64_t value) {
  if (value >= INT8_MIN && value <= INT8_MAX) return types::integer(1, true);
  if (value >= INT16_MIN && value <= INT16_MAX) return types::integer(2, true);
  if (value >= INT32_MIN && value <= INT32_MAX) return types::integer(4, true);
  return types::int64();
}

bool is_unsigned_together(const KnownType& a, const KnownType& b) {
  const bool left = a.type.is_signed;
  const bool right = b.type.is_signed;
  if (left == right) return !left;
  const KnownType& with_sign = left ? a : b;
  const KnownType& without = left ? b : a;
  return !is_signed_value(with_sign) || without.type.size == 8;
}

bool is_mixed(const KnownType& a, const KnownType& b) {
  if (a.type.is_signed == b.type.is_signed) return false;
  const KnownType& with_sign = a.type.is_signed ? a : b;
  const KnownType& without = a.type.is_signed ? b : a;
  return is_signed_value(with_sign) && without.type.size == 8;
}

}  // namespace polytap
