#include "core/syscall/render_call.h"

#include <linux/unistd.h>

#include "core/syscall/i386.h"
#include "core/syscall/table.h"

namespace polytap {
namespace {

bool known_at_entry(const CallText& text, const ArgumentKind& kind) {
  switch (kind.direction) {
    case ArgumentKind::Direction::kOut:
    case ArgumentKind::Direction::kAddendum:
      return false;
    case ArgumentKind::Direction::kByCommand:
      return kind.known_at_entry(text);
    default:
      return true;
  }
}

// "name=", if names are wanted and known.
void put_argument_name(CallText& text, size_t index) {
  if (!text.style.argument_names || !text.call.foreign_name.empty()) return;
  const Syscall* known = find_syscall(text.call.number);
  if (known != nullptr && index < known->argument_count) text.print("{}=", known->argument_slots[index].name);
}

void put_argument(CallText& text, uint64_t value, const ArgumentKind& kind) {
  text.call.is_32bit ? put_i386_argument(text, value, kind) : kind.print(text, value, kind);
}

bool is_addendum(const CallDescription* call, size_t slot) {
  return call != nullptr && call->argument_slots[slot].direction == ArgumentKind::Direction::kAddendum;
}

// Which argument of the call SLOT of its description shows.
size_t argument_of_slot(const CallDescription* call, size_t slot) {
  size_t argument = slot;
  for (size_t i = 0; i < slot; i++) argument -= is_addendum(call, i) ? 1 : 0;
  return argument;
}

void render_slot(CallText& text, const CallDescription* call, size_t slot) {
  if (call == nullptr || (text.style.raw && !is_addendum(call, slot))) {
    text.hex(text.argument(argument_of_slot(call, slot)));
  } else if (!text.style.raw) {
    put_argument(text, text.argument(argument_of_slot(call, slot)), call->argument_slots[slot]);
  }
}

void render_arguments(CallText& text, CallProgress& progress) {
  const CallDescription* call = description_of(text.call);
  const size_t count = call != nullptr ? call->argument_count : text.call.arguments.size();
  for (; progress.next_argument < count && !progress.omitted; progress.next_argument++) {
    const size_t i = progress.next_argument;
    if (call != nullptr && !text.at_exit && !known_at_entry(text, call->argument_slots[i])) return;
    text.argument_start = text.out.size();
    if (!is_addendum(call, i)) {
      if (progress.any_shown) text.put(", ");
      put_argument_name(text, argument_of_slot(call, i));
    }
    render_slot(text, call, i);
    progress.any_shown = progress.any_shown || text.out.size() > text.argument_start;
    progress.omitted = text.omitted;
  }
}

void append_note(CallText& text) {
  if (!text.note.empty()) text.print(" ({})", text.note);
}

constexpr int64_t kFirstRestart = 512;  // ERESTARTSYS
constexpr int64_t kLastRestart = 516;   // ERESTART_RESTARTBLOCK

void render_failure(CallText& text) {
  const int64_t error = -text.call.result;
  const std::string_view name = errno_name(static_cast<int>(error));
  if (error >= kFirstRestart && error <= kLastRestart) {
    text.print("? {} ({})", name, errno_text(static_cast<int>(error)));
  } else if (name.empty()) {
    text.print("-1 (errno {})", error);
  } else {
    text.print("-1 {} ({})", name, errno_text(static_cast<int>(error)));
  }
}

bool returns_process(uint64_t number) {
  switch (number) {
    case __NR_clone:
    case __NR_clone3:
    case __NR_fork:
    case __NR_vfork:
    case __NR_wait4:
    case __NR_getpid:
    case __NR_gettid:
    case __NR_getppid:
    case __NR_getpgrp:
    case __NR_getpgid:
    case __NR_getsid:
    case __NR_setsid:
    case __NR_set_tid_address:
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string name_of(const CallValues& call) {
  return call.foreign_name.empty() ? call_name(call.number) : std::string(call.foreign_name);
}

const CallDescription* description_of(const CallValues& call) {
  if (call.description != nullptr) return call.description;
  return call.foreign_name.empty() ? describe_call(call.number) : nullptr;
}

CallProgress render_entry(CallText& text) {
  text.put(name_of(text.call));
  text.put('(');
  CallProgress progress;
  render_arguments(text, progress);
  progress.kept = text.kept;
  return progress;
}

void render_exit(CallText& text, CallProgress progress) {
  text.at_exit = true;
  text.kept = progress.kept;
  render_arguments(text, progress);
  text.put(')');
  const CallDescription* call = description_of(text.call);
  if (call != nullptr && call->note != nullptr && !text.style.raw) call->note(text);
}

void render_result(CallText& text) {
  if (text.call.failed) {
    render_failure(text);
    return append_note(text);
  }
  const CallDescription* call = description_of(text.call);
  const ReturnKind kind = call != nullptr ? call->returns : ReturnKind::kDecimal;
  const auto bits = static_cast<uint64_t>(text.call.result);
  if (text.style.raw) return text.hex(bits);
  if (kind == ReturnKind::kHex || text.hex_result) {
    text.hex(bits);
  } else if (kind == ReturnKind::kOctal) {
    text.print("{:#03o}", bits);
  } else if (kind == ReturnKind::kFd || text.fd_result) {
    text.fd(static_cast<int>(bits));
  } else if (text.style.decode_comms && returns_process(text.call.number)) {
    text.process(static_cast<int>(bits));
  } else {
    text.print("{}", text.call.result);
  }
  append_note(text);
}

void render_each_argument(CallText& text, std::vector<std::string>& arguments) {
  const CallDescription* call = description_of(text.call);
  const size_t count = call != nullptr ? call->argument_count : text.call.arguments.size();
  while (arguments.size() < count) {
    const size_t i = arguments.size();
    if (call != nullptr && !text.at_exit && !known_at_entry(text, call->argument_slots[i])) return;
    text.out.clear();
    text.argument_start = 0;
    render_slot(text, call, i);
    arguments.push_back(text.out);
    if (text.omitted) arguments.resize(count);
  }
}

}  // namespace polytap
