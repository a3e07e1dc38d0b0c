// Functions of the script (`fn`) that take references: `fn count($total: int64 *): void { *$total += 1; }`, called as
// count(&$n) or count(&@m).
//
// A reference is no address: what it leads to is known while the script is compiled. So each call that passes one gets
// a copy of the function for itself, in which the checker binds the parameter to what the call names. A map's
// reference is written out in the copy, so that functions of maps take the parameter.
#pragma once

#include <optional>
#include <string_view>

#include "core/base/source.h"
#include "core/lang/ast.h"

namespace polytap {

// SCRIPT with such copies; nullopt when no call needs one. It has no macros.
std::optional<ast::Script> bind_references(const ast::Script& script, Diagnostics& diagnostics);

// The name that the script gives a function: copies have a number behind it.
std::string_view written_name(std::string_view function);

}  // namespace polytap
