#include "core/run/late_session.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "core/base/clock.h"

namespace polytap {
namespace {

constexpr int kReadIntervalMs = 5;
constexpr uint64_t kCheckTargetsNs = 200'000'000;

}  // namespace

class LateSession::MainWaits {
 public:
  explicit MainWaits(std::atomic<int>& count) : count_(count) { count_++; }
  ~MainWaits() { count_--; }
  MainWaits(const MainWaits&) = delete;
  MainWaits& operator=(const MainWaits&) = delete;

 private:
  std::atomic<int>& count_;
};

Result<LateSession::Channels> LateSession::Channels::create() {
  ASSIGN_OR_RETURN(RecordQueue queue, RecordQueue::create());
  UniqueFd wake(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.valid()) return Error::from_errno("eventfd");
  return Channels{std::move(queue), std::move(wake)};
}

LateSession::LateSession(const ir::Program& program, const Target& target, Channels channels)
    : program_(program),
      command_(target.command),
      pids_(target.pids),
      system_wide_(target.system_wide()),
      queue_(std::move(channels.queue)),
      wake_(std::move(channels.wake)),
      maps_(program.maps),
      interpreter_(program) {
  if (command_ != nullptr) pids_.push_back(command_->pid());
}

LateMachine::Parts LateSession::machine_parts() {
  return {&program_, &maps_, &queue_, command_ != nullptr ? command_->pid() : 0, clock_ns(CLOCK_MONOTONIC)};
}

void LateSession::begin_counting() {
  std::lock_guard lock(mutex_);
  counting_ = !machine().exited();
  counting_from_ = clock_ns(CLOCK_MONOTONIC);
  worker_ = std::thread([this] { work(); });
}

void LateSession::work() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
  std::vector<pollfd> descriptors = {{wake_.get(), POLLIN, 0}};
  for (const int fd : buffer_descriptors()) descriptors.push_back({fd, POLLIN, 0});
  uint64_t next_check = clock_ns(CLOCK_MONOTONIC) + kCheckTargetsNs;
  while (!ending_) {
    poll(descriptors.data(), descriptors.size(), kReadIntervalMs);
    for (bool more = true; more && !ending_;) {
      while (main_waits_ > 0) std::this_thread::sleep_for(std::chrono::microseconds(50));
      std::lock_guard lock(mutex_);
      const uint64_t now = clock_ns(CLOCK_MONOTONIC);
      more = run_records(now - kSettleNs);
      if (system_wide_ || more) continue;
      if (now >= next_check) {
        next_check = now + kCheckTargetsNs;
        drop_dead_targets();
      }
      if (no_target_left()) target_gone_ = true;
    }
  }
}

bool LateSession::run_records(uint64_t limit, size_t most) {
  refresh_buffers();
  for (size_t count = 0; count < most; ++count) {
    if (!run_next_record(limit)) return false;
  }
  return true;
}

bool LateSession::run_function(uint32_t function, uint32_t site) {
  machine().set_site(site);
  interpreter_.run(program_.functions[function], machine());
  if (machine().exited()) counting_ = false;
  return !machine().exited();
}

void LateSession::end_worker() {
  if (!worker_.joinable()) return;
  ending_ = true;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_.get(), &one, sizeof one);
  worker_.join();
}

Status LateSession::stop() {
  if (std::exchange(stopped_, true) || !started_) return {};
  Status quiet = stop_writers();
  end_worker();
  // Writers that were on their way in.
  std::this_thread::sleep_for(std::chrono::nanoseconds(kSettleNs));
  std::lock_guard lock(mutex_);
  while (counting_ && run_records(kNoLimit)) {
  }
  counting_ = false;
  TRY(detach());
  return quiet;
}

Status LateSession::fire(uint32_t function, uint32_t site) {
  const MainWaits waits(main_waits_);
  std::lock_guard lock(mutex_);
  // What happened before comes first.
  const uint64_t now = clock_ns(CLOCK_MONOTONIC);
  while (started_ && !stopped_ && run_records(now)) {
  }
  if (machine().exited() && !stopped_) return {};
  machine().look_here();
  run_function(function, site);
  return {};
}

Status LateSession::drain(EventSink& sink) {
  queue_.drain(sink);
  return {};
}

Status LateSession::snapshot(ir::MapId map, MapSink& sink) {
  const MainWaits waits(main_waits_);
  std::lock_guard lock(mutex_);
  maps_.snapshot(map, sink);
  return {};
}

Status LateSession::clear(ir::MapId map) {
  const MainWaits waits(main_waits_);
  std::lock_guard lock(mutex_);
  maps_.clear(map);
  return {};
}

Status LateSession::zero(ir::MapId map) {
  const MainWaits waits(main_waits_);
  std::lock_guard lock(mutex_);
  maps_.zero(map);
  return {};
}

Status LateSession::take(ir::MapId map, MapSink& sink) {
  const MainWaits waits(main_waits_);
  std::lock_guard lock(mutex_);
  maps_.snapshot(map, sink);
  maps_.clear(map);
  return {};
}

Losses LateSession::losses() const {
  const MainWaits waits(main_waits_);
  std::lock_guard lock(mutex_);
  Losses losses;
  losses.records = queue_.dropped();
  losses.updates = maps_.lost_updates();
  add_losses(losses);
  return losses;
}

}  // namespace polytap
