// A program at work on perf's samples of user functions.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "backends/uprobe/attachments.h"
#include "backends/uprobe/places.h"
#include "backends/uprobe/rings.h"
#include "backends/uprobe/sample_machine.h"
#include "backends/uprobe/tasks.h"
#include "core/probe/backend.h"
#include "core/run/late_session.h"

namespace polytap::uprobe {

class UprobeSession : public LateSession {
 public:
  static Result<std::unique_ptr<UprobeSession>> create(const ir::Program& program, const Target& target, Way way);
  ~UprobeSession() override;

  Status start() override;
  ProcessMaps* process_maps() override { return keeps_mappings_ ? &tasks_.maps() : nullptr; }

 protected:
  LateMachine& machine() override { return machine_; }
  std::vector<int> buffer_descriptors() const override { return rings_.descriptors(); }
  void refresh_buffers() override { rings_.refresh(); }
  bool run_next_record(uint64_t limit) override;
  void drop_dead_targets() override { tasks_.drop_dead_targets(); }
  bool no_target_left() const override { return tasks_.no_target_left(); }
  void add_losses(Losses& losses) const override;
  Status stop_writers() override;
  Status detach() override;

 private:
  struct Parts;
  UprobeSession(const ir::Program& program, const Target& target, Parts parts);
  Status attach_threads();
  void run_record(const Record& record);
  void run_sample(const Sample& sample, const Attachments::Source& source);
  void apply_task_record(const TaskRecord& record);
  bool is_counted(const Sample& sample, const Attachments::Source& source);

  bool everybody_;  // events are opened for every process, and the target's picked out here
  bool keeps_mappings_;
  std::unique_ptr<std::vector<Place>> places_;

  // Under the mutex:
  Rings rings_;
  Attachments attachments_;
  Tasks tasks_;
  SampleMachine machine_;
  // Whose event a thread is counted by: several may reach it when a thread is made while its process is attached to.
  std::unordered_map<pid_t, pid_t> owners_;
  uint64_t lost_samples_ = 0;
  uint64_t lost_tasks_ = 0;  // records of who forks, is renamed, ...
  uint64_t incomplete_ = 0;  // samples that lack something
  Record record_;            // the one that is looked at
};

}  // namespace polytap::uprobe
