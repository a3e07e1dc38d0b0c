#include <sys/ptrace.h>
#include <sys/user.h>

#include <span>

#include "backends/ptrace/syscall_trace_backend.h"
#include "core/symbol/unwind_stack.h"

namespace polytap {

std::optional<UnwindValues> read_tracee_registers(pid_t tid) {
  constexpr unsigned long kCode32 = 0x23;  // __USER32_CS
  user_regs_struct registers{};
  if (ptrace(PTRACE_GETREGS, tid, nullptr, &registers) != 0 || registers.cs == kCode32) return std::nullopt;
  return unwind_values(std::as_bytes(std::span(&registers, 1)));
}

}  // namespace polytap
