// #if, #ifdef, #elif, #else and #endif around the definitions in front of the probes.
#pragma once

#include <string_view>
#include <vector>

#include "core/base/source.h"
#include "core/lang/ast.h"

namespace polytap {

// The next word of a directive: "#define X 1" gives "define", "X", "1" and then "".
std::string_view next_word(std::string_view& text);

// For each item of SCRIPT whether it counts. BPFTRACE_HAVE_BTF is defined (scripts include kernel headers without it),
// and LINUX_VERSION_CODE and KERNEL_VERSION(a, b, c) are. Of macros, only the script's own are known: what headers
// define is read later, if at all. DIAGNOSTICS (may be null) gets what does not close or has no value.
std::vector<bool> active_items(const ast::Script& script, Diagnostics* diagnostics);

}  // namespace polytap
