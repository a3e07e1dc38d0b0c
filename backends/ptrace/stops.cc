#include "backends/ptrace/stops.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>

namespace polytap {

Stop decode_stop(int wait_status) {
  if (!WIFSTOPPED(wait_status)) return {Stop::Kind::kGone};
  const int signal = WSTOPSIG(wait_status);
  switch (wait_status >> 16) {
    case 0:
      if (signal == (SIGTRAP | 0x80)) return {Stop::Kind::kSyscall};
      return {Stop::Kind::kSignal, signal};
    case PTRACE_EVENT_SECCOMP:
      return {Stop::Kind::kSeccomp};
    case PTRACE_EVENT_FORK:
    case PTRACE_EVENT_VFORK:
    case PTRACE_EVENT_CLONE:
      return {Stop::Kind::kFork};
    case PTRACE_EVENT_EXEC:
      return {Stop::Kind::kExec};
    case PTRACE_EVENT_EXIT:
      return {Stop::Kind::kExit};
    case PTRACE_EVENT_STOP:
      // Only a group-stop carries the signal that stopped the process; all else shows SIGTRAP.
      if (signal == SIGSTOP || signal == SIGTSTP || signal == SIGTTIN || signal == SIGTTOU) {
        return {Stop::Kind::kGroupStop, signal};
      }
      return {Stop::Kind::kInterrupt};
    default:
      return {Stop::Kind::kOther};
  }
}

pid_t wait_for_any(int* status, int options) {
  siginfo_t info{};
  const int kinds = WEXITED | WSTOPPED | WNOWAIT | __WALL | __WNOTHREAD;
  if (waitid(P_ALL, 0, &info, kinds | options) != 0) return -1;
  if (info.si_pid == 0) return 0;
  if (info.si_code == CLD_TRAPPED || info.si_code == CLD_STOPPED) {
    *status = info.si_status << 8 | 0x7f;
    return info.si_pid;
  }
  return waitpid(info.si_pid, status, __WALL | __WNOTHREAD | options);
}

void consume_stop(pid_t tid) {
  siginfo_t info{};
  waitid(P_PID, static_cast<id_t>(tid), &info, WSTOPPED | WNOHANG | __WALL | __WNOTHREAD);
}

}  // namespace polytap
