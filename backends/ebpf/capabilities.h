// What this kernel and this process can do with eBPF.
#pragma once

#include <optional>
#include <string>

namespace polytap::ebpf {

// Why eBPF programs cannot be used here, and the remedy; nullopt when they can. Asks the kernel, changes nothing.
std::optional<std::string> why_unusable();

// Whether programs on uprobes may wait for user memory (Linux 6.0).
bool kernel_has_sleepable_uprobes();

// Why programs on kernel functions cannot make them return something else; nullopt when they can.
std::optional<std::string> why_no_override();
// Why programs cannot write to the memory of processes; nullopt when they can.
std::optional<std::string> why_no_user_writes();

}  // namespace polytap::ebpf
