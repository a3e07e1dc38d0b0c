// Becoming the tracer of processes: the part of TraceLoop that runs before the first stop counts.
#include <errno.h>
#include <fmt/format.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "backends/ptrace/proc_entries.h"
#include "backends/ptrace/trace_loop.h"

namespace polytap {
namespace {

constexpr unsigned long kOptions = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK |
                                   PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT;

Error cannot_attach(pid_t tgid, int error) {
  if (error == ESRCH) return Error(fmt::format("there is no process {}", tgid), ESRCH);
  if (error == EPERM) {
    if (pid_t tracer = tracing_process(tgid); tracer != 0) {
      return Error(fmt::format("process {} is already traced by process {}: end that one first", tgid, tracer), EPERM);
    }
    return Error(fmt::format("not permitted to trace process {}: be its user, be root, or look at "
                             "/proc/sys/kernel/yama/ptrace_scope (0 lets one trace one's own processes)",
                             tgid),
                 EPERM);
  }
  return Error::from_errno(fmt::format("ptrace process {}", tgid), error);
}

}  // namespace

Status TraceLoop::attach(std::span<const pid_t> pids) {
  if (command_ != nullptr) TRY(attach_command());
  for (pid_t pid : pids) TRY(attach_process(pid));
  settle();
  return std::move(set_up_status_);
}

Status TraceLoop::attach_command() {
  const pid_t pid = command_->pid();
  unsigned long options = kOptions;
  // Without its tracer a filtered process would find its system calls failing with ENOSYS: it must not outlive us.
  if (command_->filtered()) options |= PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL;
  if (ptrace(PTRACE_SEIZE, pid, nullptr, options) != 0) return cannot_attach(pid, errno);
  Tracee& tracee = add(pid, pid, command_->filtered());
  if (plan_.asks_calls() && !tracee.filtered) {
    // Only from a stop can it be told to stop at system calls.
    if (ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr) != 0) return cannot_attach(pid, errno);
    tracee.unsettled = true;
    unsettled_++;
  }
  return {};
}

Status TraceLoop::attach_process(pid_t pid) {
  // Threads that are not attached yet can make more of them: look again until nobody is new. Those made by attached
  // threads come by themselves.
  bool found_new = true;
  while (found_new) {
    found_new = false;
    const std::vector<pid_t> threads = threads_of(pid);
    if (threads.empty()) return cannot_attach(pid, ESRCH);
    for (pid_t tid : threads) {
      if (find(tid) != nullptr) continue;
      const size_t before = tracees_.size();
      TRY(attach_thread(pid, tid));
      found_new = found_new || tracees_.size() != before;
    }
  }
  return {};
}

Status TraceLoop::attach_thread(pid_t tgid, pid_t tid) {
  if (ptrace(PTRACE_SEIZE, tid, nullptr, kOptions) != 0) {
    const int error = errno;
    const std::optional<char> state = read_state(tid);
    const bool ended = !state || *state == 'Z' || *state == 'X';
    if (ended && tid != tgid) return {};
    // A leader that ended before its threads stays as a zombie; they can be attached.
    if (ended && state && threads_of(tgid).size() > 1) return {};
    if (read_status_value(tid, "TracerPid") == static_cast<uint64_t>(gettid())) return {};  // came by itself meanwhile
    return cannot_attach(tgid, ended ? ESRCH : error);
  }
  Tracee& tracee = add(tgid, tid, false);
  // What it does between here and its first stop is not seen; what is asked for besides calls needs no stop to begin.
  if ((plan_.asks_calls() || functions_.wanted()) && ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr) == 0) {
    tracee.unsettled = true;
    unsettled_++;
    if (functions_.wanted()) unsettled_threads_[tgid]++;
  }
  return {};
}

void TraceLoop::settle() {
  constexpr uint64_t kPatienceNs = 1'000'000'000;  // threads in uninterruptible sleep stop when they wake
  const uint64_t deadline = clock_ns(CLOCK_MONOTONIC) + kPatienceNs;
  while (unsettled_ > 0 && clock_ns(CLOCK_MONOTONIC) < deadline) {
    int status = 0;
    const pid_t tid = wait_for_any(&status, WNOHANG);
    if (tid > 0) {
      handle(tid, status);
      continue;
    }
    if (tid < 0 && errno == ECHILD) return;
    const timespec pause{0, 50'000};
    nanosleep(&pause, nullptr);
  }
}

}  // namespace polytap
