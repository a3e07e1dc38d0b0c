// The kernel's record of which process mapped which file, so that stacks of processes that are gone have names.
#pragma once

#include <linux/perf_event.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <span>
#include <thread>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/symbol/process_maps.h"

namespace polytap::ebpf {

// A perf event on each CPU that counts nothing and reports exec, fork, mmap and exit.
class ProcessEvents {
 public:
  static Result<std::unique_ptr<ProcessEvents>> create();
  ~ProcessEvents();

  // From now on new mappings are recorded; what TARGETS have mapped already is read from /proc, so that they too have
  // names after their end.
  Status start(std::span<const pid_t> targets);
  // Reads what every process there is has mapped, for a session without a target: in a thread of its own, since it
  // takes tens of milliseconds.
  void know_everyone();
  // Takes over what has been reported. A record in a BPF ring that was read before has its whole past reported.
  void collect();
  // Feeds maps() with what happened up to TIME_NS (CLOCK_MONOTONIC) and was collected. In this order: a process's exec
  // must not take the names from records that it left before it.
  void apply_until(uint64_t time_ns);
  // Feeds maps() with all but the last instant, of which another CPU may still report what came earlier.
  void apply_settled();
  // Feeds maps() with everything: when no program runs any more, nothing that they saw is still to be reported.
  void apply_all() { apply_until(std::numeric_limits<uint64_t>::max()); }
  ProcessMaps& maps() { return maps_; }
  // Tells LISTENER, when it is applied, who mapped code, and who ended.
  using Listener = std::function<void(pid_t pid, bool ended)>;
  void set_listener(Listener listener) { listener_ = std::move(listener); }

 private:
  struct CpuRing {
    UniqueFd event;
    std::byte* memory = nullptr;
  };
  // What lies behind the header; the last 8 bytes are the time, which orders the CPUs' records.
  struct Record {
    uint64_t time = 0;
    perf_event_header header{};
    std::vector<std::byte> body;
  };
  ProcessEvents() = default;
  void collect(CpuRing& ring);
  void apply(const Record& record);
  void know(pid_t pid);
  void read_all_processes();

  std::vector<CpuRing> rings_;
  std::deque<Record> pending_;  // in order of time
  uint64_t collected_at_ns_ = 0;
  ProcessMaps maps_;
  Listener listener_;
  std::atomic<bool> stopping_ = false;
  std::thread reader_;
};

}  // namespace polytap::ebpf
