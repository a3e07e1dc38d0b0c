// What the tracer thread and the main thread of a ptrace session share.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstdint>
#include <mutex>

#include "core/ir/ir.h"
#include "core/run/map_store.h"
#include "core/run/record_queue.h"
#include "core/symbol/process_maps.h"

namespace polytap {

struct SessionState {
  SessionState(const ir::Program& shown_program, RecordQueue record_queue)
      : program(shown_program), queue(std::move(record_queue)), maps(shown_program.maps) {}

  const ir::Program& program;
  RecordQueue queue;
  mutable std::mutex run_mutex;  // held while a function runs: guards `maps` and the order of exit() and counting
  MapStore maps;
  ProcessMaps process_maps;
  uint64_t started_ns = 0;             // CLOCK_MONOTONIC
  pid_t command_pid = 0;               // of the launched command, 0 without one
  std::atomic<bool> counting = false;  // tracees' stops run functions
  std::atomic<bool> exit_called = false;
  std::atomic<uint64_t> events = 0;
  std::atomic<uint64_t> faults = 0;
  std::atomic<uint64_t> missed = 0;  // probes that could not be put in place, returns that could not be waited for
};

}  // namespace polytap
