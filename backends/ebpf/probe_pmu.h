// The kernel's perf event sources for function probes: "uprobe" and "kprobe" in /sys/bus/event_source/devices.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/base/result.h"
#include "core/probe/site.h"

namespace polytap::ebpf {

struct ProbePmu {
  uint32_t type = 0;            // perf_event_attr::type
  uint64_t return_flag = 0;     // in perf_event_attr::config: at the function's return
  uint32_t counter_shift = 32;  // in config, of uprobes: the reference counter (format/ref_ctr_offset, Linux 4.20)
};

// NAME: "uprobe" or "kprobe".
Result<ProbePmu> read_probe_pmu(const std::string& name);

// Why probes of TYPE, a function probe's, cannot be had on this kernel, and the remedy; nullopt when they can.
std::optional<std::string> why_no_function_probes(ProbeType type);

}  // namespace polytap::ebpf
