#include "backends/ptrace/syscall_tracer.h"

#include <elf.h>
#include <fmt/format.h>
#include <linux/audit.h>
#include <linux/unistd.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <utility>

#include "backends/ptrace/interruption.h"
#include "backends/ptrace/proc_entries.h"
#include "backends/ptrace/syscall_launch.h"
#include "backends/ptrace/syscall_trace_backend.h"
#include "backends/ptrace/task_making.h"
#include "core/base/clock.h"

namespace polytap {
namespace {

Error cannot_attach(pid_t pid, int error) {
  return Error(fmt::format("attach: ptrace(PTRACE_SEIZE, {}): {}", pid, strerror(error)), error);
}

uint64_t to_ns(const timeval& time) {
  return static_cast<uint64_t>(time.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(time.tv_usec) * 1000;
}

constexpr int64_t kFirstRestart = -516;  // ERESTART_RESTARTBLOCK, include/linux/errno.h
constexpr int64_t kLastRestart = -512;   // ERESTARTSYS
constexpr uint64_t kNsPerUs = 1'000;
constexpr uint64_t kKilledAfterNs = 2'000'000'000;
// The number that the kernel carries out (or, with -1, does not), and what it returns.
void poke_user_register(pid_t tid, size_t offset, uint64_t value) { ptrace(PTRACE_POKEUSER, tid, offset, value); }

void poke_memory(pid_t tid, const std::vector<MemoryPoke>& pokes, const CallValues& call) {
  for (const MemoryPoke& poke : pokes) LiveMemory(tid).write(call.arguments[poke.argument], poke.bytes);
}

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
  if (options_.kill_on_exit) trace_options |= PTRACE_O_EXITKILL;
  if (options_.filter) trace_options |= PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL;
  if (options_.filter && options_.buffer) {
    // Without it there is a stop for each call, as ever.
    if (auto buffers = BufferedCalls::create(options_, observer_)) buffers_ = std::move(buffers).value();
  }
  if (!options_.command.empty()) {
    ASSIGN_OR_RETURN(const Launched launched, launch_waiting(options_));
    command_ = launched.pid;
    const UniqueFd gate(launched.gate);
    if (ptrace(PTRACE_SEIZE, command_, nullptr, trace_options) != 0) {
      const int error = errno;
      // The gate closes without having been opened: the process ends.
      return cannot_attach(command_, error);
    }
    Task& task = add(command_, command_);
    task.hidden = true;
    task.filtered = options_.filter;
    if (options_.daemonize != 0) observer_.on_attached(command_, command_, 0);
    if (buffers_ != nullptr) buffers_->on_new(task.buffered, std::make_shared<CallSites>());
    // A seized process stops at no call before it has stopped once.
    ptrace(PTRACE_INTERRUPT, command_, nullptr, nullptr);
    if (write(gate.get(), "", 1) != 1) return Error::from_errno("cannot start the command");
  }
  Status failed;
  for (const pid_t pid : options_.pids) {
    if (!failed.ok()) observer_.on_problem(failed.error().message());
    failed = attach_process(pid);
  }
  // There are others to trace.
  if (!failed.ok() && !tasks_.empty()) observer_.on_problem(failed.error().message());
  return tasks_.empty() ? std::move(failed) : Status();
}

Status SyscallTracer::attach_process(pid_t pid) {
  unsigned long trace_options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT;
  if (options_.follow) trace_options |= PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK;
  if (options_.kill_on_exit) trace_options |= PTRACE_O_EXITKILL;
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
  task.tid = task.buffered.tid = tid;
  task.tgid = task.buffered.tgid = tgid;
  return task;
}

SyscallTracer::Task* SyscallTracer::find(pid_t tid) {
  if (last_ != nullptr && last_->tid == tid) return last_;
  const auto found = tasks_.find(tid);
  return found != tasks_.end() ? last_ = &found->second : nullptr;
}

bool SyscallTracer::next_event(Event& event) {
  if (!deferred_.empty()) {
    event = deferred_.front();
    deferred_.pop_front();
    return true;
  }
  rusage* usage = options_.cpu_times ? &event.usage : nullptr;
  event.tid = observer_.is_pending() ? wait4(-1, &event.status, __WALL | WNOHANG, usage) : 0;
  if (event.tid == 0) {
    observer_.on_idle();
    event.tid = wait4(-1, &event.status, __WALL, usage);
  }
  return event.tid > 0;
}

void SyscallTracer::on_interruption(int signal) {
  if (command_ != 0 && find(command_) != nullptr) kill(command_, signal);
  // Under a filter nobody can live without a tracer.
  if (options_.filter) {
    last_chance_ns_ = clock_ns(CLOCK_MONOTONIC) + kKilledAfterNs;
  } else {
    detach_all();
  }
}

Result<int> SyscallTracer::run() {
  const Interruption interruption(options_.ignore_signals);
  while (!tasks_.empty()) {
    if (interruption.signal() != 0 && last_chance_ns_ == 0) {
      on_interruption(interruption.signal());
      if (last_chance_ns_ == 0) return interruption.signal();
    }
    if (observer_.is_done()) {
      detach_all();
      break;
    }
    resume_delayed();
    if (last_chance_ns_ != 0 && clock_ns(CLOCK_MONOTONIC) > last_chance_ns_) break;
    if (buffers_ != nullptr && buffers_->is_active() && !std::exchange(ticking_, true)) interruption.tick();
    Event event;
    if (next_event(event)) {
      handle(event.tid, event.status, event.usage);
    } else if (errno == ECHILD) {
      break;
    } else if (buffers_ != nullptr) {
      buffers_->report();
      buffers_->report_begun();
    }
  }
  return command_status_;
}

void SyscallTracer::resume(Task& task, int signal) {
  const uint64_t delay = std::exchange(task.delay_ns, 0);
  if (delay != 0) return delays_.add({task.tid, signal}, delay);
  go_on(task, signal);
}

void SyscallTracer::resume_delayed() {
  while (const auto due = delays_.take_due()) {
    if (const Task* task = find(due->tid)) go_on(*task, due->signal);
  }
}

void SyscallTracer::go_on(const Task& task, int signal) {
  const bool to_next_call = !task.filtered || task.in_call || task.own_filter;
  // Errors are not looked at: SIGKILL ends any stop at any time, and then there is a wait status to come.
  ptrace(to_next_call ? PTRACE_SYSCALL : PTRACE_CONT, task.tid, nullptr, signal);
}

void SyscallTracer::handle(pid_t tid, int status, const rusage& usage) {
  const Stop stop = decode_stop(status);
  // Nothing but SIGKILL ends a delay early.
  if (!delays_.empty()) delays_.cancel(tid);
  // What threads wrote down before this event comes before it.
  if (buffers_ != nullptr) buffers_->report();
  if (stop.kind == Stop::Kind::kExec) return on_exec(tid);
  Task* task = find(tid);
  if (task != nullptr && buffers_ != nullptr && stop.kind != Stop::Kind::kGone) buffers_->rewind(task->buffered);
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
    case Stop::Kind::kFork:
      return on_fork(*task);
    case Stop::Kind::kExit:
      return on_exiting(*task);
    default:
      task->attached = false;
      task->interrupt_pending = false;
      return resume(*task);
  }
}

void SyscallTracer::on_exiting(Task& task) {
  const pid_t tid = task.tid;
  show_interrupted_exit(task);
  if (buffers_ != nullptr) buffers_->report_unfinished(task.buffered);
  if (!task.hidden) observer_.on_exiting(tid);
  task.in_call = false;
  task.exiting = true;
  if (!held_.empty()) release_held_of(task);
  resume(*find(tid));
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
  if (buffers_ != nullptr && task.buffered.sites->attached) {
    stop.instruction_pointer = BufferedCalls::program_address(task.buffered, stop.instruction_pointer);
  }
  if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
    stop.call.result = info.exit.rval;
    stop.call.failed = info.exit.is_error != 0;
    on_exit(task, stop);
    if (buffers_ != nullptr && !consider_buffering(task, info.instruction_pointer)) return;
  } else if (info.op == PTRACE_SYSCALL_INFO_SECCOMP && task.in_call) {
    // Its entry was seen already.
  } else if (info.op == PTRACE_SYSCALL_INFO_ENTRY || info.op == PTRACE_SYSCALL_INFO_SECCOMP) {
    // entry and seccomp begin alike.
    stop.call.number = info.entry.nr;
    for (size_t i = 0; i < stop.call.arguments.size(); i++) stop.call.arguments[i] = info.entry.args[i];
    on_entry(task, stop);
    const int signal = task.in_call ? task.tampering.signal : 0;
    const bool at_filter = info.op == PTRACE_SYSCALL_INFO_SECCOMP;
    // There the kernel takes none from the tracer.
    if (signal != 0 && at_filter) syscall(SYS_tgkill, task.tgid, task.tid, signal);
    return resume(task, at_filter ? 0 : signal);
  }
  resume(task);
}

