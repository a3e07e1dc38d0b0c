#include "backends/ptrace/syscall_tracer.h"

#include <elf.h>
#include <fmt/format.h>
#include <linux/audit.h>
#include <linux/unistd.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <utility>

#include "backends/ptrace/interruption.h"
#include "backends/ptrace/proc_entries.h"
#include "backends/ptrace/syscall_launch.h"
#include "backends/ptrace/syscall_trace_backend.h"
#include "core/base/clock.h"

namespace polytap {
namespace {

Error cannot_attach(pid_t pid, int error) {
  return Error(fmt::format("attach: ptrace(PTRACE_SEIZE, {}): {}", pid, strerror(error)), error);
}

uint64_t to_ns(const timeval& time) {
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_usec) * 1000;
}

void pause_us(uint64_t microseconds) {
  if (microseconds == 0) return;
  const timespec time{static_cast<time_t>(microseconds / 1'000'000),
                      static_cast<long>(microseconds % 1'000'000 * 1000)};
  nanosleep(&time, nullptr);
}

// The number that the kernel carries out (or, with -1, does not), and what it returns.
void poke_user_register(pid_t tid, size_t offset, uint64_t value) { ptrace(PTRACE_POKEUSER, tid, offset, value); }

}  // namespace

std::unique_ptr<CallTracer> make_ptrace_call_tracer(CallTraceOptions options, CallObserver& observer) {
  return std::make_unique<SyscallTracer>(std::move(options), observer);
}

SyscallTracer::SyscallTracer(CallTraceOptions options, CallObserver& observer)
    : options_(std::move(options)), observer_(observer) {}

SyscallTracer::~SyscallTracer() { detach_all(); }

Status SyscallTracer::start() {
  unsigned long trace_options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT;
  if (options_.follow) trace_options |= PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
  // Without its tracer a filtered process would find its calls failing with ENOSYS.
  if (!options_.filtered_calls.empty()) trace_options |= PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL;
  if (!options_.command.empty()) {
    ASSIGN_OR_RETURN(command_, launch_stopped(options_));
    if (ptrace(PTRACE_SEIZE, command_, nullptr, trace_options) != 0) {
      const int error = errno;
      kill(command_, SIGKILL);
      waitpid(command_, nullptr, 0);
      return cannot_attach(command_, error);
    }
    Task& task = add(command_, command_);
    task.hidden = true;
    task.filtered = !options_.filtered_calls.empty();
    kill(command_, SIGCONT);
  }
  for (const pid_t pid : options_.pids) TRY(attach_process(pid));
  return {};
}

Status SyscallTracer::attach_process(pid_t pid) {
  unsigned long trace_options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT;
  if (options_.follow) trace_options |= PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
  if (ptrace(PTRACE_SEIZE, pid, nullptr, trace_options) != 0) return cannot_attach(pid, errno);
  ptrace(PTRACE_INTERRUPT, pid, nullptr, nullptr);
  const pid_t tgid = static_cast<pid_t>(read_status_value(pid, "Tgid").value_or(static_cast<uint64_t>(pid)));
  add(pid, tgid).attached = true;
  observer_.on_attached(pid, tgid, 0);
  if (!options_.follow) return {};
  // Threads made meanwhile by those that are not attached yet: look until nobody is new.
  for (bool found_new = true; std::exchange(found_new, false);) {
    for (const pid_t tid : threads_of(pid)) {
      if (find(tid) != nullptr || ptrace(PTRACE_SEIZE, tid, nullptr, trace_options) != 0) continue;
      ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr);
      add(tid, tgid).attached = true;
      observer_.on_attached(tid, tgid, 0);
      found_new = true;
    }
  }
  return {};
}

SyscallTracer::Task& SyscallTracer::add(pid_t tid, pid_t tgid) {
  Task& task = tasks_[tid];
  task.tid = tid;
  task.tgid = tgid;
  return task;
}

