// `nsecs(tai)`: calls that name a clock.
#pragma once

#include <string_view>

#include "core/lang/ast.h"

namespace polytap {

// The clock that a call of nsecs() names; empty for anything else.
std::string_view named_clock(const ast::Expression& e);

}  // namespace polytap
