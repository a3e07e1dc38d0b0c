#include "backends/ptrace/trace_loop.h"

#include <fmt/format.h>
#include <linux/audit.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "backends/ptrace/proc_entries.h"

namespace polytap {
namespace {

// mmap or mprotect (with or without key) with PROT_EXEC, the third argument of all of them.
bool may_map_code(const __ptrace_syscall_info& info) {
  const uint64_t number = info.entry.nr;
  if (info.arch != AUDIT_ARCH_X86_64) return false;
  return (number == SYS_mmap || number == SYS_mprotect || number == SYS_pkey_mprotect) &&
         (info.entry.args[2] & PROT_EXEC) != 0;
}

}  // namespace

TraceLoop::TraceLoop(SessionState& state, const StopPlan& plan, LaunchedCommand* command, int wake_signal)
    : state_(state),
      plan_(plan),
      command_(command),
      interpreter_(state.program),
      machine_(state),
      delays_(wake_signal),
      functions_(plan.functions(), state.missed, ends_) {}

TraceLoop::End TraceLoop::run(const std::atomic<bool>& stop) {
  while (!stop && !machine_.exited()) {
    while (!ends_.empty()) {
      const auto [ended, how] = ends_.back();
      ends_.pop_back();
      handle(ended, how);
    }
    while (const auto due = delays_.take_due()) {
      if (const Tracee* tracee = find(due->tid)) go_on(*tracee, due->signal);
    }
    int status = 0;
    pid_t tid = 0;
    if (!early_.empty()) {
      tid = wait_for_any(&status, WNOHANG);
      if (tid == 0) take_orphans();
    }
    if (tid == 0) tid = wait_for_any(&status, 0);
    if (tid > 0) {
      handle(tid, status);
    } else if (errno == ECHILD) {
      return End::kAllGone;
    }
  }
  for (const auto& due : delays_.take_all()) {
    if (const Tracee* tracee = find(due.tid)) go_on(*tracee, due.signal);
  }
  withdraw();
  return End::kAskedTo;
}

Tracee* TraceLoop::find(pid_t tid) {
  if (last_ != nullptr && last_->tid == tid) return last_;
  auto found = tracees_.find(tid);
  if (found == tracees_.end()) return nullptr;
  return last_ = &found->second;
}

Tracee& TraceLoop::add(pid_t tgid, pid_t tid, bool filtered) {
  Tracee& tracee = tracees_[tid];
  tracee.tid = tid;
  tracee.tgid = tgid;
  tracee.filtered = filtered;
  return tracee;
}

void TraceLoop::resume(Tracee& tracee, int signal) {
  const uint64_t delay = std::exchange(tracee.delay_ns, 0);
  if (delay == 0) return go_on(tracee, signal);
  consume_stop(tracee.tid);
  delays_.add({tracee.tid, signal}, delay);
}

// Errors are not looked at: SIGKILL ends any stop at any time, and then there is an exit status to come.
void TraceLoop::go_on(const Tracee& tracee, int signal) {
  const bool to_next_call = tracee.filtered ? tracee.in_call : plan_.asks_calls() || watches_calls(tracee);
  ptrace(to_next_call ? PTRACE_SYSCALL : PTRACE_CONT, tracee.tid, nullptr, signal);
}

void TraceLoop::handle(pid_t tid, int status) {
  const Stop stop = decode_stop(status);
  // Nothing but SIGKILL ends a delay early.
  if (!delays_.empty()) delays_.cancel(tid);
  if (stop.kind == Stop::Kind::kGone) return gone(tid, status);
  placement_.on_stop(tid);
  // The old state of an executing thread is in the way: it comes back with its leader's id.
  if (stop.kind == Stop::Kind::kExec) {
    // Kernels from 5.13 on answer no request at an exec by a thread that is not the leader before it was waited for.
    consume_stop(tid);
    return on_exec(tid);
  }
  Tracee* tracee = find(tid);
  if (tracee == nullptr) {
    consume_stop(tid);
    if (stop.kind == Stop::Kind::kExit) {
      // Killed while it was held. Its maker may be the leader of its process, killed with it before the event: that one
      // cannot end before this one has, so it must not wait for it.
      early_.erase(tid);
      ptrace(PTRACE_CONT, tid, nullptr, nullptr);
      return;
    }
    // Held until its maker's event tells who it is, so that no event of the child comes before the fork.
    early_.insert_or_assign(tid, status);
    return;
  }
  handle_stop(*tracee, stop);
}

void TraceLoop::handle_stop(Tracee& tracee, const Stop& stop) {
  if (tracee.unsettled) {
    tracee.unsettled = false;
    unsettled_--;
    if (functions_.wanted()) settled(tracee, stop);
  }
  switch (stop.kind) {
    case Stop::Kind::kSeccomp:
      return on_seccomp(tracee);
    case Stop::Kind::kSyscall:
      return on_syscall(tracee);
    case Stop::Kind::kSignal:
      return on_signal(tracee, stop.signal);
    case Stop::Kind::kGroupStop:
      // Stays stopped, but hears of SIGCONT.
      ptrace(PTRACE_LISTEN, tracee.tid, nullptr, nullptr);
      return;
    case Stop::Kind::kInterrupt:
      if (std::exchange(tracee.fresh, false)) {
        leave_first_call(tracee);
        // Its maker was attached, and not yet set up.
        if (functions_.wanted() && tracee.breakpoints == nullptr && tracee.tid == tracee.tgid) set_up_functions(tracee);
      }
      return resume(tracee);
    case Stop::Kind::kFork:
      return on_fork(tracee);
    case Stop::Kind::kExit:
      return on_exit(tracee);
    case Stop::Kind::kExec:
    case Stop::Kind::kGone:
    case Stop::Kind::kOther:
      return resume(tracee);
  }
}

void TraceLoop::gone(pid_t tid, int status) {
  if (command_ != nullptr && tid == command_->pid()) command_->set_exit_status(status);
  if (Tracee* tracee = find(tid)) {
    // SIGKILL can pass over the exit event.
    if (!tracee->exit_seen) on_exit(*tracee);
    if (tracee->unsettled) unsettled_--;
    if (tracee->unsettled && functions_.wanted()) settled_by_end(*tracee);
    machine_.release_comm(*tracee);
    last_ = nullptr;
    tracees_.erase(tid);
  } else {
    gone_early_.insert(tid);
  }
  early_.erase(tid);
  // A maker that was killed before its event leaves new threads waiting for it.
  take_all_early();
}

void TraceLoop::take_early(pid_t tid) {
  auto found = early_.find(tid);
  if (found == early_.end()) return;
  const int status = found->second;
  early_.erase(found);
  handle(tid, status);
}

void TraceLoop::take_all_early() {
  while (!early_.empty()) adopt(early_.begin()->first);
}

void TraceLoop::adopt(pid_t tid) {
  const auto tgid = static_cast<pid_t>(read_status_value(tid, "Tgid").value_or(static_cast<uint64_t>(tid)));
  // Only with a command are there filters, which children inherit; attached processes have children without.
  const Tracee* leader = find(tgid);
  Tracee& tracee = add(tgid, tid, leader != nullptr ? leader->filtered : command_ != nullptr && command_->filtered());
  tracee.fresh = true;
  take_early(tid);
}

void TraceLoop::take_orphans() {
  std::vector<pid_t> orphans;
  for (const auto& [tid, status] : early_) {
    // A thread's maker is of its process; a process's maker is its parent, until that ends.
    const auto tgid = read_status_value(tid, "Tgid");
    const auto maker = tgid == static_cast<uint64_t>(tid) ? read_status_value(tid, "PPid") : tgid;
    if (!maker || find(static_cast<pid_t>(*maker)) == nullptr) orphans.push_back(tid);
  }
  for (const pid_t tid : orphans) adopt(tid);
}

void TraceLoop::run_hooks(Tracee& tracee, const HookList& list, const std::function<void(const Hook&)>& fill) {
  for (const Hook& hook : list.hooks) {
    record_.begin(state_.program.sites[hook.site], tracee.tid);
    fill(hook);
    std::lock_guard lock(state_.run_mutex);
    if (!state_.counting) return;
    state_.events.fetch_add(1, std::memory_order_relaxed);
    machine_.place(&tracee, hook.site, record_.bytes());
    interpreter_.run(state_.program.functions[hook.function], machine_);
    if (machine_.exited()) return;
  }
}

// --- system calls

void TraceLoop::on_seccomp(Tracee& tracee) {
  tracee.number = plan_.only_call();
  tracee.foreign_call = false;  // the filter lets other architectures pass
  SyscallInfo info{};
  const bool need_info =
      tracee.number < 0 || plan_.enter(tracee.number).reads_values || plan_.exit(tracee.number).decodes;
  if (need_info && ptrace(PTRACE_GET_SYSCALL_INFO, tracee.tid, sizeof info, &info) <= 0) return resume(tracee);
  enter_call(tracee, need_info ? &info : nullptr);
  tracee.in_call = !plan_.exit(tracee.number).empty();
  resume(tracee);
}

void TraceLoop::on_syscall(Tracee& tracee) {
  // Under the filter only the ends of calls stop this way.
  const bool leaving = tracee.filtered || (tracee.call_known && tracee.in_call);
  SyscallInfo info{};
  bool have_info = false;
  if (!leaving || plan_.exit(tracee.number).reads_values) {
    if (ptrace(PTRACE_GET_SYSCALL_INFO, tracee.tid, sizeof info, &info) <= 0) return resume(tracee);
    have_info = true;
  }
  const bool really_leaving = have_info ? info.op == PTRACE_SYSCALL_INFO_EXIT : leaving;
  if (really_leaving) {
    if (!tracee.in_call) {  // it was in the call when it was attached
      tracee.number = call_in_progress(tracee);
      tracee.foreign_call = have_info && info.arch != AUDIT_ARCH_X86_64;
    }
    tracee.in_call = false;
    leave_call(tracee, have_info ? &info : nullptr);
    if (std::exchange(tracee.maps_code, false) || tracee.new_image) mapped(tracee);
  } else {
    tracee.foreign_call = info.arch != AUDIT_ARCH_X86_64;
    enter_call(tracee, &info);
    tracee.in_call = true;
    tracee.maps_code = watches_calls(tracee) && may_map_code(info);
  }
  tracee.call_known = true;
  resume(tracee);
}

void TraceLoop::enter_call(Tracee& tracee, const SyscallInfo* info) {
  // The entry and the seccomp member begin alike.
  if (info != nullptr) tracee.number = static_cast<int64_t>(info->entry.nr);
  if (tracee.foreign_call) return;
  if (info != nullptr && plan_.decodes(tracee.number)) begin_line(tracee, *info);
  run_hooks(tracee, plan_.enter(tracee.number), [&](const Hook& hook) {
    if (hook.raw) {
      record_.put("id", tracee.number);
      if (info != nullptr) record_.put_words("args", info->entry.args);
    } else {
      record_.put_syscall_number(tracee.number);
      if (info != nullptr) record_.put_syscall_words(info->entry.args);
    }
  });
}

void TraceLoop::leave_call(Tracee& tracee, const SyscallInfo* info) {
  constexpr int64_t kSigreturn = 15;
  // The registers that sigreturn brings back say that no call is in progress: the kernel's sys_exit_rt_sigreturn never
  // fires, and raw_syscalls:sys_exit sees the number -1.
  if (tracee.number == kSigreturn) tracee.number = -1;
  if (tracee.foreign_call) return;
  if (info != nullptr && plan_.exit(tracee.number).decodes) end_line(tracee, *info);
  run_hooks(tracee, plan_.exit(tracee.number), [&](const Hook& hook) {
    if (hook.raw) {
      record_.put("id", tracee.number);
      if (info != nullptr) record_.put("ret", info->exit.rval);
    } else {
      record_.put_syscall_number(tracee.number);
      const auto result = info != nullptr ? static_cast<uint64_t>(info->exit.rval) : 0;
      record_.put_syscall_words({&result, 1});
    }
  });
  tracee.line.forget();
}

void TraceLoop::begin_line(Tracee& tracee, const SyscallInfo& info) {
  CallValues call;
  call.number = static_cast<uint64_t>(tracee.number);
  std::ranges::copy(info.entry.args, call.arguments.begin());
  tracee.line.begin(call, tracee.tid, info.stack_pointer);
  if (plan_.exit(tracee.number).decodes) machine_.keep_entry(tracee);
}

// The registers still hold the arguments of a call whose entry was not seen: it was in progress when the thread was
// attached, or made the thread.
void TraceLoop::end_line(Tracee& tracee, const SyscallInfo& info) {
  user_regs_struct registers{};
  if (!tracee.line.is_begun() && ptrace(PTRACE_GETREGS, tracee.tid, nullptr, &registers) == 0) {
    SyscallInfo entry{};
    const uint64_t words[] = {registers.rdi, registers.rsi, registers.rdx, registers.r10, registers.r8, registers.r9};
    std::ranges::copy(words, entry.entry.args);
    entry.stack_pointer = registers.rsp;
    begin_line(tracee, entry);
  }
  tracee.line.end(info.exit.rval, info.exit.is_error != 0);
}

// A new thread or process leaves the fork or clone that made it too, with 0; ptrace reports no stop for that, because
// the first stop of a new tracee comes behind it.
void TraceLoop::leave_first_call(Tracee& tracee) {
  if (!plan_.asks_call_exits()) return;
  tracee.number = call_in_progress(tracee);
  SyscallInfo zero{};
  leave_call(tracee, &zero);
}

int64_t TraceLoop::call_in_progress(const Tracee& tracee) const {
  user_regs_struct registers{};
  if (ptrace(PTRACE_GETREGS, tracee.tid, nullptr, &registers) != 0) return -1;
  return static_cast<int64_t>(registers.orig_rax);
}

}  // namespace polytap
