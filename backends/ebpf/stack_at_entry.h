// The user stack at a function's first instruction. All that the call has pushed is the return address, and the
// kernel's walk by frame pointers, which takes it that the function has a frame of its own by then, leaves out the
// caller.
#pragma once

#include <cstdint>

#include "core/probe/site.h"

namespace polytap::ebpf {

// What a program must do about it.
enum class MissingCaller : uint8_t {
  kNo,           // no first instruction; or one that the kernel knows, from Linux 6.12 on: `push %rbp` or `endbr64`
  kAlways,       // put it in
  kUnlessThere,  // an older kernel, but the change is in some of those too (6.1.170 has it)
};
MissingCaller missing_caller(const ProbeSite& site);

}  // namespace polytap::ebpf
