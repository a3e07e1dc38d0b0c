// What programs that unwind stacks need to know of the kernel's own types.
#pragma once

#include "backends/ebpf/function_compiler.h"
#include "core/base/result.h"
#include "core/kernel/btf_file.h"

namespace polytap::ebpf {

// Fills ACCESS's offsets and BTF ids, from the kernel's BTF, and says how programs follow pointers. An error when BTF
// does not know how a process is told from a later one of its number. RARELY: programs that may take some 50 ns longer
// if they are loaded sooner.
Status find_unwind_fields(const BtfFile& kernel, bool rarely, UnwindAccess& access);

}  // namespace polytap::ebpf
