// The eBPF backend: programs run in the kernel, on tracepoints and raw tracepoints.
#pragma once

#include <cstdint>
#include <memory>

#include "core/probe/backend.h"

namespace polytap {

struct EbpfOptions {
  uint32_t data_ring_bytes = 4 << 20;  // a power of two, at least a page
  bool uprobe_multi = true;            // attach to user functions by links for many places, where the kernel has them
  bool loops = true;                   // run what has loops, where the kernel can
  bool kprobe_multi = true;            // the same for kernel functions
};

std::unique_ptr<Backend> make_ebpf_backend(EbpfOptions options = {});

}  // namespace polytap
