// A program at work on the records of a tracing instance.
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "backends/ftrace/cpu_streams.h"
#include "backends/ftrace/event_filter.h"
#include "backends/ftrace/fetch_events.h"
#include "backends/ftrace/instance.h"
#include "backends/ftrace/record_machine.h"
#include "backends/ftrace/stack_join.h"
#include "backends/ftrace/task_events.h"
#include "backends/ftrace/task_table.h"
#include "core/kernel/tracefs.h"
#include "core/probe/backend.h"
#include "core/run/late_session.h"

namespace polytap::ftrace {

// Removes what polytap processes that are gone left: the names of their instances and groups of events.
std::vector<std::string> sweep_stale(const Tracefs& tracefs);

class FtraceSession : public LateSession {
 public:
  static Result<std::unique_ptr<FtraceSession>> create(const ir::Program& program, const Target& target,
                                                       const Tracefs& tracefs);
  ~FtraceSession() override;

  Status start() override;

  // Memory of the kernel's buffer for each CPU.
  static uint32_t buffer_kb();

 protected:
  LateMachine& machine() override { return machine_; }
  std::vector<int> buffer_descriptors() const override { return streams_.descriptors(); }
  void refresh_buffers() override { streams_.refresh(); }
  bool run_next_record(uint64_t limit) override;
  void drop_dead_targets() override { tasks_.drop_dead_targets(); }
  bool no_target_left() const override { return tasks_.no_target_left(); }
  void add_losses(Losses& losses) const override;
  Status stop_writers() override { return instance_.write("tracing_on", "0"); }
  Status detach() override;

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
  void run_record(const CpuRecord& record);
  bool is_counted(uint64_t time, pid_t tid) const;
  // Runs the hooks of EVENT on its record.
  void run_hooks(const Event& event, const CpuRecord& record, std::span<const uint64_t> stack);
  // What the buffers lost up to now, and what did not fire or could not be run.
  uint64_t missed_now() const;

  Groups groups_;  // end after the instance, in which its events are enabled
  Instance instance_;
  std::optional<TaskEvents> task_events_;  // when it is asked who the threads are
  EventsById events_by_id_;

  // Under the mutex:
  CpuStreams streams_;
  TaskTable tasks_;
  RecordMachine machine_;
  std::vector<std::byte> context_;
  CapturedMemory memory_;
  std::optional<StackJoin> stacks_;  // when the program asks for kstack
  StackJoin::Joined joined_;
  CpuRecord record_;                // the one that is looked at
  uint64_t incomplete_ = 0;         // records that lack a part of what they were to carry
  std::optional<uint64_t> missed_;  // once stopped
};

}  // namespace polytap::ftrace
