// What a user function begins with, as far as it matters to the kernel's uprobes.
#pragma once

#include <cstdint>

#include "core/probe/function_code.h"
#include "core/probe/site.h"

namespace polytap::ebpf {

// What a program must do to have the caller in a user stack. At a function's first instruction all that the call has
// pushed is the return address, and the kernel's walk by frame pointers, which takes it that the function has a frame
// of its own by then, leaves out the caller.
enum class MissingCaller : uint8_t {
  kNo,           // no first instruction
  kKernelAdds,   // one that the kernel knows, from Linux 6.12 on: `push %rbp` or `endbr64`
  kAlways,       // put it in
  kUnlessThere,  // an older kernel, but the change is in some of those too (6.1.170 has it)
};

class CodeReader {
 public:
  MissingCaller missing_caller(const ProbeSite& site);
  // The kernel puts no uprobe on some instructions (arch/x86/kernel/uprobes.c): AVX, with which functions for blocks of
  // memory begin, and those with a lock or segment prefix, with which locks do.
  bool takes_no_uprobe(const ProbeSite& site);

 private:
  SiteCodeReader reader_;
};

}  // namespace polytap::ebpf
