// What the kernel itself tells of firings at which it ran no program.
#pragma once

#include <cstdint>

namespace polytap::ebpf {

// Because the program, or (on tracepoints and kprobes) another one, was at work on the CPU already. Since Linux 5.12.
uint64_t missed_by_program(int program_fd);

// Because the place was hit while a kprobe was handled, or a return found no room to be remembered. Since Linux 6.7;
// older kernels say 0.
uint64_t missed_by_link(int link_fd);

}  // namespace polytap::ebpf
