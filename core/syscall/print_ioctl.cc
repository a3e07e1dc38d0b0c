// ioctl and prctl.
#include <linux/prctl.h>

#include <array>

#include "core/syscall/ioctl_content.h"
#include "core/syscall/printers.h"
#include "core/syscall/tables.h"

namespace polytap::printers {

bool ioctl_known_at_entry(const CallText& text) {
  const IoctlContent* known = find_ioctl_content(text.argument(1));
  return known == nullptr || known->flow != IoctlContent::Flow::kOut;
}

void ioctl_argument(CallText& text, uint64_t value, const ArgumentKind&) {
  const IoctlContent* known = find_ioctl_content(text.argument(1));
  if (known != nullptr) return put_ioctl_argument(text, value, *known);
  text.hex(value);
  text.omitted = true;
}

void ioctl_answer(CallText& text, uint64_t, const ArgumentKind&) {
  const IoctlContent* known = find_ioctl_content(text.argument(1));
  if (known != nullptr) put_ioctl_answer(text, text.argument(2), *known);
}

void note_ioctl(CallText& text) {
  const IoctlContent* known = find_ioctl_content(text.argument(1));
  if (known != nullptr && known->note != nullptr && text.succeeded()) known->note(text);
}

bool prctl_known_at_entry(const CallText& text) {
  switch (static_cast<uint32_t>(text.argument(0))) {
    case PR_GET_NAME:
    case PR_GET_PDEATHSIG:
    case PR_GET_CHILD_SUBREAPER:
    case PR_GET_TID_ADDRESS:
      return false;
    default:
      return true;
  }
}

namespace {

// How many arguments behind the option are shown, and how.
int prctl_argument_count(uint32_t option) {
  switch (option) {
    case PR_GET_DUMPABLE:
    case PR_GET_KEEPCAPS:
    case PR_GET_SECCOMP:
    case PR_GET_TIMERSLACK:
    case PR_GET_SECUREBITS:
    case PR_TASK_PERF_EVENTS_DISABLE:
    case PR_TASK_PERF_EVENTS_ENABLE:
      return 0;
    case PR_SET_NAME:
    case PR_GET_NAME:
    case PR_SET_PDEATHSIG:
    case PR_GET_PDEATHSIG:
    case PR_SET_DUMPABLE:
    case PR_SET_KEEPCAPS:
    case PR_SET_CHILD_SUBREAPER:
    case PR_GET_CHILD_SUBREAPER:
    case PR_CAPBSET_READ:
    case PR_CAPBSET_DROP:
    case PR_SET_TIMERSLACK:
    case PR_SET_SECUREBITS:
    case PR_GET_TID_ADDRESS:
    case PR_SET_PTRACER:
      return 1;
    default:
      return 4;
  }
}

std::string_view dumpable_name(uint64_t value) {
  constexpr std::array<std::string_view, 3> kNames = {"SUID_DUMP_DISABLE", "SUID_DUMP_USER", "SUID_DUMP_ROOT"};
  return value < kNames.size() ? kNames[value] : std::string_view();
}

}  // namespace

void prctl_argument(CallText& text, uint64_t value, const ArgumentKind& kind) {
  const auto option = static_cast<uint32_t>(text.argument(0));
  if (prctl_argument_count(option) == 0) return text.omit();
  switch (option) {
    case PR_SET_NAME:
      return text.string(value);
    case PR_GET_NAME:
      return result_string(text, value, kind);
    case PR_SET_PDEATHSIG:
      return text.put(value == 0 ? "0" : signal_name(static_cast<int>(value)));
    case PR_GET_PDEATHSIG:
    case PR_GET_CHILD_SUBREAPER:
      return int_at(text, value, kind);
    case PR_GET_TID_ADDRESS:
      return address_at(text, value, kind);
    case PR_SET_DUMPABLE: {
      const std::string_view name = dumpable_name(value);
      return name.empty() ? text.hex(value) : text.put(name);
    }
    case PR_CAPBSET_READ:
    case PR_CAPBSET_DROP:
      return text.enumeration(kCapabilities, value);
    case PR_SET_CHILD_SUBREAPER:
    case PR_SET_KEEPCAPS:
    case PR_SET_NO_NEW_PRIVS:
    case PR_GET_NO_NEW_PRIVS:
    case PR_SET_THP_DISABLE:
    case PR_GET_THP_DISABLE:
      return text.print("{}", value);
    case PR_SET_VMA:
      return value == PR_SET_VMA_ANON_NAME ? text.put("PR_SET_VMA_ANON_NAME") : text.hex(value);
    default:
      return text.hex(value);
  }
}

void prctl_rest(CallText& text, uint64_t value, const ArgumentKind&) {
  const auto option = static_cast<uint32_t>(text.argument(0));
  if (prctl_argument_count(option) <= 1) return text.omit();
  if (option == PR_SET_VMA && value == text.argument(4) && value != 0) return text.string(value);
  text.hex(value);
}

void note_prctl(CallText& text) {
  if (!text.succeeded()) return;
  if (static_cast<uint32_t>(text.argument(0)) == PR_GET_DUMPABLE) {
    text.note = dumpable_name(static_cast<uint64_t>(text.call.result));
  }
}

}  // namespace polytap::printers
