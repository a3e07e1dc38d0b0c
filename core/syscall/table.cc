#include "core/syscall/table.h"

#include <algorithm>

namespace polytap {
namespace {

constexpr Syscall kSyscalls[] = {
#include "core/syscall/x86_64.inc"
};

}  // namespace

std::span<const Syscall> syscalls() { return kSyscalls; }

const Syscall* find_syscall(uint64_t number) {
  const auto* found = std::ranges::lower_bound(kSyscalls, number, {}, &Syscall::number);
  return found != std::end(kSyscalls) && found->number == number ? found : nullptr;
}

const Syscall* find_syscall(std::string_view name) {
  if (name.empty()) return nullptr;
  const auto* found =
      std::ranges::find_if(kSyscalls, [name](const Syscall& call) { return call.name == name || call.event == name; });
  return found != std::end(kSyscalls) ? found : nullptr;
}

SyscallEvent find_syscall_event(std::string_view event) {
  constexpr std::string_view kEnter = "sys_enter_";
  constexpr std::string_view kExit = "sys_exit_";
  const bool is_exit = event.starts_with(kExit);
  if (!is_exit && !event.starts_with(kEnter)) return {};
  const std::string_view name = event.substr(is_exit ? kExit.size() : kEnter.size());
  const Syscall* call = find_syscall(name);
  if (call == nullptr || call->event != name) return {};
  return {call, is_exit};
}

}  // namespace polytap
