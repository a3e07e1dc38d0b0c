// A program at work on the records of a tracing instance.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "backends/ftrace/cpu_streams.h"
#include "backends/ftrace/event_filter.h"
#include "backends/ftrace/fetch_events.h"
#include "backends/ftrace/instance.h"
#include "backends/ftrace/record_machine.h"
#include "backends/ftrace/stack_join.h"
#include "backends/ftrace/task_events.h"
#include "backends/ftrace/task_table.h"
#include "core/base/unique_fd.h"
#include "core/ir/interpreter.h"
#include "core/kernel/tracefs.h"
#include "core/probe/backend.h"
#include "core/run/launch.h"
#include "core/run/map_store.h"
#include "core/run/record_queue.h"

namespace polytap::ftrace {

// Removes what polytap processes that are gone left: the names of their instances and groups of events.
std::vector<std::string> sweep_stale(const Tracefs& tracefs);

// A thread of the session reads the records and runs the program on them, in order of time.
class FtraceSession : public Session {
 public:
  static Result<std::unique_ptr<FtraceSession>> create(const ir::Program& program, const Target& target,
                                                       const Tracefs& tracefs);
  ~FtraceSession() override;

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

  // Memory of the kernel's buffer for each CPU.
  static uint32_t buffer_kb();

 private:
  struct Event {
    std::string category;
    std::string name;
    std::vector<Hook> hooks;
    bool keeps_tasks = false;
    bool wants_stack = false;
    std::optional<FetchEvent> fetched;  // made by us
  };
  using EventsById = std::vector<std::unique_ptr<Event>>;
  struct Parts;

  FtraceSession(const ir::Program& program, const Target& target, Parts parts);
  static Event& event_of(EventsById& events, uint32_t id, std::string_view category, std::string_view name);
  static Status find_tracepoints(const ir::Program& program, const Tracefs& tracefs, EventsById& events);
  struct Groups {
    std::optional<ProbeGroup> kprobes;
    std::optional<ProbeGroup> event_probes;
  };
  static Status make_fetch_events(const ir::Program& program, const Tracefs& tracefs, Groups& groups,
                                  EventsById& events);
  Status enable_events();
  Status attach_targets();
  void work();
  // Runs the program on what is there and no younger than LIMIT; false when there was nothing, or nothing more.
  // MOST: records to look at. Under the mutex.
  bool run_records(uint64_t limit, size_t most);
  void run_record(const CpuRecord& record);
  bool is_counted(uint64_t time, pid_t tid) const;
  void end_worker();
  // Runs the hooks of EVENT on its record.
  void run_hooks(const Event& event, const CpuRecord& record, std::span<const uint64_t> stack);
  // What the buffers lost up to now, and what did not fire or could not be run.
  uint64_t missed_now() const;

  const ir::Program& program_;
  LaunchedCommand* command_;
  std::vector<pid_t> pids_;
  bool system_wide_;
  Groups groups_;  // end after the instance, in which its events are enabled
  Instance instance_;
  std::optional<TaskEvents> task_events_;  // when it is asked who the threads are
  EventsById events_by_id_;
  RecordQueue queue_;
  UniqueFd wake_;

  mutable std::mutex mutex_;  // the rest, as far as it is not atomic
  CpuStreams streams_;
  MapStore maps_;
  TaskTable tasks_;
  RecordMachine machine_;
  ir::Interpreter interpreter_;
  std::vector<std::byte> context_;
  CapturedMemory memory_;
  std::optional<StackJoin> stacks_;  // when the program asks for kstack
  StackJoin::Joined joined_;
  uint64_t incomplete_ = 0;  // records that lack a part of what they were to carry
  bool counting_ = false;
  uint64_t counting_from_ = 0;      // CLOCK_MONOTONIC
  std::optional<uint64_t> missed_;  // once stopped

  std::atomic<uint64_t> events_ = 0;
  std::atomic<bool> target_gone_ = false;
  std::atomic<bool> ending_ = false;
  mutable std::atomic<int> main_waits_ = 0;  // the worker lets the main thread go first
  bool started_ = false;
  bool stopped_ = false;
  std::thread worker_;
};

}  // namespace polytap::ftrace
