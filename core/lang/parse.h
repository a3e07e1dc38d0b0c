// Text to syntax tree: the whole grammar of bpftrace 0.27 and polytap's supersets.
#pragma once

#include "core/base/source.h"
#include "core/lang/ast.h"

namespace polytap {

// Parses all of SOURCE. On errors (in `diagnostics`) the tree holds what could be understood and must not be used
// further. Nesting deeper than 256 levels is an error, not a crash.
ast::Script parse(const Source& source, Diagnostics& diagnostics);

}  // namespace polytap
