// Types as the script writes them.
#pragma once

#include <functional>
#include <optional>

#include "core/base/source.h"
#include "core/lang/ast.h"
#include "core/types/type.h"

namespace polytap {

// What `typeof(expression)` is worth.
using TypeOfExpression = std::function<Type(const ast::Expression&)>;

// The type that NAME names; nullopt (with a diagnostic that suggests the nearest one) when there is none. Pointers have
// no address space yet: the context decides. MAX_STRING: the capacity of a bare `string` or `buffer`.
std::optional<Type> resolve_type_name(const ast::TypeName& name, const TypeProvider& types, uint32_t max_string,
                                      const TypeOfExpression& type_of, Diagnostics& diagnostics);

// TYPE behind the pointers and array sizes that NAME has; nullopt (with a diagnostic) when they make no type.
std::optional<Type> apply_suffixes(const ast::TypeName& name, Type type, const TypeProvider& types,
                                   Diagnostics& diagnostics);

}  // namespace polytap
