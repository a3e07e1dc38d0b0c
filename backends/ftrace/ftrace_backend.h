// The ftrace backend: runs programs in user space on the records that the kernel's tracepoints write into a tracing
// instance of our own. Needs root and tracefs, but no BPF; adds little to each event, and sees a command, processes or
// the whole system.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/probe/backend.h"

namespace polytap {

std::unique_ptr<Backend> make_ftrace_backend();

// Removes what polytap processes that were killed left in tracefs: the names of the instances removed. Every start of
// the backend does the same.
std::vector<std::string> sweep_stale_instances();

}  // namespace polytap
