// `polytap -l [PATTERN]`: which probes there are.
#pragma once

#include "frontend/options.h"

namespace polytap {
// Prints the probes that match, with -v also their arguments. Returns the exit status.
int list_command(const Options& options);
}  // namespace polytap
