#include "backends/ptrace/delayed_resumes.h"

#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "core/base/check.h"
#include "core/base/clock.h"

namespace polytap {

DelayedResumes::~DelayedResumes() {
  if (timer_) timer_delete(*timer_);
}

void DelayedResumes::add(Due due, uint64_t delay_ns) {
  constexpr uint64_t kLongest = 1'000'000'000'000'000'000;  // thirty years
  if (!timer_) {
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = signal_;
    event._sigev_un._tid = gettid();
    timer_t timer{};
    CHECK(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
    timer_ = timer;
  }
  waiting_.emplace(clock_ns(CLOCK_MONOTONIC) + std::min(delay_ns, kLongest), due);
  arm();
}

// A signal that arrives just before a wait begins is lost: it comes again until what is due was taken.
void DelayedResumes::arm() {
  constexpr long kAgainNs = 1'000'000;
  constexpr uint64_t kSecond = 1'000'000'000;
  itimerspec times{};
  if (!waiting_.empty()) {
    const uint64_t next = waiting_.begin()->first;
    times.it_value = {static_cast<time_t>(next / kSecond), static_cast<long>(next % kSecond)};
    times.it_interval = {0, kAgainNs};
  }
  timer_settime(*timer_, TIMER_ABSTIME, &times, nullptr);
}

void DelayedResumes::cancel(pid_t tid) {
  if (std::erase_if(waiting_, [&](const auto& entry) { return entry.second.tid == tid; }) != 0) arm();
}

bool DelayedResumes::contains(pid_t tid) const {
  return std::ranges::any_of(waiting_, [&](const auto& entry) { return entry.second.tid == tid; });
}

std::optional<DelayedResumes::Due> DelayedResumes::take_due() {
  if (waiting_.empty() || clock_ns(CLOCK_MONOTONIC) < waiting_.begin()->first) return std::nullopt;
  const Due due = waiting_.begin()->second;
  waiting_.erase(waiting_.begin());
  arm();
  return due;
}

std::vector<DelayedResumes::Due> DelayedResumes::take_all() {
  std::vector<Due> all;
  for (const auto& [time, due] : std::exchange(waiting_, {})) all.push_back(due);
  if (timer_) arm();
  return all;
}

}  // namespace polytap
