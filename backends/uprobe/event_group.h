// Probe events of our own in tracefs: the group polytap_PID_START[_N], known by the owner's pid and start time.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/kernel/fetch_arguments.h"
#include "core/kernel/tracefs.h"
#include "core/probe/site.h"

namespace polytap::uprobe {

// "p:GROUP/NAME PATH:0x1234 a=..." as uprobe_events takes it.
std::string probe_definition(std::string_view group, std::string_view name, const ProbeSite& site,
                             std::string_view path, const std::vector<FetchField>& fields);

// Its destructor removes the events, which nobody may have open any more then.
class EventGroup {
 public:
  // Sweeps what dead owners left, then reserves a name; makes nothing yet.
  static Result<EventGroup> create(const Tracefs& tracefs);
  EventGroup(EventGroup&& other) noexcept = default;
  EventGroup& operator=(EventGroup&&) = delete;
  EventGroup(const EventGroup&) = delete;
  EventGroup& operator=(const EventGroup&) = delete;
  ~EventGroup();

  const std::string& name() const { return name_; }
  // A new event for SITE; its format tells where FIELDS are.
  Result<EventFormat> add(const ProbeSite& site, const std::vector<FetchField>& fields);

 private:
  explicit EventGroup(const Tracefs& tracefs) : tracefs_(tracefs) {}
  Tracefs tracefs_;
  std::string name_;
  std::vector<std::string> events_;
};

// Whose group NAME is; nullopt when it is none of polytap's.
struct GroupOwner {
  pid_t pid = 0;
  uint64_t start = 0;  // in clock ticks since boot, field 22 of /proc/PID/stat
};
std::optional<GroupOwner> group_owner(std::string_view name);

// Removes the events of polytap processes that are gone. Returns the groups.
std::vector<std::string> sweep_stale_groups(const Tracefs& tracefs);

}  // namespace polytap::uprobe
