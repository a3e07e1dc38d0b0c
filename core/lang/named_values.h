// Values that are numbers and shown by name (func, probe, username, ...): which numbers a name stands for.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/lang/checked.h"

namespace polytap {

// Whether values of TYPE can be compared with a literal.
bool is_shown_by_name(const Type& type);

// The numbers of a value of TYPE that show as NAME: ranges, both ends included, ascending. None: nothing is called so.
std::vector<std::pair<int64_t, int64_t>> numbers_named(const Type& type, std::string_view name,
                                                       const CheckedScript& script);

// Of `args.flags` and the like of a system call whose values have names: what core/syscall/named_argument.h knows the
// argument by. Empty for anything else.
std::string names_of_argument(const CheckedFunction& function, const ast::Expression& e);

}  // namespace polytap
