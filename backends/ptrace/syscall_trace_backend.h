// System calls of a command or of running processes, by ptrace.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>

#include "core/symbol/unwind_expression.h"
#include "core/syscall/trace.h"

namespace polytap {

// OBSERVER outlives the tracer.
std::unique_ptr<CallTracer> make_ptrace_call_tracer(CallTraceOptions options, CallObserver& observer);

// The registers of a stopped tracee, for unwinding. Nothing when it is gone or runs 32-bit code.
std::optional<UnwindValues> read_tracee_registers(pid_t tid);

}  // namespace polytap