SyscallTracer::Task* SyscallTracer::find(pid_t tid) {
  if (last_ != nullptr && last_->tid == tid) return last_;
  const auto found = tasks_.find(tid);
  return found != tasks_.end() ? last_ = &found->second : nullptr;
}

Result<int> SyscallTracer::run() {
  const Interruption interruption;
  while (!tasks_.empty()) {
    if (interruption.signal() != 0) {
      const int signal = interruption.signal();
      if (command_ != 0 && find(command_) != nullptr) kill(command_, signal);
      detach_all();
      return signal;
    }
    int status = 0;
    rusage usage{};
    pid_t tid = observer_.is_pending() ? wait4(-1, &status, __WALL | WNOHANG, &usage) : 0;
    if (tid == 0) {
      observer_.on_idle();
      tid = wait4(-1, &status, __WALL, &usage);
    }
    if (tid > 0) {
      handle(tid, status, usage);
    } else if (errno == ECHILD) {
      break;
    }
  }
  return command_status_;
}

void SyscallTracer::resume(const Task& task, int signal) {
  const bool to_next_call = !task.filtered || task.in_call;
  // Errors are not looked at: SIGKILL ends any stop at any time, and then there is a wait status to come.
  ptrace(to_next_call ? PTRACE_SYSCALL : PTRACE_CONT, task.tid, nullptr, signal);
}

void SyscallTracer::handle(pid_t tid, int status, const rusage& usage) {
  const Stop stop = decode_stop(status);
  if (stop.kind == Stop::Kind::kExec) return on_exec(tid);
  Task* task = find(tid);
  if (task == nullptr) return on_unknown(tid, status);
  if (stop.kind != Stop::Kind::kGone) placement_.on_stop(tid);
  switch (stop.kind) {
    case Stop::Kind::kGone:
      return on_gone(*task, status);
    case Stop::Kind::kSyscall:
    case Stop::Kind::kSeccomp:
      return on_call_stop(*task, usage);
    case Stop::Kind::kSignal:
      return on_signal(*task, stop.signal);
    case Stop::Kind::kGroupStop:
      if (!task->hidden && !std::exchange(task->attached, false)) observer_.on_stopped(tid, stop.signal);
      ptrace(PTRACE_LISTEN, tid, nullptr, nullptr);
      return;
    case Stop::Kind::kFork: {
      unsigned long child = 0;
      if (ptrace(PTRACE_GETEVENTMSG, tid, nullptr, &child) == 0 && find(static_cast<pid_t>(child)) == nullptr) {
        parents_[static_cast<pid_t>(child)] = tid;
      }
      return resume(*find(tid));
    }
    case Stop::Kind::kExit:
      if (!task->hidden) observer_.on_exiting(tid);
      task->in_call = false;
      return resume(*task);
    default:
      task->attached = false;
      return resume(*task);
  }
}

// A child of a tracee, at its first stop; or a child of polytap that is none of our business.
void SyscallTracer::on_unknown(pid_t tid, int status) {
  if (!WIFSTOPPED(status)) return;
  pid_t parent = 0;
  if (auto announced = parents_.extract(tid)) parent = announced.mapped();
  const pid_t tgid = static_cast<pid_t>(read_status_value(tid, "Tgid").value_or(static_cast<uint64_t>(tid)));
  Task& task = add(tid, tgid);
  task.filtered = !options_.filtered_calls.empty();
  observer_.on_attached(tid, tgid, parent != 0 ? parent : tid);
  resume(task);
}