void SyscallTracer::on_entry(Task& task, CallStop& stop) {
  if (task.hidden) {
    if (stop.call.number != __NR_execve) return;
    task.hidden = false;
    stop.is_startup = true;
  }
  task.in_call = true;
  task.buffered.entry_shown = false;
  // Some are made again by restart_syscall().
  const bool again =
      task.interrupted_exit && (stop.call.number == __NR_restart_syscall ||
                                (task.call.number == stop.call.number && task.call.arguments == stop.call.arguments));
  if (again) {
    task.interrupted_exit.reset();
    return;
  }
  show_interrupted_exit(task);
  task.call = stop.call;
  task.stack_pointer = stop.stack_pointer;
  task.tampering = observer_.on_entry(stop);
  task.delay_ns = task.tampering.delay_enter_us * kNsPerUs;
  poke_memory(task.tid, task.tampering.poke_enter, stop.call);
  if (task.tampering.number) {
    poke_user_register(task.tid, offsetof(user_regs_struct, orig_rax), *task.tampering.number);
  }
  if (task.tampering.result) poke_user_register(task.tid, offsetof(user_regs_struct, orig_rax), UINT64_MAX);
}

void SyscallTracer::on_exit(Task& task, CallStop& stop) {
  if (!task.in_call) return;
  task.in_call = false;
  const CallValues entry = task.call;
  stop.call.number = entry.number;
  stop.call.arguments = entry.arguments;
  stop.stack_pointer = task.stack_pointer;
  const bool is_restart = stop.call.result >= kFirstRestart && stop.call.result <= kLastRestart;
  if (task.interrupt_pending && stop.call.failed && is_restart && !task.tampering.result) {
    task.interrupted_exit = stop;
    return;
  }
  if (task.tampering.result) {
    poke_user_register(task.tid, offsetof(user_regs_struct, rax), static_cast<uint64_t>(*task.tampering.result));
    stop.call.result = *task.tampering.result;
    constexpr int64_t kMaxErrno = 4095;
    stop.call.failed = stop.call.result < 0 && stop.call.result >= -kMaxErrno;
  }
  if (!stop.call.failed) poke_memory(task.tid, task.tampering.poke_exit, stop.call);
  task.delay_ns = task.tampering.delay_exit_us * kNsPerUs;
  observer_.on_exit(stop);
  if (options_.filter && !stop.call.failed) note_own_filter(task, stop);
}

