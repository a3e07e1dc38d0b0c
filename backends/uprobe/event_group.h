// Events for user function probes, in tracefs' uprobe_events.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/kernel/fetch_arguments.h"
#include "core/kernel/probe_group.h"
#include "core/kernel/tracefs.h"
#include "core/probe/site.h"

namespace polytap::uprobe {

inline constexpr std::string_view kUprobeEvents = "uprobe_events";

// "p:GROUP/NAME PATH:0x1234 a=..." as uprobe_events takes it.
std::string probe_definition(std::string_view group, std::string_view name, const ProbeSite& site,
                             std::string_view path, const std::vector<FetchField>& fields);

// Its destructor removes the events, which nobody may have open any more then.
class EventGroup {
 public:
  // Sweeps what dead owners left, then reserves a name; makes nothing yet.
  static Result<EventGroup> create(const Tracefs& tracefs);

  const std::string& name() const { return group_.name(); }
  // A new event for SITE; its format tells where FIELDS are.
  Result<EventFormat> add(const ProbeSite& site, const std::vector<FetchField>& fields);

 private:
  explicit EventGroup(ProbeGroup group) : group_(std::move(group)) {}
  ProbeGroup group_;
};

}  // namespace polytap::uprobe
