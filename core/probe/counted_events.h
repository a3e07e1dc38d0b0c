// The events that `software:` and `hardware:` probes name.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/probe/site.h"

namespace polytap {

struct CountedEvent {
  std::string_view name;
  std::string_view alias;  // "" for none
  uint64_t config = 0;     // perf_event_attr::config
  // After so many of them the probe fires, when the script does not say: bpftrace's numbers.
  uint64_t default_period = 1;
};

// TYPE: kSoftware or kHardware. In order of name.
std::span<const CountedEvent> counted_events(ProbeType type);
// By name or alias; null when there is none.
const CountedEvent* find_counted_event(ProbeType type, std::string_view name);
// Names and aliases, for suggestions.
std::vector<std::string> counted_event_names(ProbeType type);

}  // namespace polytap
