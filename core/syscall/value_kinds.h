// The kinds of values that the tables of structures share. For `using namespace value_kinds` in a table's own file.
#pragma once

#include "core/syscall/structure.h"

namespace polytap::value_kinds {

using Show = ValueKind::Show;

inline constexpr ValueKind kText{Show::kText};
inline constexpr ValueKind kNumber{Show::kUnsigned};  // as wide as the field
inline constexpr ValueKind kUint8{Show::kUnsigned, nullptr, nullptr, nullptr, 1};
inline constexpr ValueKind kUint16{Show::kUnsigned, nullptr, nullptr, nullptr, 2};
inline constexpr ValueKind kUint32{Show::kUnsigned, nullptr, nullptr, nullptr, 4};
inline constexpr ValueKind kInt32{Show::kSigned, nullptr, nullptr, nullptr, 4};
inline constexpr ValueKind kUint64{Show::kUnsigned, nullptr, nullptr, nullptr, 8};

// SIZE 0: as wide as the field.
constexpr ValueKind flags_of(const ConstantTable& table, uint16_t size = 0) {
  return {Show::kFlags, &table, nullptr, nullptr, size};
}
constexpr ValueKind one_of(const ConstantTable& table, uint16_t size = 0) {
  return {Show::kEnumeration, &table, nullptr, nullptr, size};
}
constexpr ValueKind structure_of(const Structure& structure) {
  return {Show::kStructure, nullptr, &structure, nullptr, structure.size};
}

}  // namespace polytap::value_kinds
