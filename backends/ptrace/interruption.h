// Signals that end polytap while it waits for tracees.
#pragma once

#include <signal.h>

#include <array>

namespace polytap {

// While it lives, SIGHUP, SIGINT, SIGQUIT and SIGTERM are noted instead of ending the process, and interrupt wait(2).
// One at a time.
class Interruption {
 public:
  // IGNORE: they are not even noted.
  explicit Interruption(bool ignore = false);
  ~Interruption();
  Interruption(const Interruption&) = delete;
  Interruption& operator=(const Interruption&) = delete;
  // From now on wait(2) is interrupted every so often.
  void tick() const;
  // The signal that came; 0: none.
  int signal() const;

 private:
  static constexpr std::array<int, 4> kSignals = {SIGHUP, SIGINT, SIGQUIT, SIGTERM};
  std::array<struct sigaction, kSignals.size()> before_{};
  struct sigaction alarm_before_ {};
};

}  // namespace polytap
