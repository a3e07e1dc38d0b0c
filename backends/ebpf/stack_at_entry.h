// The user stack at a function's first instruction, where the function has no frame of its own yet.
#pragma once

#include "core/probe/site.h"

namespace polytap::ebpf {

// Whether the kernel's walk by frame pointers leaves out the caller at SITE: it does at first instructions, except that
// kernels since 6.12 know them when they are `push %rbp` or `endbr64`.
bool walk_misses_caller(const ProbeSite& site);

}  // namespace polytap::ebpf
