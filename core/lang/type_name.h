// Types as the script writes them.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "core/base/source.h"
#include "core/lang/ast.h"
#include "core/types/type.h"

namespace polytap {

// Types as a script sees them, and the constants that sizes of arrays are made of.
class ScriptTypeProvider : public TypeProvider {
 public:
  // The value of an integer constant by name, or of a constant expression of such.
  virtual std::optional<int64_t> find_constant(std::string_view text) const = 0;
  // Why a type or constant of that name is not known, where there is more to say than that. One sentence.
  virtual std::string why_unknown(std::string_view name) const = 0;
};

// What `typeof(expression)` is worth.
using TypeOfExpression = std::function<Type(const ast::Expression&)>;

// The type that NAME names; nullopt (with a diagnostic that suggests the nearest one) when there is none. Pointers have
// no address space yet: the context decides. MAX_STRING: the capacity of a bare `string` or `buffer`.
std::optional<Type> resolve_type_name(const ast::TypeName& name, const ScriptTypeProvider& types, uint32_t max_string,
                                      const TypeOfExpression& type_of, Diagnostics& diagnostics);

// TYPE behind the pointers and array sizes that NAME has; nullopt (with a diagnostic) when they make no type.
std::optional<Type> apply_suffixes(const ast::TypeName& name, Type type, const ScriptTypeProvider& types,
                                   Diagnostics& diagnostics);

}  // namespace polytap
