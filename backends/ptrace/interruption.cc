#include "backends/ptrace/interruption.h"

#include <sys/time.h>

#include <atomic>

namespace polytap {
namespace {

// A signal handler can reach nothing else.
std::atomic<int> noted_signal = 0;
static_assert(std::atomic<int>::is_always_lock_free);

// A signal that arrives just before wait(2) sleeps would be seen only at the next event: a timer interrupts the wait
// again and again until it was looked at.
void note(int signal) {
  noted_signal = signal;
  constexpr suseconds_t kAgainUs = 20'000;
  const itimerval again{{0, kAgainUs}, {0, kAgainUs}};
  setitimer(ITIMER_REAL, &again, nullptr);
}

void ignore(int) {}

}  // namespace

Interruption::Interruption(bool ignore_all) {
  noted_signal = 0;
  struct sigaction action {};
  action.sa_handler = ignore_all ? ignore : note;
  for (size_t i = 0; i < kSignals.size(); i++) {
    sigaction(kSignals[i], nullptr, &before_[i]);
    // What was ignored (nohup) stays so.
    if (before_[i].sa_handler != SIG_IGN) sigaction(kSignals[i], &action, nullptr);
  }
  action.sa_handler = ignore;
  sigaction(SIGALRM, &action, &alarm_before_);
}

Interruption::~Interruption() {
  const itimerval off{};
  setitimer(ITIMER_REAL, &off, nullptr);
  sigaction(SIGALRM, &alarm_before_, nullptr);
  for (size_t i = 0; i < kSignals.size(); i++) sigaction(kSignals[i], &before_[i], nullptr);
}

void Interruption::tick() const {
  constexpr suseconds_t kTickUs = 50'000;
  const itimerval again{{0, kTickUs}, {0, kTickUs}};
  setitimer(ITIMER_REAL, &again, nullptr);
}

int Interruption::signal() const { return noted_signal; }

}  // namespace polytap