// A filter of the program may answer a call before ours sees it: from now on each call stops as without ours.
void SyscallTracer::note_own_filter(Task& task, const CallStop& stop) {
  constexpr uint64_t kSetSeccomp = 22;         // PR_SET_SECCOMP
  constexpr uint64_t kLastMode = 1;            // SECCOMP_SET_MODE_FILTER
  constexpr uint64_t kSynchronizeThreads = 1;  // SECCOMP_FILTER_FLAG_TSYNC
  const auto& arguments = stop.call.arguments;
  const bool by_seccomp = stop.call.number == __NR_seccomp && arguments[0] <= kLastMode;
  if (!by_seccomp && !(stop.call.number == __NR_prctl && arguments[0] == kSetSeccomp)) return;
  const bool all_threads = by_seccomp && (arguments[1] & kSynchronizeThreads) != 0;
  for (auto& [tid, other] : tasks_) {
    if (tid != task.tid && !(all_threads && other.tgid == task.tgid)) continue;
    other.own_filter = true;
    // Threads that run are not touched: they go on as they are.
    if (tid == task.tid && buffers_ != nullptr) buffers_->retire(other.buffered);
  }
}

// No other thread that shares TASK's memory is about to execute what lies around the call before INSTRUCTION_POINTER:
// those that are in a call come by at its end, the others are stopped, and go on when their stops are handled.
bool SyscallTracer::stop_others(Task& task, uint64_t instruction_pointer) {
  constexpr size_t kMost = 32;
  std::vector<pid_t> running;
  for (auto& [tid, other] : tasks_) {
    if (tid == task.tid || other.exiting || other.buffered.sites != task.buffered.sites) continue;
    // Which calls let go by are in progress is not known; nor which memory a child that is just being made has got.
    if (!options_.filtered_calls.empty() || (other.in_call && makes_task(other.call.number))) return false;
    if (delays_.contains(tid)) return false;
    if (!other.in_call) running.push_back(tid);
  }
  if (running.size() > kMost) return false;
  bool clear = true;
  for (const pid_t tid : running) {
    if (std::ranges::any_of(deferred_, [&](const Event& event) { return event.tid == tid; })) return false;
    if (ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr) != 0) return false;
    Event event;
    event.tid = tid;
    while (wait4(tid, &event.status, __WALL, &event.usage) < 0) {
      if (errno != EINTR) return false;
    }
    deferred_.push_back(event);
    tasks_[tid].interrupt_pending =
        WIFSTOPPED(event.status) && decode_stop(event.status).kind != Stop::Kind::kInterrupt;
    if (!WIFSTOPPED(event.status)) continue;
    const long at = ptrace(PTRACE_PEEKUSER, tid, offsetof(user_regs_struct, rip), nullptr);
    const uint64_t distance = static_cast<uint64_t>(at) - (instruction_pointer - 2);
    if (distance > 0 && distance < CallSites::kSiteBytes) clear = false;
  }
  return clear;
}

