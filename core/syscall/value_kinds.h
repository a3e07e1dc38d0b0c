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

inline constexpr ValueKind kSigned{Show::kSigned};  // as wide as the field
inline constexpr ValueKind kHex{Show::kHex};
inline constexpr ValueKind kHex8{Show::kHex, nullptr, nullptr, nullptr, 1};
inline constexpr ValueKind kHex16{Show::kHex, nullptr, nullptr, nullptr, 2};
inline constexpr ValueKind kHex32{Show::kHex, nullptr, nullptr, nullptr, 4};
inline constexpr ValueKind kHex64{Show::kHex, nullptr, nullptr, nullptr, 8};
inline constexpr ValueKind kInt64{Show::kSigned, nullptr, nullptr, nullptr, 8};
inline constexpr ValueKind kAddress{Show::kAddress, nullptr, nullptr, nullptr, 8};
inline constexpr ValueKind kFd{Show::kFd, nullptr, nullptr, nullptr, 4};
inline constexpr ValueKind kCString{Show::kCString};
inline constexpr ValueKind kBytes{Show::kBytes};
inline constexpr ValueKind kUuid{Show::kUuid};
inline constexpr ValueKind kDevice{Show::kDevice};
inline constexpr ValueKind kLimit{Show::kLimit, nullptr, nullptr, nullptr, 8};

// SIZE 0: as wide as the field.
constexpr ValueKind flags_of(const ConstantTable& table, uint16_t size = 0) {
  return {Show::kFlags, &table, nullptr, nullptr, size};
}
constexpr ValueKind one_of(const ConstantTable& table, uint16_t size = 0) {
  return {Show::kEnumeration, &table, nullptr, nullptr, size};
}
// In decimal where it has no name.
constexpr ValueKind number_of(const ConstantTable& table, uint16_t size = 0) {
  return {Show::kNamedNumber, &table, nullptr, nullptr, size};
}
constexpr ValueKind structure_of(const Structure& structure) {
  return {Show::kStructure, nullptr, &structure, nullptr, structure.size};
}

// By PRINT; SIZE as above.
constexpr ValueKind printed_by(ValueKind::Printer print, uint16_t size = 0) {
  return {Show::kPrinted, nullptr, nullptr, nullptr, size, print};
}
// [a, b]; ELEMENT has a size.
constexpr ValueKind array_of(const ValueKind& element, uint16_t size = 0) {
  return {Show::kElements, nullptr, nullptr, nullptr, size, nullptr, &element};
}

}  // namespace polytap::value_kinds
