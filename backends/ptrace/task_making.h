// Which system calls make tasks, and what those have in common with their makers.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace polytap {

bool makes_task(uint64_t number);

// Whether the new child of TID, which is at the stop that announces it, has its memory.
bool shares_memory(pid_t tid);

}  // namespace polytap
