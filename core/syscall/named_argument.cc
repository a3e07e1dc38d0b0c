#include "core/syscall/named_argument.h"

#include <fmt/format.h>
#include <sys/syscall.h>

#include <charconv>

#include "core/syscall/arguments.h"
#include "core/syscall/call_text.h"
#include "core/syscall/table.h"

namespace polytap {
namespace {

const ArgumentKind* kind_at(uint64_t call, size_t index) {
  const CallDescription* description = describe_call(call);
  return description != nullptr && index < description->argument_count ? &description->argument_slots[index] : nullptr;
}

// "257.2", the call and the argument's place; null when it is not of that form.
const ArgumentKind* kind_of(std::string_view named) {
  uint64_t call = 0;
  size_t index = 0;
  const char* end = named.data() + named.size();
  const auto first = std::from_chars(named.data(), end, call);
  if (first.ec != std::errc() || first.ptr == end) return nullptr;
  if (std::from_chars(first.ptr + 1, end, index).ec != std::errc()) return nullptr;
  return kind_at(call, index);
}

// Those that look at nothing but their own value. Without a table of their own: open's flags, access' mode, mmap's
// flags.
bool has_names(const ArgumentKind& kind) {
  if (kind.direction != ArgumentKind::Direction::kValue) return false;
  return kind.table != nullptr || kind.print == kind_at(SYS_openat, 2)->print ||
         kind.print == kind_at(SYS_access, 1)->print || kind.print == kind_at(SYS_mmap, 3)->print;
}

}  // namespace

std::string named_argument(std::string_view event, std::string_view argument) {
  const SyscallEvent found = find_syscall_event(event);
  if (found.syscall == nullptr || found.is_exit) return {};
  const auto arguments = found.syscall->arguments();
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i].name != argument) continue;
    const ArgumentKind* kind = kind_at(found.syscall->number, i);
    return kind != nullptr && has_names(*kind) ? fmt::format("{}.{}", found.syscall->number, i) : std::string();
  }
  return {};
}

bool have_same_names(std::string_view named, std::string_view other) {
  if (named == other) return true;
  const ArgumentKind* kind = kind_of(named);
  const ArgumentKind* its = kind_of(other);
  return kind != nullptr && its != nullptr && kind->print == its->print && kind->table == its->table;
}

void append_named_argument(std::string& out, std::string_view named, uint64_t value) {
  const ArgumentKind* kind = kind_of(named);
  if (kind == nullptr) return;
  const CapturedMemory nothing;
  const RenderStyle style;
  const CallValues values;
  CallText text(out, nothing, style, values);
  text.argument_start = out.size();
  kind->print(text, value, *kind);
}

}  // namespace polytap
