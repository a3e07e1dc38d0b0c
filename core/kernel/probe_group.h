// Probe events of our own in tracefs: the group polytap_PID_START[_N], known by the owner's pid and start time.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/kernel/tracefs.h"

namespace polytap {

// Its destructor removes the events, which nobody may have open or enabled any more then.
class ProbeGroup {
 public:
  // FILE: "uprobe_events", "kprobe_events" or "dynamic_events". Sweeps what dead owners left there, then finds a name
  // that is free; makes nothing yet. TAG: one letter that keeps groups of several kinds in one process apart, or 0.
  static Result<ProbeGroup> create(const Tracefs& tracefs, std::string_view file, char tag = 0);
  ProbeGroup(ProbeGroup&& other) noexcept = default;
  ProbeGroup& operator=(ProbeGroup&&) = delete;
  ProbeGroup(const ProbeGroup&) = delete;
  ProbeGroup& operator=(const ProbeGroup&) = delete;
  ~ProbeGroup();

  const std::string& name() const { return name_; }
  const std::vector<std::string>& events() const { return events_; }
  // The name of the event that add() makes next: no other group has it, since kprobe_profile tells no groups.
  std::string next_event() const;
  // DEFINITION is that of GROUP/next_event(), as FILE takes it.
  Result<EventFormat> add(std::string_view definition);

 private:
  ProbeGroup(const Tracefs& tracefs, std::string_view file) : tracefs_(tracefs), file_(file) {}
  Tracefs tracefs_;
  std::string file_;
  std::string name_;
  std::vector<std::string> events_;
};

// Whose group NAME is; nullopt when it is none of polytap's.
struct GroupOwner {
  pid_t pid = 0;
  uint64_t start = 0;  // in clock ticks since boot, field 22 of /proc/PID/stat
};
std::optional<GroupOwner> group_owner(std::string_view name);

// Removes from FILE the events of polytap processes that are gone. Returns the groups.
std::vector<std::string> sweep_stale_groups(const Tracefs& tracefs, std::string_view file);

}  // namespace polytap
