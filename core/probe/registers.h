// The context of function probes: struct pt_regs of x86-64 (arch/x86/include/uapi/asm/ptrace.h), whoever fills it: the
// kernel for a BPF program, PTRACE_GETREGS (struct user_regs_struct begins alike) or PERF_SAMPLE_REGS_USER.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace polytap {

// Byte offsets in the context.
namespace registers {
inline constexpr uint32_t kR15 = 0;
inline constexpr uint32_t kR14 = 8;
inline constexpr uint32_t kR13 = 16;
inline constexpr uint32_t kR12 = 24;
inline constexpr uint32_t kBp = 32;
inline constexpr uint32_t kBx = 40;
inline constexpr uint32_t kR11 = 48;
inline constexpr uint32_t kR10 = 56;
inline constexpr uint32_t kR9 = 64;
inline constexpr uint32_t kR8 = 72;
inline constexpr uint32_t kAx = 80;
inline constexpr uint32_t kCx = 88;
inline constexpr uint32_t kDx = 96;
inline constexpr uint32_t kSi = 104;
inline constexpr uint32_t kDi = 112;
inline constexpr uint32_t kOrigAx = 120;
inline constexpr uint32_t kIp = 128;
inline constexpr uint32_t kCs = 136;
inline constexpr uint32_t kFlags = 144;
inline constexpr uint32_t kSp = 152;
inline constexpr uint32_t kSs = 160;
inline constexpr uint32_t kSize = 168;

// Where the System V ABI of x86-64 passes the first integer and pointer arguments; the following ones lie on the stack,
// at function entry from sp + 8 on.
inline constexpr uint32_t kArguments[] = {kDi, kSi, kDx, kCx, kR8, kR9};
inline constexpr uint32_t kResult = kAx;
// At entry, bytes above the stack pointer of integer argument NUMBER (6 or more): behind the return address.
constexpr uint32_t stack_argument(uint32_t number) { return 8 + 8 * (number - 6); }
}  // namespace registers

// The offset of a register by the name that reg() takes: "di", "sp", "ip", "r8", also "rdi", "rsp", ....
std::optional<uint32_t> register_offset(std::string_view name);

}  // namespace polytap