void SyscallTracer::on_call_stop(Task& task, const rusage& usage) {
  __ptrace_syscall_info info{};
  const long size = ptrace(PTRACE_GET_SYSCALL_INFO, task.tid, sizeof info, &info);
  if (size < 0) return resume(task);
  CallStop stop;
  stop.tid = task.tid;
  stop.tgid = task.tgid;
  stop.architecture = info.arch;
  stop.instruction_pointer = info.instruction_pointer;
  stop.stack_pointer = info.stack_pointer;
  stop.time_ns = clock_ns(CLOCK_REALTIME);
  stop.monotonic_ns = clock_ns(CLOCK_MONOTONIC);
  stop.system_ns = to_ns(usage.ru_stime);
  if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
    stop.call.result = info.exit.rval;
    stop.call.failed = info.exit.is_error != 0;
    on_exit(task, stop);
  } else if (info.op == PTRACE_SYSCALL_INFO_ENTRY || info.op == PTRACE_SYSCALL_INFO_SECCOMP) {
    // entry and seccomp begin alike.
    stop.call.number = info.entry.nr;
    for (size_t i = 0; i < stop.call.arguments.size(); i++) stop.call.arguments[i] = info.entry.args[i];
    on_entry(task, stop);
    return resume(task, task.in_call ? task.tampering.signal : 0);
  }
  resume(task);
}

void SyscallTracer::on_entry(Task& task, CallStop& stop) {
  if (task.hidden) {
    if (stop.call.number != __NR_execve) return;
    task.hidden = false;
  }
  task.in_call = true;
  task.call = stop.call;
  task.stack_pointer = stop.stack_pointer;
  task.tampering = observer_.on_entry(stop);
  pause_us(task.tampering.delay_enter_us);
  if (task.tampering.result) poke_user_register(task.tid, offsetof(user_regs_struct, orig_rax), UINT64_MAX);
}

void SyscallTracer::on_exit(Task& task, CallStop& stop) {
  if (!task.in_call) return;
  task.in_call = false;
  const CallValues entry = task.call;
  stop.call.number = entry.number;
  stop.call.arguments = entry.arguments;
  stop.stack_pointer = task.stack_pointer;
  if (task.tampering.result) {
    poke_user_register(task.tid, offsetof(user_regs_struct, rax), static_cast<uint64_t>(*task.tampering.result));
    stop.call.result = *task.tampering.result;
    constexpr int64_t kMaxErrno = 4095;
    stop.call.failed = stop.call.result < 0 && stop.call.result >= -kMaxErrno;
  }
  pause_us(task.tampering.delay_exit_us);
  observer_.on_exit(stop);
}

void SyscallTracer::on_signal(Task& task, int signal) {
  siginfo_t info{};
  if (!task.hidden && ptrace(PTRACE_GETSIGINFO, task.tid, nullptr, &info) == 0) observer_.on_signal(task.tid, info);
  resume(task, signal);
}

void SyscallTracer::on_exec(pid_t leader) {
  unsigned long message = 0;
  if (ptrace(PTRACE_GETEVENTMSG, leader, nullptr, &message) != 0) message = static_cast<unsigned long>(leader);
  const auto former = static_cast<pid_t>(message);
  last_ = nullptr;
  if (former != leader) {
    // The leader that was is gone without a word; the thread goes on under its id.
    tasks_.erase(leader);
    if (auto executing = tasks_.extract(former)) {
      executing.key() = leader;
      executing.mapped().tid = leader;
      tasks_.insert(std::move(executing));
    }
  }
  Task* task = find(leader);
  if (task == nullptr) task = &add(leader, leader);
  if (!task->hidden) observer_.on_exec(leader, former);
  // The command's own execve may have passed the filter unseen.
  task->hidden = false;
  resume(*task);
}

void SyscallTracer::on_gone(Task& task, int status) {
  const pid_t tid = task.tid;
  const bool hidden = task.hidden;
  last_ = nullptr;
  tasks_.erase(tid);
  if (tid == command_) command_status_ = status;
  if (!hidden) observer_.on_end(tid, status);
}

void SyscallTracer::detach_all() {
  // Only from a stop can one detach: each is asked for one.
  for (const auto& [tid, task] : tasks_) ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr);
  last_ = nullptr;
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
    ptrace(PTRACE_DETACH, tid, nullptr, stop.kind == Stop::Kind::kSignal ? stop.signal : 0);
    tasks_.erase(found);
    observer_.on_detached(tid);
  }
  tasks_.clear();
}

}  // namespace polytap
