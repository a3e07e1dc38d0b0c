#include "frontend/strace_json.h"

#include <fmt/format.h>
#include <linux/audit.h>
#include <sys/wait.h>

#include "core/base/clock.h"
#include "core/syscall/i386.h"
#include "core/syscall/printers.h"
#include "core/syscall/render_call.h"
#include "core/syscall/table.h"

namespace polytap {
namespace {

constexpr uint64_t kNsPerSecond = 1'000'000'000;

// A string of JSON. Bytes of no UTF-8 were escaped by the renderer, but paths can hold some.
void append_string(std::string& out, std::string_view text) {
  out += '"';
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (byte < ' ' || byte >= 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", byte);
    } else {
      out += c;
    }
  }
  out += '"';
}

}  // namespace

StraceJson::StraceJson(const StraceOptions& options, std::shared_ptr<StraceOutput> output,
                       std::unique_ptr<StraceStacks> injection_stacks)
    : options_(options), output_(std::move(output)), calls_(options, std::move(injection_stacks)) {}

void StraceJson::begin(std::string_view type, pid_t tid, uint64_t time_ns) {
  fmt::format_to(std::back_inserter(output_->text), R"({{"type":"{}","time":{}.{:09},"tid":{})", type,
                 time_ns / kNsPerSecond, time_ns % kNsPerSecond, tid);
}

void StraceJson::end() {
  output_->text += "}\n";
  output_->commit();
}

CallTampering StraceJson::on_entry(const CallStop& raw) {
  CallStop stop = raw;
  const LiveMemory live(stop.tid);
  const MemoryView& memory = stop.memory != nullptr ? *stop.memory : live;
  if (stop.architecture == AUDIT_ARCH_I386) {
    translate_i386(stop.call, memory);
  } else if (is_x32(stop.call.number)) {
    translate_x32(stop.call);
  }
  Task& own = tasks_[stop.tid];
  own.in_call = false;
  own.entry = stop;
  own.entry.memory = nullptr;
  const auto decision = calls_.enter(stop, memory);
  if (!decision) return {};
  own.in_call = true;
  own.tampering = *decision;
  own.arguments.clear();
  const RenderStyle style = calls_.style_of(stop.call);
  std::string text_of_one;
  CallText text(text_of_one, memory, style, stop.call);
  text.stack_pointer = stop.stack_pointer;
  render_each_argument(text, own.arguments);
  return *decision;
}

void StraceJson::put_call(const Task& task, const CallStop* exit, const MemoryView* memory) {
  const CallStop& entry = task.entry;
  std::string& out = output_->text;
  begin("syscall", entry.tid, entry.time_ns);
  fmt::format_to(std::back_inserter(out), R"(,"pid":{},"name":"{}","number":{},"args":[)", entry.tgid,
                 name_of(entry.call), entry.call.number);
  const Syscall* known = entry.call.foreign_name.empty() ? find_syscall(entry.call.number) : nullptr;
  const CallDescription* call = description_of(entry.call);
  const size_t count = call != nullptr ? call->argument_count : entry.call.arguments.size();
  const auto is_addendum = [&](size_t slot) {
    return call != nullptr && slot < count &&
           call->argument_slots[slot].direction == ArgumentKind::Direction::kAddendum;
  };
  size_t argument = 0;
  for (size_t slot = 0; slot < count; slot++) {
    if (is_addendum(slot)) continue;  // belongs to the argument before
    if (argument > 0) out += ',';
    out += '{';
    if (known != nullptr && argument < known->argument_count) {
      fmt::format_to(std::back_inserter(out), R"("name":"{}",)", known->argument_slots[argument].name);
    }
    fmt::format_to(std::back_inserter(out), R"("value":{})", entry.call.arguments[argument]);
    std::string text = slot < task.arguments.size() ? task.arguments[slot] : std::string();
    if (is_addendum(slot + 1) && slot + 1 < task.arguments.size()) text += task.arguments[slot + 1];
    if (!text.empty()) {
      out += R"(,"text":)";
      append_string(out, text);
    }
    out += '}';
    argument++;
  }
  out += ']';
  if (exit == nullptr) {
    out += R"(,"unfinished":true)";
  } else {
    const uint64_t ns = exit->monotonic_ns - entry.monotonic_ns;
    fmt::format_to(std::back_inserter(out), R"(,"result":{},"duration":{}.{:09})",
                   exit->call.failed ? -1 : exit->call.result, ns / kNsPerSecond, ns % kNsPerSecond);
    if (exit->call.failed) {
      const auto number = static_cast<int>(-exit->call.result);
      fmt::format_to(std::back_inserter(out), R"(,"errno":{},"error":"{}")", number, errno_name(number));
    }
    const RenderStyle style = calls_.style_of(entry.call);
    std::string result;
    CallText text(result, *memory, style, exit->call);
    text.at_exit = true;
    if (call != nullptr && call->note != nullptr && !style.raw) call->note(text);
    render_result(text);
    out += R"(,"result_text":)";
    append_string(out, result);
  }
  const CallTampering& done = task.tampering;
  if (done.result || done.number || done.signal != 0 || !done.poke_enter.empty() || !done.poke_exit.empty()) {
    out += R"(,"injected":true)";
  }
  if (done.delay_enter_us + done.delay_exit_us != 0) out += R"(,"delayed":true)";
  end();
}

