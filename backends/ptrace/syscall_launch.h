// The command of `polytap strace`: a child that waits, stopped, until it is traced.
#pragma once

#include <sys/types.h>

#include "core/base/result.h"
#include "core/syscall/trace.h"

namespace polytap {

// The child has stopped itself by SIGSTOP and runs the command after SIGCONT, under a filter if OPTIONS asks for one.
// Its last calls before execve are its own affair, not the command's.
Result<pid_t> launch_stopped(const CallTraceOptions& options);

}  // namespace polytap
