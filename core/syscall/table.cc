#include "core/syscall/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "core/base/check.h"
#include "core/kernel/event_format.h"

namespace polytap {
namespace {

constexpr std::string_view kEnter = "sys_enter_";
constexpr std::string_view kExit = "sys_exit_";

constexpr Syscall kSyscalls[] = {
#include "core/syscall/x86_64.inc"
};

// "int __syscall_nr" and, behind it, ARGUMENTS.
ProbeSite syscall_site(std::string event, std::vector<ProbeArgument> arguments) {
  const std::string head =
      fmt::format("name: {}\nfield:int __syscall_nr;\toffset:{};\tsize:4;\tsigned:1;\n", event, kSyscallNumberOffset);
  Result<EventFormat> format =
      parse_event_format(head + std::string(kCommonFieldLines), EventKind::kSyscall, "built in");
  CHECK(format.ok());
  if (!arguments.empty()) format->size = kSyscallArgumentsOffset + 8 * static_cast<uint32_t>(arguments.size());
  format->arguments.insert(format->arguments.begin() + 1, std::make_move_iterator(arguments.begin()),
                           std::make_move_iterator(arguments.end()));
  return tracepoint_site("syscalls", std::move(*format));
}

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
  const bool is_exit = event.starts_with(kExit);
  if (!is_exit && !event.starts_with(kEnter)) return {};
  const std::string_view name = event.substr(is_exit ? kExit.size() : kEnter.size());
  const Syscall* call = find_syscall(name);
  if (call == nullptr || call->event != name) return {};
  return {call, is_exit};
}

ProbeSite syscall_enter_site(const Syscall& syscall) {
  CHECK(!syscall.event.empty());
  std::vector<ProbeArgument> arguments;
  for (const SyscallArgument& argument : syscall.arguments()) {
    const auto offset = static_cast<uint32_t>(kSyscallArgumentsOffset + 8 * arguments.size());
    arguments.push_back(syscall_argument(argument.name, argument.c_type, offset));
  }
  return syscall_site(fmt::format("{}{}", kEnter, syscall.event), std::move(arguments));
}

ProbeSite syscall_exit_site(const Syscall& syscall) {
  CHECK(!syscall.event.empty());
  return syscall_site(fmt::format("{}{}", kExit, syscall.event),
                      {syscall_argument("ret", "long", kSyscallReturnOffset)});
}

}  // namespace polytap
