// `polytap [OPTIONS] SCRIPT`: compile, plan, run.
#pragma once

#include "core/probe/backend.h"
#include "frontend/options.h"

namespace polytap {
// Returns the exit status.
int run_command(const Options& options, const BackendList& backends);
}  // namespace polytap
