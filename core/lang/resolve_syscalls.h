// syscall: probes: system calls by the names, classes and expressions that strace takes.
#pragma once

#include <string>
#include <vector>

#include "core/base/source.h"
#include "core/lang/ast.h"
#include "core/lang/compile.h"
#include "core/probe/site.h"

namespace polytap {

// The tracepoints behind syscall:WHAT, syscall:WHAT:return. WHAT is a name or a glob of names, a %class, or a /regular
// expression/. That there is no such call is said in MISSING.
std::vector<ProbeSite> resolve_syscalls(const ast::AttachPoint& point, const std::vector<std::string>& parts,
                                        const CompileInput& input, Diagnostics& diagnostics, Diagnostics& missing);

}  // namespace polytap
