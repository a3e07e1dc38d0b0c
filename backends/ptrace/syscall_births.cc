// How SyscallTracer takes up the tasks that its tracees make, and lets go of all of them.
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstddef>
#include <utility>

#include "backends/ptrace/proc_entries.h"
#include "backends/ptrace/syscall_tracer.h"
#include "backends/ptrace/task_making.h"

namespace polytap {

// A child of a tracee, at its first stop; or a child of polytap that is none of our business.
void SyscallTracer::on_unknown(pid_t tid, int status) {
  if (!WIFSTOPPED(status)) {
    births_.erase(tid);
    std::erase(held_, tid);
    return;
  }
  if (auto announced = births_.extract(tid)) return adopt(tid, std::move(announced.mapped()));
  // With which memory it runs is known when it is announced; one that was killed needs none, and its parent, killed
  // with it, may not announce it any more.
  const bool is_ending = decode_stop(status).kind == Stop::Kind::kExit;
  if (buffers_ == nullptr || is_ending) {
    std::erase(held_, tid);
    adopt(tid, {});
    if (Task* task = find(tid)) task->exiting = is_ending;
    return;
  }
  held_.push_back(tid);
}

void SyscallTracer::adopt(pid_t tid, Birth birth) {
  const pid_t tgid = static_cast<pid_t>(read_status_value(tid, "Tgid").value_or(static_cast<uint64_t>(tid)));
  Task& task = add(tid, tgid);
  task.filtered = options_.filter;
  task.own_filter = task.buffered.retired = birth.own_filter;
  if (buffers_ != nullptr) {
    if (birth.sites == nullptr) birth.sites = std::make_shared<CallSites>();
    buffers_->on_new(task.buffered, std::move(birth.sites));
  }
  observer_.on_attached(tid, tgid, birth.parent != 0 ? birth.parent : tid);
  resume(task);
}

SyscallTracer::Birth SyscallTracer::birth_by(const Task& parent, bool shares_memory) const {
  Birth birth{parent.tid, nullptr, parent.own_filter};
  if (buffers_ == nullptr) return birth;
  birth.sites = shares_memory ? parent.buffered.sites : std::make_shared<CallSites>(*parent.buffered.sites);
  return birth;
}

void SyscallTracer::on_fork(Task& task) {
  unsigned long message = 0;
  const pid_t child =
      ptrace(PTRACE_GETEVENTMSG, task.tid, nullptr, &message) == 0 ? static_cast<pid_t>(message) : pid_t{0};
  if (child != 0 && find(child) == nullptr) {
    Birth birth = birth_by(task, shares_memory(task.tid));
    if (std::erase(held_, child) != 0) {
      adopt(child, std::move(birth));
    } else {
      births_[child] = std::move(birth);
    }
  }
  resume(*find(task.tid));
}

void SyscallTracer::release_held_of(const Task& parent) {
  const long call = ptrace(PTRACE_PEEKUSER, parent.tid, offsetof(user_regs_struct, orig_rax), nullptr);
  if (!makes_task(static_cast<uint64_t>(call))) return;
  const auto parent_of_process = static_cast<pid_t>(read_status_value(parent.tid, "PPid").value_or(0));
  const bool shared = shares_memory(parent.tid);
  for (const pid_t tid : std::exchange(held_, {})) {
    const auto tgid = static_cast<pid_t>(read_status_value(tid, "Tgid").value_or(0));
    const auto of = static_cast<pid_t>(read_status_value(tid, "PPid").value_or(0));
    // Its thread, its child, or (CLONE_PARENT) its sibling.
    if (tgid == parent.tgid || of == parent.tgid || of == parent_of_process) {
      adopt(tid, birth_by(parent, shared));
    } else {
      held_.push_back(tid);
    }
  }
}

// Those whose parents have ended.
void SyscallTracer::release_orphans() {
  for (const pid_t tid : std::exchange(held_, {})) {
    const auto tgid = static_cast<pid_t>(read_status_value(tid, "Tgid").value_or(0));
    const auto parent = static_cast<pid_t>(read_status_value(tid, "PPid").value_or(0));
    if ((tgid != tid && find(tgid) != nullptr) || find(parent) != nullptr) {
      held_.push_back(tid);
    } else {
      adopt(tid, {});
    }
  }
}

void SyscallTracer::detach_all() {
  for (const auto& due : delays_.take_all()) {
    if (const Task* task = find(due.tid)) go_on(*task, due.signal);
  }
  // Only from a stop can one detach: each is asked for one.
  for (const auto& [tid, task] : tasks_) {
    // Under a filter nobody can live without a tracer.
    if (task.filtered) kill(tid, SIGKILL);
    ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr);
  }
  last_ = nullptr;
  // They are stopped, and only under a filter is anybody held.
  for (const pid_t tid : std::exchange(held_, {})) {
    kill(tid, SIGKILL);
    ptrace(PTRACE_DETACH, tid, nullptr, nullptr);
  }
  // A leader that has ended before its other threads can neither be detached from nor waited for.
  std::erase_if(tasks_, [&](const auto& entry) {
    const Task& task = entry.second;
    return task.exiting && !task.filtered && (task.tid != command_ || threads_of(task.tid).size() > 1);
  });
  while (!tasks_.empty()) {
    int status = 0;
    const pid_t tid = waitpid(-1, &status, __WALL);
    if (tid < 0) {
      if (errno == EINTR) continue;
      break;
    }
    const auto found = tasks_.find(tid);
    if (found == tasks_.end()) {
      if (WIFSTOPPED(status)) ptrace(PTRACE_DETACH, tid, nullptr, nullptr);
      continue;
    }
    const Stop stop = decode_stop(status);
    if (stop.kind == Stop::Kind::kGone) {
      on_gone(found->second, status);
      continue;
    }
    if (found->second.filtered) {
      ptrace(PTRACE_CONT, tid, nullptr, 0);
      continue;
    }
    ptrace(PTRACE_DETACH, tid, nullptr, stop.kind == Stop::Kind::kSignal ? stop.signal : 0);
    drop(found->second);
    observer_.on_detached(tid);
  }
  tasks_.clear();
}

}  // namespace polytap
