// The pid namespace that polytap runs in: a container without the host's has numbers of its own for processes, and the
// kernel's events and eBPF programs tell the first namespace's.
#pragma once

#include <cstdint>
#include <optional>

namespace polytap {

struct PidNamespace {
  uint64_t device = 0;
  uint64_t inode = 0;
};

// Nullopt in the first namespace, where all numbers agree.
std::optional<PidNamespace> own_pid_namespace();

}  // namespace polytap
