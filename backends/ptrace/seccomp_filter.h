// The classic BPF filter that makes a launched command stop at the system calls that are asked for, and at no others.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/syscall/trace.h"

namespace polytap {

// SECCOMP_RET_TRACE for NUMBERS (x86-64 calls), SECCOMP_RET_ALLOW for every other call and for those of another
// architecture (i386 and x32: the kernel's system call tracepoints do not see them either). Packed as LaunchNeeds has
// it.
std::vector<uint64_t> make_seccomp_filter(std::span<const uint32_t> numbers);

// For tracers of system calls: NUMBERS (none: all of them) and all calls of other architectures stop, but none that is
// made with the instruction pointer FREE (0: there is no such place). FAULTS fail at once.
std::vector<uint64_t> make_tracing_filter(std::span<const uint32_t> numbers, uint64_t free,
                                          std::span<const CallTraceOptions::SilentFault> faults);

}  // namespace polytap
