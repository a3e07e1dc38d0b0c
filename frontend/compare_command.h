// `polytap compare`: the same question on every capable backend, side by side.
#pragma once

#include "core/probe/backend.h"
#include "frontend/options.h"

namespace polytap {
// Returns the exit status: 0 when all answers agree, 1 when they differ or something failed.
int compare_command(const Options& options, const BackendList& backends);
}  // namespace polytap
