#include "backends/ptrace/wake_signal.h"

#include <sys/syscall.h>
#include <unistd.h>

#include "core/base/check.h"

namespace polytap {
namespace {

void ignore(int /*number*/) {}

}  // namespace

// A real-time signal near the end: nothing in polytap uses one, and glibc keeps the first two for itself.
WakeSignal::WakeSignal() : number_(SIGRTMAX - 3) {
  struct sigaction action {};
  action.sa_handler = ignore;  // and no SA_RESTART: waits are to return EINTR
  CHECK(sigaction(number_, &action, &former_) == 0);
}

WakeSignal::~WakeSignal() { sigaction(number_, &former_, nullptr); }

void WakeSignal::accept_here() const {
  sigset_t all_others;
  sigfillset(&all_others);
  sigdelset(&all_others, number_);
  pthread_sigmask(SIG_SETMASK, &all_others, nullptr);
}

bool WakeSignal::send(pid_t tid) const { return syscall(SYS_tgkill, getpid(), tid, number_) == 0; }

}  // namespace polytap
