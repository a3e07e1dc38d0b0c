// The ptrace backend: runs programs in user space at the stops of traced processes. Needs no root and no kernel
// support beyond ptrace itself; sees a command and its children, or processes attached to.
#pragma once

#include <memory>

#include "core/probe/backend.h"

namespace polytap {

std::unique_ptr<Backend> make_ptrace_backend();

}  // namespace polytap
