// Checks a script: names, types, where what may stand.
#pragma once

#include <vector>

#include "core/base/source.h"
#include "core/lang/ast.h"
#include "core/lang/checked.h"
#include "core/lang/compile.h"
#include "core/lang/resolve_probes.h"

namespace polytap {

// The side tables are complete only when DIAGNOSTICS has no errors.
CheckedScript check(const ast::Script& script, std::vector<ResolvedProbe> probes, const CompileInput& input,
                    Diagnostics& diagnostics);

}  // namespace polytap