void StraceJson::on_exit(const CallStop& raw) {
  const auto found = tasks_.find(raw.tid);
  if (found == tasks_.end() || !found->second.in_call) return;
  Task& own = found->second;
  own.in_call = false;
  CallStop stop = raw;
  continue_call(stop.call, own.entry.call);
  if (!calls_.leave(own.entry, stop)) return;
  const LiveMemory live(stop.tid);
  const MemoryView& memory = stop.memory != nullptr ? *stop.memory : live;
  const RenderStyle style = calls_.style_of(stop.call);
  std::string text_of_one;
  CallText text(text_of_one, memory, style, stop.call);
  text.at_exit = true;
  text.stack_pointer = own.entry.stack_pointer;
  render_each_argument(text, own.arguments);
  put_call(own, &stop, &memory);
}

void StraceJson::on_signal(pid_t tid, const siginfo_t& info) {
  if ((options_.signals >> (info.si_signo - 1) & 1) == 0 || options_.summary == StraceOptions::Summary::kOnly) return;
  std::string details;
  const CapturedMemory none;
  const CallValues values;
  CallText text(details, none, options_.style, values);
  printers::put_signal_info(text, &info);
  begin("signal", tid, clock_ns(CLOCK_REALTIME));
  fmt::format_to(std::back_inserter(output_->text), R"(,"signal":"{}","number":{},"code":{},"text":)",
                 signal_name(info.si_signo), info.si_signo, info.si_code);
  append_string(output_->text, details);
  end();
}

void StraceJson::on_stopped(pid_t tid, int signal) {
  if (options_.summary == StraceOptions::Summary::kOnly) return;
  begin("stopped", tid, clock_ns(CLOCK_REALTIME));
  fmt::format_to(std::back_inserter(output_->text), R"(,"signal":"{}")", signal_name(signal));
  end();
}

void StraceJson::on_attached(pid_t tid, pid_t tgid, pid_t parent) {
  if (options_.summary == StraceOptions::Summary::kOnly) return;
  begin("attached", tid, clock_ns(CLOCK_REALTIME));
  fmt::format_to(std::back_inserter(output_->text), R"(,"pid":{})", tgid);
  if (parent != 0) fmt::format_to(std::back_inserter(output_->text), R"(,"parent":{})", parent);
  end();
}

void StraceJson::on_exec(pid_t leader, pid_t former) {
  if (leader == former) return;
  // The thread goes on under its leader's id.
  if (auto thread = tasks_.extract(former)) {
    tasks_.erase(leader);
    thread.key() = leader;
    tasks_.insert(std::move(thread));
  }
  if (options_.summary == StraceOptions::Summary::kOnly) return;
  begin("superseded", leader, clock_ns(CLOCK_REALTIME));
  fmt::format_to(std::back_inserter(output_->text), R"(,"by":{})", former);
  end();
}

void StraceJson::on_exiting(pid_t tid) {
  const auto found = tasks_.find(tid);
  if (found == tasks_.end() || !std::exchange(found->second.in_call, false)) return;
  if (calls_.leave_unfinished()) put_call(found->second, nullptr, nullptr);
}

void StraceJson::on_end(pid_t tid, int status) {
  on_exiting(tid);
  calls_.end(tid);
  tasks_.erase(tid);
  if (options_.summary == StraceOptions::Summary::kOnly) return;
  begin("end", tid, clock_ns(CLOCK_REALTIME));
  if (WIFSIGNALED(status)) {
    fmt::format_to(std::back_inserter(output_->text), R"(,"signal":"{}","core_dumped":{})",
                   signal_name(WTERMSIG(status)), WCOREDUMP(status) != 0);
  } else {
    fmt::format_to(std::back_inserter(output_->text), R"(,"exit_status":{})", WEXITSTATUS(status));
  }
  end();
}

void StraceJson::on_problem(const std::string& text) { fmt::print(stderr, "strace: {}\n", text); }

void StraceJson::on_detached(pid_t tid) {
  tasks_.erase(tid);
  begin("detached", tid, clock_ns(CLOCK_REALTIME));
  end();
}

void StraceJson::finish() {
  output_->flush();
  if (options_.summary != StraceOptions::Summary::kNone) fmt::print(stderr, "{}", calls_.summary());
  if (options_.inject_report) fmt::print(stderr, "{}", calls_.injection_report());
}

}  // namespace polytap
