// A program at work on perf's samples of user functions.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <unordered_map>
#include <vector>

#include "backends/uprobe/attachments.h"
#include "backends/uprobe/places.h"
#include "backends/uprobe/rings.h"
#include "backends/uprobe/sample_machine.h"
#include "backends/uprobe/tasks.h"
#include "core/base/unique_fd.h"
#include "core/ir/interpreter.h"
#include "core/probe/backend.h"
#include "core/run/launch.h"
#include "core/run/map_store.h"
#include "core/run/record_queue.h"

namespace polytap::uprobe {

// A thread of the session reads the samples and runs the program on them, in order of time.
class UprobeSession : public Session {
 public:
  static Result<std::unique_ptr<UprobeSession>> create(const ir::Program& program, const Target& target, Way way);
  ~UprobeSession() override;

  Status start() override;
  Status stop() override;
  Status fire(uint32_t function, uint32_t site) override;
  int poll_fd() const override { return queue_.fd(); }
  Status drain(EventSink& sink) override;
  Status snapshot(ir::MapId map, MapSink& sink) override;
  Status clear(ir::MapId map) override;
  Status zero(ir::MapId map) override;
  bool finished() const override { return target_gone_; }
  Losses losses() const override;
  std::optional<uint64_t> events() const override { return events_; }
  ProcessMaps* process_maps() override { return keeps_mappings_ ? &tasks_.maps() : nullptr; }

 private:
  struct Parts;
  UprobeSession(const ir::Program& program, const Target& target, Parts parts);
  Status attach_threads();
  void work();
  // Runs the program on what is there and no younger than LIMIT; false when there was nothing, or nothing more.
  // MOST: records to look at. Under the mutex, as the next ones.
  bool run_records(uint64_t limit, size_t most);
  void run_record(const Record& record);
  void run_sample(const Sample& sample, const Attachments::Source& source);
  void apply_task_record(const TaskRecord& record);
  bool is_counted(const Sample& sample, const Attachments::Source& source);
  void end_worker();

  const ir::Program& program_;
  LaunchedCommand* command_;
  std::vector<pid_t> pids_;
  bool system_wide_;
  bool everybody_;  // events are opened for every process, and the target's picked out here
  bool keeps_mappings_;
  std::unique_ptr<std::vector<Place>> places_;
  RecordQueue queue_;
  UniqueFd wake_;

  mutable std::mutex mutex_;  // the rest, as far as it is not atomic
  Rings rings_;
  Attachments attachments_;
  MapStore maps_;
  Tasks tasks_;
  SampleMachine machine_;
  ir::Interpreter interpreter_;
  // Whose event a thread is counted by: several may reach it when a thread is made while its process is attached to.
  std::unordered_map<pid_t, pid_t> owners_;
  bool counting_ = false;
  uint64_t counting_from_ = 0;  // CLOCK_MONOTONIC
  uint64_t lost_samples_ = 0;
  uint64_t lost_tasks_ = 0;  // records of who forks, is renamed, ...
  uint64_t incomplete_ = 0;  // samples that lack something

  std::atomic<uint64_t> events_ = 0;
  std::atomic<bool> target_gone_ = false;
  std::atomic<bool> ending_ = false;
  mutable std::atomic<int> main_waits_ = 0;  // the worker lets the main thread go first
  bool started_ = false;
  bool stopped_ = false;
  std::thread worker_;
};

}  // namespace polytap::uprobe
