// Attach points of usdt to sites: for scripts, and for lists of probes.
#pragma once

#include <string>
#include <vector>

#include "core/base/source.h"
#include "core/lang/ast.h"
#include "core/lang/compile.h"
#include "core/probe/site.h"

namespace polytap {

// PARTS: the attach point's, with parameters replaced. MISSING takes the errors that say that there is nothing of that
// name, DIAGNOSTICS all others. Empty after an error.
std::vector<ProbeSite> resolve_usdt(const ast::AttachPoint& point, const std::vector<std::string>& parts,
                                    const CompileInput& input, Diagnostics& diagnostics, Diagnostics& missing);

}  // namespace polytap
