// `polytap doctor`: what this machine and this user can do.
#pragma once

#include "core/probe/backend.h"
#include "frontend/options.h"

namespace polytap {
// Returns the exit status: 0 when at least one backend can work here.
int doctor_command(const Options& options, const BackendList& backends);
}  // namespace polytap
