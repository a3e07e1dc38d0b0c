// Attach points of uprobe, uretprobe, kprobe and kretprobe to sites: for scripts, and for lists of probes.
#pragma once

#include <string>
#include <vector>

#include "core/base/source.h"
#include "core/lang/ast.h"
#include "core/lang/compile.h"
#include "core/probe/site.h"

namespace polytap {

// PARTS: the attach point's, with parameters replaced. WITH_TYPES: the probe's body looks at arguments or the result by
// name. WITH_VARIABLES: at $$params or $$locals. MISSING takes the errors that say that there is nothing of that name,
// DIAGNOSTICS all others. Empty after an error.
std::vector<ProbeSite> resolve_functions(const ast::AttachPoint& point, ProbeType type,
                                         const std::vector<std::string>& parts, bool with_types, bool with_variables,
                                         const CompileInput& input, Diagnostics& diagnostics, Diagnostics& missing);

}  // namespace polytap