bool SyscallTracer::consider_buffering(Task& task, uint64_t instruction_pointer) {
  BufferedThread& thread = task.buffered;
  if (thread.sites == nullptr) return true;
  CallSites& sites = *thread.sites;
  if (sites.attached) {
    buffers_->equip(thread);
    if (BufferedCalls::leave_patched_site(thread, instruction_pointer)) return true;
    if (sites.around(instruction_pointer) != nullptr) return true;  // a patched site's slow way
  }
  // It is made again, and that is to be seen.
  if (task.interrupted_exit) return true;
  if (thread.retired || task.hidden || !buffers_->can_buffer(task.call.number)) return true;
  if (!sites.is_hot(instruction_pointer) || !stop_others(task, instruction_pointer)) return true;
  if (!sites.attached) {
    if (const auto end = buffers_->attach(thread)) {
      deferred_.push_back({task.tid, *end, {}});
      return false;
    }
    if (!sites.attached) return true;
  }
  if (sites.patch(task.tid, instruction_pointer) != nullptr) {
    BufferedCalls::leave_patched_site(thread, instruction_pointer);
  }
  return true;
}

void SyscallTracer::show_interrupted_exit(Task& task) {
  if (const auto exit = std::exchange(task.interrupted_exit, std::nullopt)) observer_.on_exit(*exit);
}

void SyscallTracer::on_signal(Task& task, int signal) {
  show_interrupted_exit(task);
  siginfo_t info{};
  if (!task.hidden && ptrace(PTRACE_GETSIGINFO, task.tid, nullptr, &info) == 0) {
    if (buffers_ != nullptr && !buffers_->before_signal(task.buffered, info)) return resume(task);
    observer_.on_signal(task.tid, info);
  }
  resume(task, signal);
}

void SyscallTracer::on_exec(pid_t leader) {
  unsigned long message = 0;
  if (ptrace(PTRACE_GETEVENTMSG, leader, nullptr, &message) != 0) message = static_cast<unsigned long>(leader);
  const auto former = static_cast<pid_t>(message);
  last_ = nullptr;
  if (former != leader) {
    // The leader that was is gone without a word; the thread goes on under its id.
    if (Task* gone = find(leader)) drop(*gone);
    last_ = nullptr;
    if (auto executing = tasks_.extract(former)) {
      executing.key() = leader;
      executing.mapped().tid = executing.mapped().buffered.tid = leader;
      tasks_.insert(std::move(executing));
    }
  }
  Task* task = find(leader);
  if (task == nullptr) task = &add(leader, leader);
  if (buffers_ != nullptr) buffers_->on_exec(task->buffered);
  if (!task->hidden) observer_.on_exec(leader, former);
  // The command's own execve may have passed the filter unseen.
  const bool is_first = leader == command_ && !std::exchange(command_runs_, true);
  task->hidden = false;
  if (options_.detach_on_exec && !is_first) {
    ptrace(PTRACE_DETACH, leader, nullptr, 0);
    observer_.on_detached(leader);
    return drop(*task);
  }
  resume(*task);
}

void SyscallTracer::on_gone(Task& task, int status) {
  const pid_t tid = task.tid;
  const bool hidden = task.hidden;
  drop(task);
  if (tid == command_) command_status_ = status;
  if (!hidden) observer_.on_end(tid, status);
  if (!held_.empty()) release_orphans();
}

void SyscallTracer::drop(Task& task) {
  if (buffers_ != nullptr) buffers_->on_end(task.buffered);
  last_ = nullptr;
  tasks_.erase(task.tid);
}

}  // namespace polytap
