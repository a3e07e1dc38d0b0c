#include "backends/ptrace/ptrace_session.h"

#include <signal.h>
#include <time.h>

#include <mutex>
#include <utility>

namespace polytap {
namespace {

constexpr uint64_t kMillisecond = 1'000'000;

// Whether DONE came true within NS.
template <typename Done>
bool wait_for(uint64_t ns, Done done) {
  const uint64_t deadline = clock_ns(CLOCK_MONOTONIC) + ns;
  while (!done()) {
    if (clock_ns(CLOCK_MONOTONIC) >= deadline) return false;
    const timespec pause{0, 1'000'000};
    nanosleep(&pause, nullptr);
  }
  return true;
}

}  // namespace

PtraceSession::PtraceSession(const ir::Program& program, StopPlan plan, RecordQueue queue, const Target& target)
    : state_(program, std::move(queue)),
      plan_(std::move(plan)),
      command_(target.command),
      pids_(target.pids),
      interpreter_(program),
      machine_(state_),
      tracer_(state_, plan_, command_) {
  state_.started_ns = clock_ns(CLOCK_MONOTONIC);
  if (command_ != nullptr) state_.command_pid = command_->pid();
}

PtraceSession::~PtraceSession() {
  state_.counting = false;
  // Nobody else can answer the stops of a filtered command, so it ends with the session: with the chance to end by
  // itself (the terminal's interrupt reached it too), then asked, then by the end of its tracer.
  if (holds_filtered()) {
    auto gone = [this] { return tracer_.all_gone(); };
    if (!wait_for(200 * kMillisecond, gone)) {
      kill(command_->pid(), SIGTERM);
      wait_for(1000 * kMillisecond, gone);
    }
  }
  tracer_.end();
}

bool PtraceSession::holds_filtered() const {
  return command_ != nullptr && command_->filtered() && command_->gate_open() && !tracer_.all_gone();
}

Status PtraceSession::start() {
  if (command_ != nullptr) TRY(command_->approach_gate());
  state_.counting = !state_.exit_called;  // by BEGIN
  if (!has_target()) return {};
  return tracer_.start(pids_);
}

Status PtraceSession::stop() {
  {
    std::lock_guard lock(state_.run_mutex);
    state_.counting = false;
  }
  // A filtered command goes on under the tracer's hands, uncounted, until it ends or the session does.
  if (!holds_filtered()) tracer_.end();
  return {};
}

Status PtraceSession::fire(uint32_t function, uint32_t site) {
  std::lock_guard lock(state_.run_mutex);
  machine_.place(nullptr, site, {});
  interpreter_.run(state_.program.functions[function], machine_);
  return {};
}

Status PtraceSession::drain(EventSink& sink) {
  state_.queue.drain(sink);
  return {};
}

Status PtraceSession::snapshot(ir::MapId map, MapSink& sink) {
  std::lock_guard lock(state_.run_mutex);
  state_.maps.snapshot(map, sink);
  return {};
}

Status PtraceSession::clear(ir::MapId map) {
  std::lock_guard lock(state_.run_mutex);
  state_.maps.clear(map);
  return {};
}

Status PtraceSession::zero(ir::MapId map) {
  std::lock_guard lock(state_.run_mutex);
  state_.maps.zero(map);
  return {};
}

Status PtraceSession::take(ir::MapId map, MapSink& sink) {
  std::lock_guard lock(state_.run_mutex);
  state_.maps.snapshot(map, sink);
  state_.maps.clear(map);
  return {};
}

Losses PtraceSession::losses() const {
  Losses losses;
  losses.records = state_.queue.dropped();
  losses.faults = state_.faults;
  losses.missed = state_.missed;
  std::lock_guard lock(state_.run_mutex);
  losses.updates = state_.maps.lost_updates();
  return losses;
}

}  // namespace polytap
