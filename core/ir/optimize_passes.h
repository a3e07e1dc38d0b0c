// The optimizer's passes, for core/ir/optimize.cc and its tests. Each keeps verify() true, keeps spans and tells
// whether it changed anything.
#pragma once

#include "core/ir/ir.h"

namespace polytap::ir {

// Within blocks: constants, identities, cheaper operations for costly ones, values computed twice.
bool fold(Function& function);
// Within blocks: loads see what was stored, reads of a copy go to the original, zeros that are already there go.
bool forward_slots(const Program& program, Function& function);
// From block to block: what a map holds, the thread's name and the like are not asked for twice. (A run then sees them
// as they were at one moment, though others may change them meanwhile.)
bool reuse_reads(const Program& program, Function& function);
// Operations that nobody sees, stores that nobody reads.
bool remove_dead(const Program& program, Function& function);
// Unreachable blocks, jumps to jumps, blocks with one way in.
bool straighten(Function& function);
// Slots that nobody touches any more.
bool remove_unused_slots(const Program& program, Function& function);
// ReadString::unpadded where only the string itself is looked at.
bool leave_unpadded(const Program& program, Function& function);

}  // namespace polytap::ir
