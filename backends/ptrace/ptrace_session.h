// A program at work on ptrace stops.
#pragma once

#include <memory>
#include <vector>

#include "backends/ptrace/session_state.h"
#include "backends/ptrace/stop_plan.h"
#include "backends/ptrace/thread_machine.h"
#include "backends/ptrace/tracer.h"
#include "core/ir/interpreter.h"
#include "core/probe/backend.h"
#include "core/run/launch.h"

namespace polytap {

class PtraceSession : public Session {
 public:
  PtraceSession(const ir::Program& program, StopPlan plan, RecordQueue queue, const Target& target);
  ~PtraceSession() override;

  Status start() override;
  Status stop() override;
  Status fire(uint32_t function, uint32_t site) override;
  int poll_fd() const override { return state_.queue.fd(); }
  Status drain(EventSink& sink) override;
  Status snapshot(ir::MapId map, MapSink& sink) override;
  Status clear(ir::MapId map) override;
  Status zero(ir::MapId map) override;
  Status take(ir::MapId map, MapSink& sink) override;
  bool finished() const override { return has_target() && tracer_.all_gone(); }
  Losses losses() const override;
  std::optional<uint64_t> events() const override { return state_.events; }
  ProcessMaps* process_maps() override { return &state_.process_maps; }

 private:
  // Without one only BEGIN, END and interval run, until exit().
  bool has_target() const { return command_ != nullptr || !pids_.empty(); }
  // Some tracee runs under a seccomp filter that needs this process to answer.
  bool holds_filtered() const;

  SessionState state_;
  StopPlan plan_;
  LaunchedCommand* command_;
  std::vector<pid_t> pids_;
  ir::Interpreter interpreter_;  // the main thread's
  ThreadMachine machine_;
  Tracer tracer_;  // last: its thread uses the others
};

}  // namespace polytap
