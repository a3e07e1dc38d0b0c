// Attaching one program to many kernel functions by one link (kprobe.multi, Linux 5.18): one system call, and one grace
// period at the end instead of one for each place.
#pragma once

#include <cstdint>
#include <vector>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace polytap::ebpf {

// bpf_attach_type BPF_TRACE_KPROBE_MULTI. Programs must be loaded for it.
inline constexpr uint32_t kKprobeMulti = 42;

struct KernelPlaces {
  bool at_return = false;
  std::vector<uint64_t> addresses;  // where functions begin
  std::vector<uint64_t> cookies;    // as many, or none
};

bool kernel_has_kprobe_multi();

// All or none. TYPE: kKprobeMulti, or another bpf_attach_type that the program was loaded for.
Result<UniqueFd> link_kernel_places(int program_fd, const KernelPlaces& places, uint32_t type = kKprobeMulti);

}  // namespace polytap::ebpf
