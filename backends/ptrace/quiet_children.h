// Stops of tracees without a SIGCHLD for each.
#pragma once

#include <signal.h>

namespace polytap {

// While one lives, SIGCHLD comes for ends only (SA_NOCLDSTOP); the former action comes back with the destructor. The
// tracer learns of stops by waiting; the signal would wake another thread of polytap at each of them, which doubles
// what a stop costs.
class QuietChildren {
 public:
  QuietChildren() {
    sigaction(SIGCHLD, nullptr, &former_);
    struct sigaction quiet = former_;
    quiet.sa_flags |= SA_NOCLDSTOP;
    sigaction(SIGCHLD, &quiet, nullptr);
  }
  ~QuietChildren() { sigaction(SIGCHLD, &former_, nullptr); }
  QuietChildren(const QuietChildren&) = delete;
  QuietChildren& operator=(const QuietChildren&) = delete;

 private:
  struct sigaction former_ {};
};

}  // namespace polytap
