// Programs whose probes share no maps fall into parts, which different backends may carry out.
#pragma once

#include <cstdint>
#include <vector>

#include "core/ir/ir.h"

namespace polytap {

using FunctionGroup = std::vector<uint32_t>;  // indices into Program::functions, ascending

// The functions of PROGRAM in groups that have no map in common, in order of their first function. Functions that use
// no map and fire by themselves (BEGIN, END, interval) belong to the first group, so that they need no backend of their
// own.
std::vector<FunctionGroup> independent_groups(const ir::Program& program);

// PROGRAM with nothing but the functions of GROUP. Functions, sites, maps and emits keep their numbers, since records
// and keys hold them: what does not belong to the part is empty there (a function without sites, a site that nothing
// runs on, a map of one word).
ir::Program part_of(const ir::Program& program, const FunctionGroup& group);

// The maps that a function of GROUP uses, or prints, by MapId.
std::vector<bool> maps_of(const ir::Program& program, const FunctionGroup& group);

}  // namespace polytap
