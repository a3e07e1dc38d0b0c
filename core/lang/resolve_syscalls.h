// Attach points syscall:NAME and syscall:NAME:return to the tracepoints of these calls.
#pragma once

#include <string>
#include <vector>

#include "core/base/source.h"
#include "core/lang/ast.h"
#include "core/lang/compile.h"
#include "core/probe/site.h"

namespace polytap {

// PARTS: the attach point's, with parameters replaced: a call by the name that strace or the kernel gives it, a glob,
// a class (%file) or /a regular expression/; then perhaps "return". MISSING takes the errors that say that there is
// nothing of that name, DIAGNOSTICS all others. Empty after an error.
std::vector<ProbeSite> resolve_syscalls(const ast::AttachPoint& point, const std::vector<std::string>& parts,
                                        const CompileInput& input, Diagnostics& diagnostics, Diagnostics& missing);

// What such sites' names begin with.
inline constexpr std::string_view kSyscallProbe = "syscall:";

}  // namespace polytap
