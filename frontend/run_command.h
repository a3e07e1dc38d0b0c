// `polytap [OPTIONS] SCRIPT`: compile, plan, run.
#pragma once

#include "frontend/options.h"

namespace polytap {
// Returns the exit status.
int run_command(const Options& options);
}  // namespace polytap
