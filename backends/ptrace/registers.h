// The registers of a stopped tracee, for unwinding.
#pragma once

#include <sys/types.h>

#include <optional>

#include "core/symbol/unwind_expression.h"

namespace polytap {

// Of a 64-bit thread; nothing when it is gone or runs 32-bit code.
std::optional<UnwindValues> read_tracee_registers(pid_t tid);

}  // namespace polytap
