// A session whose events are recorded by the kernel and looked at later: a worker thread reads the records and runs the
// program on them, in order of time.
#pragma once

#include <atomic>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/base/unique_fd.h"
#include "core/ir/interpreter.h"
#include "core/probe/backend.h"
#include "core/run/late_machine.h"
#include "core/run/launch.h"
#include "core/run/map_store.h"
#include "core/run/record_queue.h"

namespace polytap {

// A derived class holds the buffers, the tasks and the machine, attaches in its start() and calls begin_counting()
// last. Its destructor must call end_worker() first, as the worker uses what it holds.
class LateSession : public Session {
 public:
  Status stop() override;
  Status fire(uint32_t function, uint32_t site) override;
  int poll_fd() const override { return queue_.fd(); }
  Status drain(EventSink& sink) override;
  Status snapshot(ir::MapId map, MapSink& sink) override;
  Status clear(ir::MapId map) override;
  Status zero(ir::MapId map) override;
  Status take(ir::MapId map, MapSink& sink) override;
  bool finished() const override { return target_gone_; }
  Losses losses() const override;
  std::optional<uint64_t> events() const override { return events_; }

 protected:
  // A writer takes its time stamp first and is done with its record a moment later, longer only where a hypervisor
  // takes the CPU away from it.
  static constexpr uint64_t kSettleNs = 1'000'000;
  static constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

  // What must exist before there is a session.
  struct Channels {
    RecordQueue queue;
    UniqueFd wake;

    static Result<Channels> create();
  };
  LateSession(const ir::Program& program, const Target& target, Channels channels);

  // For the derived class to say. All but machine(), buffer_descriptors() and stop_writers() are called under the
  // mutex.
  virtual LateMachine& machine() = 0;
  virtual std::vector<int> buffer_descriptors() const = 0;  // readable once records are worth reading
  virtual void refresh_buffers() = 0;
  // Looks at the oldest record that is no younger than LIMIT; false when there is none.
  virtual bool run_next_record(uint64_t limit) = 0;
  virtual void drop_dead_targets() = 0;  // those whose end was not recorded
  virtual bool no_target_left() const = 0;
  virtual void add_losses(Losses& losses) const = 0;  // the machine's faults; events lost or not to be looked at
  // stop() in two steps: no record is written from the first on; the second, after the last record was looked at, ends
  // what is attached.
  virtual Status stop_writers() = 0;
  virtual Status detach() = 0;

  LateMachine::Parts machine_parts();
  // Target pids, the launched command's among them.
  const std::vector<pid_t>& pids() const { return pids_; }
  bool system_wide() const { return system_wide_; }
  LaunchedCommand* command() const { return command_; }
  const ir::Program& program() const { return program_; }

  // Marks the session as started: from now on fire() looks at what is recorded before it.
  void set_started() { started_ = true; }
  // Starts the worker. Events count from now on, unless BEGIN has called exit().
  void begin_counting();
  // Whether an event at TIME (CLOCK_MONOTONIC, nanoseconds) counts. Under the mutex, as the next two.
  bool counts(uint64_t time) const { return counting_ && time >= counting_from_; }
  bool counting() const { return counting_; }
  // Runs FUNCTION as SITE on what the machine looks at; false once exit() was called.
  bool run_function(uint32_t function, uint32_t site);
  void add_events(uint64_t count) {
    events_.store(events_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  // Runs the program on what is there and no younger than LIMIT; false when there is nothing more. Under the mutex.
  bool run_records(uint64_t limit, size_t most = kAtOnce);
  void end_worker();

  mutable std::mutex mutex_;  // what the worker and the main thread both use

 private:
  class MainWaits;
  static constexpr size_t kAtOnce = 8192;  // records between two looks at who else wants the mutex

  void work();

  const ir::Program& program_;
  LaunchedCommand* command_;
  std::vector<pid_t> pids_;
  bool system_wide_;
  RecordQueue queue_;
  UniqueFd wake_;
  MapStore maps_;
  ir::Interpreter interpreter_;
  bool counting_ = false;
  uint64_t counting_from_ = 0;  // CLOCK_MONOTONIC

  std::atomic<uint64_t> events_ = 0;
  std::atomic<bool> target_gone_ = false;
  std::atomic<bool> ending_ = false;
  mutable std::atomic<int> main_waits_ = 0;  // the worker lets the main thread go first
  bool started_ = false;
  bool stopped_ = false;
  std::thread worker_;
};

}  // namespace polytap
