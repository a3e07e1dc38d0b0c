// A signal that does nothing but interrupt a thread's blocking wait.
#pragma once

#include <signal.h>
#include <sys/types.h>

namespace polytap {

// While one lives, the signal has a handler; the former one comes back with the destructor.
class WakeSignal {
 public:
  WakeSignal();
  ~WakeSignal();
  WakeSignal(const WakeSignal&) = delete;
  WakeSignal& operator=(const WakeSignal&) = delete;

  // For the thread that is to be woken: takes no signal but this one, so that the process's own go to other threads.
  void accept_here() const;
  // False when thread TID of this process has ended.
  bool send(pid_t tid) const;
  int number() const { return number_; }

 private:
  int number_;
  struct sigaction former_ {};
};

}  // namespace polytap
