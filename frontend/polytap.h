// The whole program, with the backends that it is given: polytap's own in main.cc, others in tests.
#pragma once

#include "core/probe/backend.h"

namespace polytap {
// Returns the exit status.
int run_polytap(int argc, char** argv, const BackendList& backends);
}  // namespace polytap
