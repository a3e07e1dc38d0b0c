// #ifdef, #ifndef, #else, #endif around the definitions in front of the probes.
#pragma once

#include <string_view>
#include <vector>

#include "core/base/source.h"
#include "core/lang/ast.h"

namespace polytap {

// The next word of a directive: "#define X 1" gives "define", "X", "1" and then "".
std::string_view next_word(std::string_view& text);

// For each item of SCRIPT whether it counts. BPFTRACE_HAVE_BTF is defined: scripts include kernel headers without it.
// DIAGNOSTICS (may be null) gets what does not close.
std::vector<bool> active_items(const ast::Script& script, Diagnostics* diagnostics);

}  // namespace polytap
