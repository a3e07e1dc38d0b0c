// Where the tracer thread runs. Handing over between tracer and tracee costs 6 us on one CPU and 22 us across two, so
// the tracer follows the thread that makes it work. Tracees are never moved.
#pragma once

#include <sched.h>
#include <sys/types.h>

#include <cstdint>

namespace polytap {

class CpuPlacement {
 public:
  // For the calling thread, within the CPUs that it may use now.
  CpuPlacement();
  // A stop of TID was taken. Every so often: moves to TID's CPU when it made nearly all of the last stops, and lets go
  // when several threads take turns (they run at once, and one CPU would be short).
  void on_stop(pid_t tid) {
    if (tid != last_) changes_++;
    last_ = tid;
    if (++stops_ == kWindow) look();
  }

 private:
  static constexpr uint32_t kWindow = 64;
  static constexpr uint32_t kFewChanges = 4;
  void look();
  void pin(int cpu);

  cpu_set_t allowed_;
  pid_t last_ = 0;
  uint32_t stops_ = 0;
  uint32_t changes_ = 0;
  int pinned_ = -1;
};

// The CPU on which TID last ran; -1 when it is gone.
int last_cpu_of(pid_t tid);

}  // namespace polytap
