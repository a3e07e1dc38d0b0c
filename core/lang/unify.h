// What two types have in common.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "core/types/type.h"

namespace polytap {

// A value whose type is checked, with what is known of it now.
struct KnownType {
  Type type;
  std::optional<int64_t> constant;  // of an integer
};

// The type that holds values of both: the wider integer, the longer string, element by element for tuples. Integers of
// different signs: a constant that is not negative takes the other's sign. kNone goes with everything. Nullopt when
// they do not go together.
std::optional<Type> unify(const KnownType& a, const KnownType& b);
std::optional<Type> unify(const Type& a, const Type& b);

// Which element of a record is called NAME.
std::optional<size_t> find_element(const Type& record, std::string_view name);

// Whether A and B are pointers to different structs.
bool are_distinct(const Type& a, const Type& b);

// What became of a type that holds ever longer texts, as that of `$x = str_concat($x, "a")` does from pass to pass: its
// texts and those in its elements get LIMIT bytes at once, and no longer than that.
Type with_long_texts(Type type, uint32_t limit);

// The type of an integer literal: int8 and wider as the value needs; uint64 above INT64_MAX.
Type literal_type(uint64_t value, bool is_unsigned);
// The same for a value that may be negative.
Type constant_type(int64_t value);

// Whether an operation on integers of types A and B is done unsigned: C's rule, except that an unsigned type narrower
// than 64 bits gives way to a signed one (64 bits hold both), and that constants take the other's sign.
bool is_unsigned_together(const KnownType& a, const KnownType& b);
// Whether A and B cannot both keep their value in one type: uint64 with a signed value that is not a constant >= 0.
bool is_mixed(const KnownType& a, const KnownType& b);

}  // namespace polytap
