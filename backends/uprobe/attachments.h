// The perf events through which a program's places fire.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "backends/uprobe/event_group.h"
#include "backends/uprobe/perf_records.h"
#include "backends/uprobe/places.h"
#include "backends/uprobe/rings.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace polytap::uprobe {

enum class Way : uint8_t {
  // perf's own uprobe PMU: needs no tracefs, leaves nothing behind; but each CPU's event is a probe of its own, all of
  // which the kernel runs at each firing, and it cannot be inherited: the copy made at a fork would look for the file's
  // name in the forking process' memory, and the fork would fail with EFAULT (seen on 6.18).
  kPerfPmu,
  // Events of our own in tracefs: one probe for all CPUs and threads, with fetch arguments, inherited by children.
  kTracefs,
};

// The type number of the uprobe PMU; an error when the kernel has none.
Result<uint32_t> uprobe_pmu_type();

class Attachments {
 public:
  // What a sample's identifier stands for.
  struct Source {
    uint32_t place = 0;
    pid_t owner = 0;  // the thread for which the event was opened, from which others may have inherited it; 0: all
  };

  // Defines the probes; attaches nothing. PLACES must stay; of each, the layout of its captures is set. GROUP: for
  // Way::kTracefs.
  static Result<Attachments> create(std::vector<Place>& places, std::optional<EventGroup> group);

  // Opens an event for each place and CPU, disabled. TID: for that thread and the threads and processes that it makes
  // from now on; -1: for everybody.
  Status open(const Rings& rings, pid_t tid);
  Status enable() const;
  void disable() const;
  void close();

  size_t count() const { return events_.size(); }
  const Source* find(uint64_t id) const;
  const SampleLayout& layout(uint32_t place) const { return layouts_[place]; }
  // Samples that found their ring full; nullopt when the kernel does not count them by event (before 6.0).
  std::optional<uint64_t> lost() const;

 private:
  struct Definition {
    uint64_t config = 0;
    uint32_t type = 0;
  };
  Attachments(std::vector<Place>& places, std::optional<EventGroup> group)
      : places_(&places), group_(std::move(group)) {}
  Result<UniqueFd> open_event(size_t place, pid_t tid, int cpu);

  std::vector<Place>* places_ = nullptr;
  std::optional<EventGroup> group_;
  std::vector<Definition> definitions_;
  std::vector<SampleLayout> layouts_;
  std::vector<UniqueFd> events_;  // gone before the group
  std::unordered_map<uint64_t, Source> sources_;
  bool counts_lost_ = true;
};

// Raises the limit of open files to hold COUNT more; false when it cannot be raised that far.
bool make_room_for_files(size_t count);

}  // namespace polytap::uprobe
