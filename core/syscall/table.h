// The system calls of x86-64: numbers, names and arguments, for those who cannot or need not ask tracefs.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/base/inline_text.h"
#include "core/probe/site.h"

namespace polytap {

struct SyscallArgument {
  InlineText<41> c_type;  // as the kernel's prototype has it, without __user: "const char *"
  InlineText<16> name;
};

// Lays out the tracepoint records of its two events: int __syscall_nr at 8, then one 8-byte word per argument from 16
// (sys_enter_*), or long ret at 16 (sys_exit_*).
struct Syscall {
  uint32_t number = 0;
  InlineText<23> name;   // what user space and strace call it: "fstat"
  InlineText<23> event;  // what the kernel calls it: "newfstat" of sys_enter_newfstat; empty: it has no events
  uint32_t argument_count = 0;
  std::array<SyscallArgument, 6> argument_slots;

  std::span<const SyscallArgument> arguments() const { return std::span(argument_slots).first(argument_count); }
};

inline constexpr uint32_t kSyscallNumberOffset = 8;
inline constexpr uint32_t kSyscallArgumentsOffset = 16;  // sys_enter_*: argument i is at this + 8 * i
inline constexpr uint32_t kSyscallReturnOffset = 16;     // sys_exit_*

// Every call, in order of number (which has gaps).
std::span<const Syscall> syscalls();
// Null when there is no such call.
const Syscall* find_syscall(uint64_t number);
// By either name; null when unknown.
const Syscall* find_syscall(std::string_view name);

// The calls behind "sys_enter_NAME" and "sys_exit_NAME" (NAME as the kernel has it); null for anything else.
struct SyscallEvent {
  const Syscall* syscall = nullptr;
  bool is_exit = false;
};
SyscallEvent find_syscall_event(std::string_view event);

// The sites tracepoint:syscalls:sys_enter_* and sys_exit_*, laid out as tracefs does. The call must have events.
ProbeSite syscall_enter_site(const Syscall& syscall);
ProbeSite syscall_exit_site(const Syscall& syscall);

}  // namespace polytap
