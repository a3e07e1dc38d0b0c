// Makes a program cheaper without changing what anyone can see of it.
#pragma once

#include "core/ir/ir.h"

namespace polytap::ir {

// Constant folding, copy and store-to-load forwarding within blocks, removal of dead operations, dead slot stores,
// unreachable blocks and jumps to jumps; strings that are only emitted need no padding. Temporaries, slots and blocks
// are renumbered; maps, emits, strings and functions keep their numbers. What a program stores and emits stays the
// same; a read that nobody uses goes, and with it the fault that it might have counted.
Program optimize(Program program);

}  // namespace polytap::ir
