// Stopped tracees that go on later: a delay holds up one of them, while the tracer serves the others.
#pragma once

#include <sys/types.h>
#include <time.h>

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

namespace polytap {

class DelayedResumes {
 public:
  struct Due {
    pid_t tid = 0;
    int signal = 0;  // to be delivered with it
  };

  // SIGNAL has a handler, and interrupts the waits of the thread that calls add().
  explicit DelayedResumes(int signal) : signal_(signal) {}
  ~DelayedResumes();
  DelayedResumes(const DelayedResumes&) = delete;
  DelayedResumes& operator=(const DelayedResumes&) = delete;

  void add(Due due, uint64_t delay_ns);
  // TID stopped anew (it was killed), or is gone.
  void cancel(pid_t tid);
  bool contains(pid_t tid) const;
  bool empty() const { return waiting_.empty(); }
  // One whose time has come.
  std::optional<Due> take_due();
  // All, whether their time has come or not.
  std::vector<Due> take_all();

 private:
  void arm();

  const int signal_;
  std::optional<timer_t> timer_;
  std::multimap<uint64_t, Due> waiting_;  // by CLOCK_MONOTONIC
};

}  // namespace polytap
