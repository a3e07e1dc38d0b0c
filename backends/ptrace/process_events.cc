// Fork, exec, exit and signals: the part of TraceLoop that serves the sched and signal tracepoints.
#include <elf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>

#include "backends/ptrace/proc_entries.h"
#include "backends/ptrace/trace_loop.h"
#include "backends/ptrace/user_memory.h"

namespace polytap {
namespace {

// The file name given to execve, which the kernel leaves on the new image's stack.
std::string executed_file(pid_t tid) {
  std::array<char, 1024> buffer;
  const std::string_view text = read_proc_entry(tid, "auxv", buffer);
  for (size_t at = 0; at + sizeof(Elf64_auxv_t) <= text.size(); at += sizeof(Elf64_auxv_t)) {
    Elf64_auxv_t entry;
    memcpy(&entry, text.data() + at, sizeof entry);
    if (entry.a_type != AT_EXECFN) continue;
    std::string name(4096, '\0');
    const int64_t length = read_user_string(tid, entry.a_un.a_val, name);
    name.resize(static_cast<size_t>(std::max<int64_t>(length, 0)));
    return name;
  }
  return {};
}

bool in_set(pid_t tid, std::string_view name, int signal) {
  return (read_status_value(tid, name, 0, 16).value_or(0) >> (signal - 1) & 1) != 0;
}

// A signal that is ignored is dropped when it is sent, and the tracepoint never fires, except that for traced
// processes the kernel asks the tracer first.
bool would_be_dropped(pid_t tid, int signal) {
  if (in_set(tid, "SigIgn", signal)) return true;
  const bool ignored_by_default = signal == SIGCHLD || signal == SIGCONT || signal == SIGURG || signal == SIGWINCH;
  return ignored_by_default && !in_set(tid, "SigCgt", signal);
}

}  // namespace

void TraceLoop::on_fork(Tracee& tracee) {
  unsigned long message = 0;
  if (ptrace(PTRACE_GETEVENTMSG, tracee.tid, nullptr, &message) != 0) return resume(tracee);
  const auto child = static_cast<pid_t>(message);
  const bool is_thread = access(fmt::format("/proc/{}/task/{}", tracee.tgid, child).c_str(), F_OK) == 0;
  // It may have come and gone already, and take_all_early() may have been here before.
  const bool is_gone = gone_early_.erase(child) != 0 && !early_.contains(child);
  if (!is_gone && find(child) == nullptr) {
    Tracee& made = add(is_thread ? tracee.tgid : child, child, tracee.filtered);
    made.fresh = true;
    if (functions_.wanted()) forked_functions(tracee, made, is_thread);
  }
  if (!is_thread) state_.process_maps.fork(tracee.tgid, child);
  run_hooks(tracee, plan_.fork(), [&](const Hook& hook) {
    if (!hook.reads_values) return;
    std::array<char, 16> name;
    read_comm(tracee, false, name);
    record_.put("parent_comm", std::string_view(name.data()));
    record_.put("parent_pid", tracee.tid);
    record_.put("child_comm", std::string_view(name.data()));  // a new thread starts with its maker's name
    record_.put("child_pid", child);
  });
  resume(tracee);
  take_early(child);
}

void TraceLoop::on_exec(pid_t leader) {
  unsigned long message = 0;
  if (ptrace(PTRACE_GETEVENTMSG, leader, nullptr, &message) != 0) message = static_cast<unsigned long>(leader);
  const auto former = static_cast<pid_t>(message);
  if (former != leader) {
    // The leader that was is gone without a word; the thread goes on under its id.
    last_ = nullptr;
    if (auto old = tracees_.find(leader); old != tracees_.end()) {
      machine_.release_comm(old->second);
      tracees_.erase(old);
    }
    if (auto executing = tracees_.extract(former)) {
      machine_.release_comm(executing.mapped());
      executing.key() = leader;
      executing.mapped().tid = leader;
      tracees_.insert(std::move(executing));
    }
  }
  Tracee* tracee = find(leader);
  if (tracee == nullptr) tracee = &add(leader, leader, command_ != nullptr && command_->filtered());
  state_.process_maps.exec(leader);
  machine_.forget_mappings(leader);
  if (functions_.wanted()) functions_.on_exec(*tracee);
  run_hooks(*tracee, plan_.exec(), [&](const Hook& hook) {
    if (!hook.reads_values) return;
    record_.put("filename", executed_file(leader));
    record_.put("pid", leader);
    record_.put("old_pid", former);
  });
  resume(*tracee);
}

bool TraceLoop::last_of_process(const Tracee& tracee) const {
  return std::ranges::none_of(tracees_, [&](const auto& entry) {
    const Tracee& other = entry.second;
    return other.tgid == tracee.tgid && other.tid != tracee.tid && !other.exit_seen;
  });
}

void TraceLoop::on_exit(Tracee& tracee) {
  tracee.exit_seen = true;
  const bool last = last_of_process(tracee);
  run_hooks(tracee, plan_.thread_exit(), [&](const Hook& hook) {
    if (!hook.reads_values) return;
    constexpr size_t kPriorityField = 18;     // of /proc/TID/stat
    constexpr int64_t kRealtimeLevels = 100;  // MAX_RT_PRIO: the file shows the kernel's prio less that
    std::array<char, 16> name;
    read_comm(tracee, false, name);
    record_.put("comm", std::string_view(name.data()));
    record_.put("pid", tracee.tid);
    record_.put("prio", read_stat_field(tracee.tid, kPriorityField).value_or(0) + kRealtimeLevels);
    record_.put("group_dead", last ? 1 : 0);
  });
  if (last) {
    state_.process_maps.exited(tracee.tgid);
    machine_.forget_mappings(tracee.tgid);
  }
  resume(tracee);
}

void TraceLoop::on_signal(Tracee& tracee, int signal) {
  if (functions_.wanted()) {
    if (signal == SIGTRAP && on_trap(tracee)) return resume(tracee);
    functions_.before_signal(tracee);
  }
  if (!plan_.signal().empty()) {
    // Only the tracer's presence brought it here: it is dropped as the kernel would have done, so that the tracepoint
    // does not fire for others who watch (compare --together) either.
    if (would_be_dropped(tracee.tid, signal)) return resume(tracee);
    siginfo_t info{};
    ptrace(PTRACE_GETSIGINFO, tracee.tid, nullptr, &info);
    run_hooks(tracee, plan_.signal(), [&](const Hook&) {
      record_.put("sig", signal);
      record_.put("errno", info.si_errno);
      record_.put("code", info.si_code);
    });
  }
  resume(tracee, signal);
}

}  // namespace polytap
