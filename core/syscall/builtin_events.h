// The tracepoints that polytap knows without asking the kernel: what an ordinary user, who cannot read tracefs, traces
// through ptrace.
#pragma once

#include <string_view>
#include <vector>

#include "core/probe/site.h"

namespace polytap {

// Those besides the system calls: raw_syscalls:sys_{enter,exit}, sched:sched_process_{fork,exec,exit} and
// signal:signal_deliver. The layout is that of kernel 6.18 on every kernel. It is polytap's own: kernels differ in
// sched_process_fork (older ones: char[16] instead of __data_loc for both names) and sched_process_exit (no
// group_dead), so nobody may pair these with records that a kernel wrote.
std::vector<ProbeSite> builtin_event_sites();

}  // namespace polytap
