// A backend made of backends: each carries out a part of the program that shares no map with the others.
#pragma once

#include <memory>
#include <vector>

#include "core/plan/split.h"
#include "core/probe/backend.h"

namespace polytap {

// A group of functions and who carries it out.
struct Share {
  Backend* backend = nullptr;  // not owned
  FunctionGroup group;
  Verdict verdict;  // for the group alone
};

// Called "ftrace+uprobe". It carries out PROGRAM only, of which it keeps the parts; the program's numbers of functions,
// sites, maps and emits hold for its sessions as well.
//
// Records of the parts are delivered in order of time as far as they come out of one drain(). After exit() in one part
// the others are stopped when that is noticed, a few milliseconds later: the verdict says so.
std::unique_ptr<Backend> compose(const ir::Program& program, std::vector<Share> shares);

}  // namespace polytap
