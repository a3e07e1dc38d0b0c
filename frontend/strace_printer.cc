#include "frontend/strace_printer.h"

#include <fmt/format.h>
#include <linux/audit.h>
#include <linux/unistd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "core/base/clock.h"
#include "core/syscall/call_line.h"
#include "core/syscall/i386.h"
#include "core/syscall/printers.h"
#include "core/syscall/result_notes.h"

namespace polytap {
namespace {

// Whether there is no stack of the caller any more behind a call.
bool ends_image(uint64_t number) {
  return number == __NR_execve || number == __NR_execveat || number == __NR_exit || number == __NR_exit_group;
}
// For terminals (ECMA-48).
constexpr std::string_view kRed = "\033[31m";
constexpr std::string_view kYellow = "\033[33m";
constexpr std::string_view kPlain = "\033[0m";

bool is_restart(int64_t result) { return result <= -512 && result >= -516; }

}  // namespace

StracePrinter::StracePrinter(const StraceOptions& options, std::shared_ptr<StraceOutput> output,
                             std::unique_ptr<StraceStacks> stacks, std::unique_ptr<StraceStacks> injection_stacks)
    : options_(options),
      output_(std::move(output)),
      stacks_(std::move(stacks)),
      calls_(options, std::move(injection_stacks)) {
  using Color = StraceOptions::Color;
  const bool to_terminal = options_.output.empty() && isatty(STDERR_FILENO) != 0 && getenv("NO_COLOR") == nullptr;
  colors_ = options_.color == Color::kAlways || (options_.color == Color::kAuto && to_terminal);
  if (options_.fd_details != 0) {
    // Under a filter not every call is told of; without -f there may be threads that are not traced.
    const bool complete = options_.follow && options_.trace.is_all();
    fds_ = std::make_unique<FdFacts>(options_.fd_details, complete);
  }
}

StracePrinter::Task& StracePrinter::task(pid_t tid) {
  Task& task = tasks_[tid];
  if (task.output != nullptr) return task;
  task.output = output_;
  if (!shares_output()) {
    auto own = StraceOutput::create(fmt::format("{}.{}", options_.output, tid), options_.append);
    if (own.ok()) {
      task.output = std::move(own).value();
    } else {
      complain(own.error().message());
    }
  }
  return task;
}

void StracePrinter::complain(const std::string& text) {
  output_->flush();
  fmt::print(stderr, "strace: {}\n", text);
}

std::string StracePrinter::name_behind(pid_t tid) const {
  if (!options_.decode_comms) return {};
  const std::string name = name_of_process(tid);
  return name.empty() ? name : "<" + name + ">";
}

RenderStyle StracePrinter::style_of(const CallValues& call) const {
  RenderStyle style = calls_.style_of(call);
  style.argument_names = options_.argument_names;
  style.decode_comms = options_.decode_comms;
  return style;
}

std::string StracePrinter::prefix(pid_t tid, uint64_t time_ns, const CallStop* stop) {
  std::string text;
  const bool to_file = !options_.output.empty();
  if (to_file && options_.follow && !options_.output_separately) {
    text = fmt::format("{:<5}{} ", tid, name_behind(tid));
  } else if (options_.always_show_pid && to_file) {
    text = fmt::format("{:<5}{} ", tid, name_behind(tid));
  } else if (!to_file && (tasks_.size() > 1 || options_.always_show_pid)) {
    text = fmt::format("[pid {:5}{}] ", tid, name_behind(tid));
  }
  const bool clocked = options_.clock.kind != TimestampFormat::Kind::kNone;
  if (clocked) text += timestamp_text(time_ns, options_.clock) + " ";
  if (options_.relative_times) {
    uint64_t& last = options_.output_separately ? task(tid).last_ns : last_ns_;
    const uint64_t now = monotonic_ns_ != 0 ? monotonic_ns_ : clock_ns(CLOCK_MONOTONIC);
    const uint64_t elapsed = last != 0 ? now - last : 0;
    last = now;
    // Six places for the seconds.
    const size_t width = options_.relative_digits == 0 ? 6 : 7 + options_.relative_digits;
    const std::string since = fmt::format("{:>{}}", seconds_text(elapsed, options_.relative_digits), width);
    text += clocked ? fmt::format("(+{}) ", since) : since + " ";
  }
  if (options_.call_numbers) text += fmt::format("[{:4}] ", (stop != nullptr ? *stop : task(tid).entry).call.number);
  if (options_.instruction_pointers) {
    text += stop != nullptr ? fmt::format("[{:016x}] ", stop->instruction_pointer) : "[????????????????] ";
  }
  return text;
}

void StracePrinter::cut_line(Task& task) {
  if (task.in_call && !task.interrupted) {
    task.output->text += " <unfinished ...>\n";
    task.interrupted = true;
  }
}

void StracePrinter::begin_line(pid_t tid, Task& task) {
  if (!shares_output()) {
    if (task.column != 0 && task.in_call && !task.interrupted) cut_line(task);
    return;
  }
  if (line_owner_ != 0) {
    if (const auto owner = tasks_.find(line_owner_); owner != tasks_.end()) cut_line(owner->second);
  }
  line_owner_ = tid;
}

void StracePrinter::end_line(Task& task) { end_line(task, {}); }

void StracePrinter::end_line(Task& task, const std::string& stack) {
  task.output->text += '\n';
  task.output->text += stack;
  task.output->commit();
  line_owner_ = 0;
  task.column = 0;
}

void StracePrinter::put_whole_line(pid_t tid, const std::string& text, bool with_stack) {
  if (options_.summary == StraceOptions::Summary::kOnly) return;
  Task& own = task(tid);
  begin_line(tid, own);
  monotonic_ns_ = 0;
  own.output->text += prefix(tid, clock_ns(CLOCK_REALTIME), nullptr);
  own.output->text += colors_ ? fmt::format("{}{}{}", kYellow, text, kPlain) : text;
  end_line(own, with_stack && stacks_ ? stacks_->text(tid, own.tgid != 0 ? own.tgid : tid) : std::string());
}

void StracePrinter::pad(std::string& line, size_t before) const {
  const size_t length = before + line.size();
  if (length < options_.column) line.append(options_.column - length, ' ');
  line += "= ";
}

size_t StracePrinter::resume_line(pid_t tid, Task& own, uint64_t time_ns) {
  const bool cut = own.interrupted || (line_owner_ != tid && shares_output());
  if (!cut && !holds_lines()) return own.column;
  begin_line(tid, own);
  std::string& line = own.output->text;
  const size_t start = line.size();
  if (holds_lines()) {
    line += prefix(tid, own.entry.time_ns, &own.entry) + own.held;
  } else {
    own.interrupted = true;
    line += prefix(tid, time_ns, &own.entry);
    fmt::format_to(std::back_inserter(line), "<... {} resumed>", name_of(own.entry.call));
  }
  return line.size() - start;
}

void StracePrinter::note_architecture(pid_t tid, Task& own, uint32_t architecture) {
  if (own.architecture == architecture) return;
  const bool is_32 = architecture == AUDIT_ARCH_I386;
  // As -q for a command whose lines go to a file (strace(1)).
  const bool goes_to_file = !options_.output.empty() && !options_.command.empty();
  if ((own.architecture != 0 || is_32) && !options_.quiet_personality && options_.quiet == 0 && !goes_to_file) {
    own.architecture = architecture;
    put_whole_line(tid, fmt::format("[ Process PID={} runs in {} bit mode. ]", tid, is_32 ? 32 : 64));
  }
  own.architecture = architecture;
}

CallTampering StracePrinter::on_entry(const CallStop& raw) {
  CallStop stop = raw;
  const LiveMemory live(stop.tid);
  const MemoryView& memory = stop.memory != nullptr ? *stop.memory : live;
  if (stop.architecture == AUDIT_ARCH_I386) {
    translate_i386(stop.call, memory);
  } else if (is_x32(stop.call.number)) {
    translate_x32(stop.call);
  }
  Task& own = task(stop.tid);
  own.tgid = stop.tgid;
  own.in_call = false;
  own.tampered = own.delayed = false;
  note_architecture(stop.tid, own, stop.architecture);
  own.entry = stop;
  own.entry.memory = nullptr;
  if (fds_ != nullptr) fds_->on_entry(stop.tid, stop.call, memory);
  const std::optional<CallTampering> decision = calls_.enter(stop, memory);
  if (!decision) return {};
  const CallTampering& tampering = *decision;
  own.tampered = tampering.result || tampering.number;
  own.poked = !tampering.poke_enter.empty() || !tampering.poke_exit.empty();
  own.delayed = tampering.delay_enter_us != 0 || tampering.delay_exit_us != 0;
  own.in_call = true;
  own.interrupted = false;
  own.progress = {};
  if (options_.summary == StraceOptions::Summary::kOnly) return tampering;
  own.entry_stack.clear();
  if (stacks_ && ends_image(stop.call.number) && !stop.is_startup) {
    own.entry_stack = stacks_->text(stop.tid, stop.tgid);
  }
  monotonic_ns_ = stop.monotonic_ns;
  const RenderStyle style = style_of(stop.call);
  if (!holds_lines()) begin_line(stop.tid, own);
  std::string& line = holds_lines() ? own.held : own.output->text;
  if (holds_lines()) line.clear();
  const size_t start = line.size();
  if (!holds_lines()) line += prefix(stop.tid, stop.time_ns, &stop);
  CallText text(line, memory, style, stop.call);
  text.fds = fds_.get();
  text.sockets = &sockets_;
  text.pid = stop.tid;
  text.stack_pointer = stop.stack_pointer;
  text.interrupted_call = own.restartable;
  own.entry_int = room_for_address(text);
  text.entry_int = own.entry_int;
  own.progress = render_entry(text);
  own.column = line.size() - start;
  return tampering;
}

void StracePrinter::on_exit(const CallStop& raw) {
  Task& own = task(raw.tid);
  if (stacks_) stacks_->on_call_end(raw.tgid, raw.call);
  if (fds_ != nullptr) {
    CallValues call = own.entry.call;
    call.failed = raw.call.failed;
    call.result = raw.call.result;
    fds_->on_exit(raw.tid, call);
  }
  if (!own.in_call) return;
  CallStop stop = raw;
  continue_call(stop.call, own.entry.call);
  const bool restart = stop.call.failed && is_restart(stop.call.result);
  if (restart) own.restartable = name_of(stop.call);
  monotonic_ns_ = stop.monotonic_ns;
  if (!calls_.leave(own.entry, stop)) {
    own.in_call = false;
    return;
  }
  const size_t before = resume_line(stop.tid, own, stop.time_ns);
  const LiveMemory live(stop.tid);
  const MemoryView& memory = stop.memory != nullptr ? *stop.memory : live;
  std::string rest;
  const RenderStyle style = style_of(stop.call);
  CallText text(rest, memory, style, stop.call);
  text.fds = fds_.get();
  text.sockets = &sockets_;
  text.pid = stop.tid;
  text.stack_pointer = own.entry.stack_pointer;
  text.entry_int = own.entry_int;
  text.interrupted_call = own.restartable;
  render_exit(text, own.progress);
  rest += ' ';
  pad(rest, before);
  put_result(stop.tid, own, text, stop);
  std::string& line = own.output->text;
  line += rest;
  own.in_call = false;
  if (const std::string data = dump_data(stop.call, memory, options_.dump_reads, options_.dump_writes); !data.empty()) {
    line += '\n';
    line.append(data, 0, data.size() - 1);
  }
  if (!stacks_) return end_line(own);
  end_line(own, own.entry_stack.empty() ? stacks_->text(stop.tid, stop.tgid) : std::exchange(own.entry_stack, {}));
}

void StracePrinter::put_result(pid_t, Task& own, CallText& text, const CallStop& stop) {
  const bool colored = colors_ && text.call.failed;
  if (colored) text.put(kRed);
  render_result(text);
  if (options_.kvm_exits) text.put(kvm_exit_note(stop.tid, stop.call));
  if (options_.new_namespaces) text.put(new_namespaces_note(stop.tid, stop.call, text.memory));
  if (colored) text.put(kPlain);
  if (own.tampered) text.put(" (INJECTED)");
  if (own.poked) text.put(" (INJECTED: args)");
  if (own.delayed) text.put(" (DELAYED)");
  if (options_.durations) {
    const uint64_t ns = stop.monotonic_ns - own.entry.monotonic_ns;
    text.print(" <{}>", seconds_text(ns, options_.duration_digits));
  }
}

void StracePrinter::on_signal(pid_t tid, const siginfo_t& info) {
  if ((options_.signals >> (info.si_signo - 1) & 1) == 0) return;
  if (options_.summary == StraceOptions::Summary::kOnly) return;
  std::string details;
  const CapturedMemory none;
  const CallValues values;
  CallText text(details, none, options_.style, values);
  printers::put_signal_info(text, &info);
  put_whole_line(tid, fmt::format("--- {} {} ---", signal_name(info.si_signo), details), true);
}

void StracePrinter::on_stopped(pid_t tid, int signal) {
  if ((options_.signals >> (signal - 1) & 1) == 0) return;
  put_whole_line(tid, fmt::format("--- stopped by {} ---", signal_name(signal)), true);
}

void StracePrinter::on_attached(pid_t tid, pid_t tgid, pid_t parent) {
  task(tid).tgid = tgid;
  if (fds_ != nullptr) fds_->on_new(tid, parent != tid ? parent : 0, tid != tgid);
  if (stacks_ && parent != 0 && tid == tgid) {
    const auto forker = tasks_.find(parent);
    stacks_->on_fork(forker != tasks_.end() && forker->second.tgid != 0 ? forker->second.tgid : parent, tid);
  }
  if (options_.quiet_attach) return;
  if (parent == 0 && tid != tgid) return;
  complain(fmt::format("Process {} attached", tid));
}

void StracePrinter::on_exec(pid_t leader, pid_t former) {
  if (stacks_) stacks_->on_exec(leader);
  if (fds_ != nullptr) fds_->on_exec(leader, former);
  if (leader == former) return;
  // The thread goes on under its leader's id.
  if (!options_.quiet_superseded) {
    put_whole_line(leader, fmt::format("+++ superseded by execve in pid {} +++", former));
  }
  auto thread = tasks_.extract(former);
  if (!thread) return;
  tasks_.erase(leader);
  if (line_owner_ == former) cut_line(thread.mapped()), line_owner_ = 0;
  if (thread.mapped().in_call) thread.mapped().interrupted = true;
  thread.key() = leader;
  tasks_.insert(std::move(thread));
}

void StracePrinter::on_exiting(pid_t tid) {
  Task& own = task(tid);
  if (!own.in_call) return;
  if (calls_.leave_unfinished()) {
    const size_t before = resume_line(tid, own, clock_ns(CLOCK_REALTIME));
    const CallDescription* call = description_of(own.entry.call);
    const bool complete = call == nullptr || own.progress.omitted || own.progress.next_argument >= call->argument_count;
    std::string rest = complete ? ") " : " <unfinished ...>) ";
    pad(rest, before);
    own.output->text += rest + "?";
    own.in_call = false;
    end_line(own);
  }
  own.in_call = false;
}

void StracePrinter::on_end(pid_t tid, int status) {
  on_exiting(tid);
  if (WIFSIGNALED(status)) {
    // As a signal that is not shown.
    const bool shown = (options_.signals >> (WTERMSIG(status) - 1) & 1) != 0;
    if (shown)
      put_whole_line(tid, fmt::format("+++ killed by {}{} +++", signal_name(WTERMSIG(status)),
                                      WCOREDUMP(status) ? " (core dumped)" : ""));
  } else if (!options_.quiet_exit) {
    put_whole_line(tid, fmt::format("+++ exited with {} +++", WEXITSTATUS(status)));
  }
  // strace has the stack of the last call behind the end.
  Task& ended = task(tid);
  ended.output->text += ended.entry_stack;
  ended.output->commit();
  if (line_owner_ == tid) line_owner_ = 0;
  if (const auto ending = tasks_.find(tid); stacks_ && ending != tasks_.end() && ending->second.tgid == tid) {
    stacks_->on_end(tid);
  }
  calls_.end(tid);
  if (fds_ != nullptr) fds_->on_end(tid);
  tasks_.erase(tid);
}

void StracePrinter::on_detached(pid_t tid) {
  Task& own = task(tid);
  if (own.in_call && options_.summary != StraceOptions::Summary::kOnly && !holds_lines() && !own.interrupted) {
    own.output->text += " <detached ...>\n";
    line_owner_ = 0;
    own.in_call = false;
  }
  own.output->flush();
  if (!options_.quiet_attach) complain(fmt::format("Process {} detached", tid));
  tasks_.erase(tid);
}

void StracePrinter::on_idle() {
  // Someone may be looking at a call that does not come to its end.
  output_->commit();
  if (const std::string table = calls_.periodic_summary(); !table.empty()) {
    output_->text += table;
    output_->flush();
  }
}

void StracePrinter::finish() {
  output_->text += calls_.summary();
  output_->flush();
  if (options_.inject_report) fmt::print(stderr, "{}", calls_.injection_report());
}

}  // namespace polytap
