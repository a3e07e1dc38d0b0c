// The command of `polytap strace`: a child that waits, stopped, until it is traced.
#pragma once

#include <sys/types.h>

#include "core/base/result.h"
#include "core/syscall/trace.h"

namespace polytap {

struct Launched {
  pid_t pid = 0;
  int gate = -1;  // to write to, and to close, when it is traced
};

// The process waits until the gate opens, then runs the command, under a filter if OPTIONS asks for one. Its last calls
// before execve are its own affair, not the command's. With OPTIONS.daemonize it is this process, and the one that
// returns is its grandchild.
Result<Launched> launch_waiting(const CallTraceOptions& options);

}  // namespace polytap
