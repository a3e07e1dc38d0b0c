// Attach points that need no catalog to sites: interval, profile, software, hardware, watchpoint, iter, self,
// test, bench.
#pragma once

#include <string>
#include <vector>

#include "core/base/source.h"
#include "core/lang/ast.h"
#include "core/probe/site.h"

namespace polytap {

// PARTS: the attach point's, with parameters replaced. TYPES: the kernel's, null when there are none. Empty after an
// error.
std::vector<ProbeSite> resolve_event(const ast::AttachPoint& point, ProbeType type,
                                     const std::vector<std::string>& parts, const TypeProvider* types,
                                     Diagnostics& diagnostics);

}  // namespace polytap
