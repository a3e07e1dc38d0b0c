#include "core/syscall/render_call.h"

#include <linux/unistd.h>

namespace polytap {
namespace {

bool known_at_entry(const CallText& text, const ArgumentKind& kind) {
  switch (kind.direction) {
    case ArgumentKind::Direction::kOut:
      return false;
    case ArgumentKind::Direction::kByCommand:
      return kind.known_at_entry(text);
    default:
      return true;
  }
}

void render_arguments(CallText& text, CallProgress& progress) {
  const CallDescription* call = description_of(text.call);
  const size_t count = call != nullptr ? call->argument_count : text.call.arguments.size();
  for (; progress.next_argument < count && !progress.omitted; progress.next_argument++) {
    const size_t i = progress.next_argument;
    if (call != nullptr && !text.at_exit && !known_at_entry(text, call->argument_slots[i])) return;
    text.argument_start = text.out.size();
    if (progress.any_shown) text.put(", ");
    if (call != nullptr) {
      call->argument_slots[i].print(text, text.argument(i), call->argument_slots[i]);
    } else {
      text.hex(text.argument(i));
    }
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

}  // namespace

std::string name_of(const CallValues& call) {
  return call.foreign_name.empty() ? call_name(call.number) : std::string(call.foreign_name);
}

const CallDescription* description_of(const CallValues& call) {
  return call.foreign_name.empty() ? describe_call(call.number) : nullptr;
}

CallProgress render_entry(CallText& text) {
  text.put(name_of(text.call));
  text.put('(');
  CallProgress progress;
  render_arguments(text, progress);
  return progress;
}

void render_exit(CallText& text, CallProgress progress) {
  text.at_exit = true;
  render_arguments(text, progress);
  text.put(')');
  const CallDescription* call = description_of(text.call);
  if (call != nullptr && call->note != nullptr) call->note(text);
}

void render_result(CallText& text) {
  if (text.call.failed) {
    render_failure(text);
    return append_note(text);
  }
  const CallDescription* call = description_of(text.call);
  const ReturnKind kind = call != nullptr ? call->returns : ReturnKind::kDecimal;
  const auto bits = static_cast<uint64_t>(text.call.result);
  if (kind == ReturnKind::kHex || text.hex_result) {
    text.hex(bits);
  } else if (kind == ReturnKind::kOctal) {
    text.print("{:#03o}", bits);
  } else if (kind == ReturnKind::kFd || text.fd_result) {
    text.fd(static_cast<int>(bits));
  } else {
    text.print("{}", text.call.result);
  }
  append_note(text);
}

}  // namespace polytap
