// System calls of a command or of running processes, by ptrace.
#pragma once

#include <memory>

#include "core/syscall/trace.h"

namespace polytap {

// OBSERVER outlives the tracer.
std::unique_ptr<CallTracer> make_ptrace_call_tracer(CallTraceOptions options, CallObserver& observer);

}  // namespace polytap
