// Checks the rules of core/ir/ir.h.
#pragma once

#include "core/base/result.h"
#include "core/ir/ir.h"

namespace polytap::ir {

// The first broken rule, with function, block and instruction; success when there is none. Run after lowering and after
// every optimization in tests, and once before any backend sees a program.
Status verify(const Program& program);

}  // namespace polytap::ir
