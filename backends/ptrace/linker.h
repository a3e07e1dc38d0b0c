// The dynamic linker of a process, which calls a function of its own whenever it has mapped or unmapped a library: that
// is where debuggers put a breakpoint.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>

#include "backends/ptrace/memory_layout.h"
#include "backends/ptrace/tracee_memory.h"

namespace polytap {

struct Linker {
  uint64_t notify = 0;  // address of _dl_debug_state()
  uint64_t debug = 0;   // of _r_debug, a struct r_debug (link.h); 0: unknown
  // False while it adds or deletes libraries; they are all there (or gone) when it calls with true.
  bool is_consistent(const TraceeMemory& memory) const;
};

struct LinkerSearch {
  bool is_dynamic = false;  // the process has a dynamic linker
  std::optional<Linker> linker;
};

// Looks into the dynamic linker that the kernel loaded for PID, or into the program itself: the linker may have been
// started as a program, and static programs can load libraries too.
LinkerSearch find_linker(pid_t pid, const MemoryLayout& layout);

}  // namespace polytap
