// Breakpoints of function probes: the part of TraceLoop that puts them in place, takes their stops and removes them.
#include <fmt/format.h>
#include <linux/kcmp.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <map>
#include <set>

#include "backends/ptrace/proc_entries.h"
#include "backends/ptrace/trace_loop.h"

namespace polytap {
namespace {

bool share_memory(pid_t one, pid_t other) { return syscall(SYS_kcmp, one, other, KCMP_VM, 0, 0) == 0; }

// For this thread alone, as traps are.
bool is_pending(pid_t tid, int signal) {
  return (read_status_value(tid, "SigPnd", 0, 16).value_or(0) >> (signal - 1) & 1) != 0;
}

}  // namespace

bool TraceLoop::watches_calls(const Tracee& tracee) const {
  return tracee.new_image || (tracee.breakpoints != nullptr && tracee.breakpoints->watches_calls());
}

bool TraceLoop::on_trap(Tracee& tracee) {
  return functions_.on_trap(tracee, [&](const HookList& list, const user_regs_struct& registers, bool at_entry) {
    for (const Hook& hook : list.hooks) {
      std::lock_guard lock(state_.run_mutex);
      if (!state_.counting) return;
      state_.events.fetch_add(1, std::memory_order_relaxed);
      machine_.place(&tracee, hook.site, registers, at_entry);
      interpreter_.run(state_.program.functions[hook.function], machine_);
      if (machine_.exited()) return;
    }
  });
}

// --- putting in place

void TraceLoop::ask_to_stop(Tracee& tracee) {
  if (ptrace(PTRACE_INTERRUPT, tracee.tid, nullptr, nullptr) != 0) return;
  tracee.unsettled = true;
  unsettled_++;
  unsettled_threads_[tracee.tgid]++;
}

// Only when every thread has been seen to stop is none in a vfork that began before, with an untraced child that would
// run into breakpoints.
void TraceLoop::settled(Tracee& tracee, const Stop& stop) {
  if (--unsettled_threads_[tracee.tgid] > 0 || tracee.breakpoints != nullptr) return;
  if (stop.kind == Stop::Kind::kInterrupt || stop.kind == Stop::Kind::kGroupStop) {
    if (!is_pending(tracee.tid, SIGTRAP)) return set_up_functions(tracee);
    // It has hit what a killed polytap left; the signal must find it where it is now.
    tracee.unsettled = true;
    unsettled_++;
    unsettled_threads_[tracee.tgid]++;
    return;
  }
  if (stop.kind != Stop::Kind::kExit) ask_to_stop(tracee);
}

void TraceLoop::settled_by_end(const Tracee& gone) {
  if (--unsettled_threads_[gone.tgid] > 0 || gone.breakpoints != nullptr) return;
  for (auto& [tid, other] : tracees_) {
    if (other.tgid == gone.tgid && tid != gone.tid && !other.exit_seen) return ask_to_stop(other);
  }
}

void TraceLoop::set_up_functions(Tracee& tracee) {
  for (auto& [tid, other] : tracees_) {
    if (tracee.breakpoints != nullptr) break;
    if (other.breakpoints != nullptr && other.tgid != tracee.tgid && share_memory(tid, tracee.tid)) {
      tracee.breakpoints = other.breakpoints;
    }
  }
  Status status = functions_.set_up(tracee);
  // One that ends meanwhile has no functions to see.
  if (!status.ok() && status.error().code() != ESRCH) {
    state_.missed++;
    if (set_up_status_.ok()) set_up_status_ = std::move(status);
  }
  for (auto& [tid, other] : tracees_) {
    if (other.tgid == tracee.tgid) other.breakpoints = tracee.breakpoints;
  }
}

void TraceLoop::forked_functions(const Tracee& parent, Tracee& child, bool is_thread) {
  using Made = FunctionProbes::Made;
  bool threads = false;
  for (const auto& [tid, other] : tracees_) threads = threads || (other.tgid == parent.tgid && tid != parent.tid);
  const bool shares = !is_thread && share_memory(parent.tid, child.tid);
  functions_.on_fork(parent, threads, child,
                     is_thread ? Made::kThread
                     : shares  ? Made::kProcessSharingMemory
                               : Made::kProcess);
}

void TraceLoop::mapped(Tracee& tracee) {
  if (std::exchange(tracee.new_image, false)) return set_up_functions(tracee);
  if (tracee.breakpoints != nullptr) functions_.look(tracee);
}

// --- taking away

void TraceLoop::withdraw() {
  if (!functions_.wanted()) return;
  for (auto& [tid, tracee] : tracees_) {
    if (tracee.breakpoints == nullptr) continue;
    tracee.breakpoints->set_watches_calls(false);
    tracee.breakpoints->restore_bytes();
  }
  const std::set<pid_t> running = stop_all();
  std::map<const BreakpointSet*, std::map<pid_t, std::vector<Tracee*>>> sharing;
  std::set<const BreakpointSet*> busy;
  for (auto& [tid, tracee] : tracees_) {
    if (tracee.breakpoints == nullptr || tracee.exit_seen) continue;
    if (running.contains(tid)) busy.insert(tracee.breakpoints.get());
    sharing[tracee.breakpoints.get()][tracee.tgid].push_back(&tracee);
  }
  for (auto& [set, processes] : sharing) {
    // Where a thread cannot be stopped now (it waits for its vfork), handler and slots stay; they do no harm.
    if (busy.contains(set)) continue;
    size_t left = processes.size();
    for (auto& [tgid, threads] : processes) functions_.remove(threads, --left == 0);
  }
}

std::set<pid_t> TraceLoop::stop_all() {
  constexpr uint64_t kPatienceNs = 500'000'000;
  std::set<pid_t> running;
  for (auto& [tid, tracee] : tracees_) {
    if (ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr) == 0) running.insert(tid);
  }
  const uint64_t deadline = clock_ns(CLOCK_MONOTONIC) + kPatienceNs;
  while (!running.empty() && clock_ns(CLOCK_MONOTONIC) < deadline) {
    int status = 0;
    const pid_t tid = wait_for_any(&status, WNOHANG);
    if (tid > 0) {
      if (!withdraw_from(tid, status)) continue;
      running.erase(tid);
      consume_stop(tid);
      continue;
    }
    if (tid < 0 && errno == ECHILD) return {};
    const timespec pause{0, 50'000};
    nanosleep(&pause, nullptr);
  }
  std::erase_if(running, [&](pid_t tid) { return find(tid) == nullptr; });
  return running;
}

// Takes a stop of TID on the way to its last. True when it stays stopped, or is gone.
bool TraceLoop::withdraw_from(pid_t tid, int status) {
  const Stop stop = decode_stop(status);
  Tracee* tracee = find(tid);
  if (stop.kind == Stop::Kind::kGone || tracee == nullptr) {
    if (stop.kind == Stop::Kind::kGone) gone(tid, status);
    return true;
  }
  switch (stop.kind) {
    case Stop::Kind::kInterrupt:
    case Stop::Kind::kGroupStop:
      // The kernel looks at interruptions first: it may have hit a breakpoint, with the signal still to come.
      if (!functions_.hit_before(*tracee) || !is_pending(tid, SIGTRAP)) return true;
      ptrace(PTRACE_CONT, tid, nullptr, 0);
      return false;
    case Stop::Kind::kSignal:
      if (stop.signal == SIGTRAP && functions_.step_back(*tracee)) {
        const std::optional<int> end = InjectedCalls::leave_signal_stop(tid);
        return !end || withdraw_from(tid, *end);
      }
      ptrace(PTRACE_CONT, tid, nullptr, stop.signal);
      return false;
    case Stop::Kind::kExec:
      consume_stop(tid);
      tracee->breakpoints = nullptr;
      break;
    case Stop::Kind::kExit:
      tracee->exit_seen = true;
      return true;
    case Stop::Kind::kFork: {
      unsigned long message = 0;
      ptrace(PTRACE_GETEVENTMSG, tid, nullptr, &message);
      const auto child = static_cast<pid_t>(message);
      if (tracee->breakpoints == nullptr || find(child) != nullptr) break;
      Tracee& made = add(child, child, false);
      forked_functions(*tracee, made, false);
      if (made.breakpoints != nullptr) made.breakpoints->restore_bytes();
      break;
    }
    default:
      break;
  }
  // Any stop takes a pending interruption with it.
  ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr);
  ptrace(PTRACE_CONT, tid, nullptr, 0);
  return false;
}

}  // namespace polytap
