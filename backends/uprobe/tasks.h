// Who the threads are, as of the record that is looked at: names, the target's processes and what they have mapped.
// What was there at the start is read from /proc; from then on perf's task records, applied in order of time, keep it.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "backends/uprobe/perf_records.h"
#include "core/symbol/process_maps.h"

namespace polytap::uprobe {

using TaskName = std::array<char, 16>;  // zero padded

class Tasks {
 public:
  struct Keeps {
    bool names = false;
    bool mappings = false;
  };
  explicit Tasks(Keeps keeps, std::string proc_root = "/proc");

  // What every process is called and has mapped now: without a target.
  void read_all();
  // The process and its future children are the target. Returns its threads.
  std::vector<pid_t> add_target(pid_t pid);
  // Its threads as of now.
  std::vector<pid_t> threads_of(pid_t pid) const;

  std::vector<pid_t> targets() const { return {targets_.begin(), targets_.end()}; }
  bool in_target(pid_t pid) const { return targets_.contains(pid); }
  bool no_target_left() const { return targets_.empty(); }
  // Forgets targets that are no more (whose ends were lost): those that were gone at the call before, too, so that the
  // records of their last moments have been read.
  void drop_dead_targets();
  // The thread's name; null when nobody knows.
  const TaskName* name(pid_t pid, pid_t tid);

  void apply(const TaskRecord& record);
  ProcessMaps& maps() { return maps_; }

 private:
  void read_process(pid_t pid);
  void forked(const TaskRecord& record);
  void exited(const TaskRecord& record);
  void executed(const TaskRecord& record);
  void know_mappings(pid_t pid);
  bool wants_mappings(pid_t pid) const { return keeps_.mappings && (everyone_ || in_target(pid)); }

  Keeps keeps_;
  std::string proc_root_;
  bool everyone_ = false;
  std::unordered_map<pid_t, TaskName> names_;                          // by thread
  std::unordered_map<pid_t, std::unordered_set<pid_t>> live_threads_;  // of target processes
  std::unordered_set<pid_t> targets_;
  std::unordered_set<pid_t> missing_;  // gone when last looked at
  ProcessMaps maps_;
};

}  // namespace polytap::uprobe
