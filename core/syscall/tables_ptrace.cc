#include "core/syscall/tables_ptrace.h"

#include <elf.h>
#include <linux/audit.h>
#include <linux/ptrace.h>

#include "core/syscall/named_constant.h"

namespace polytap {

// clang-format off
static constexpr Constant kPtraceOptionsConstants[] = {
    NAMED(PTRACE_O_TRACESYSGOOD), NAMED(PTRACE_O_TRACEFORK), NAMED(PTRACE_O_TRACEVFORK),
    NAMED(PTRACE_O_TRACECLONE), NAMED(PTRACE_O_TRACEEXEC), NAMED(PTRACE_O_TRACEVFORKDONE),
    NAMED(PTRACE_O_TRACEEXIT), NAMED(PTRACE_O_TRACESECCOMP), NAMED(PTRACE_O_EXITKILL),
    NAMED(PTRACE_O_SUSPEND_SECCOMP),
};
const ConstantTable kPtraceOptions{kPtraceOptionsConstants, "PTRACE_O_?" "??"};

static constexpr Constant kPtraceEventsConstants[] = {
    NAMED(PTRACE_EVENT_FORK), NAMED(PTRACE_EVENT_VFORK), NAMED(PTRACE_EVENT_CLONE), NAMED(PTRACE_EVENT_EXEC),
    NAMED(PTRACE_EVENT_VFORK_DONE), NAMED(PTRACE_EVENT_EXIT), NAMED(PTRACE_EVENT_SECCOMP), NAMED(PTRACE_EVENT_STOP),
};
const ConstantTable kPtraceEvents{kPtraceEventsConstants, "PTRACE_EVENT_?" "??"};

static constexpr Constant kPtracePeekFlagsConstants[] = {NAMED(PTRACE_PEEKSIGINFO_SHARED)};
const ConstantTable kPtracePeekFlags{kPtracePeekFlagsConstants, "PTRACE_PEEKSIGINFO_?" "??"};

static constexpr Constant kPtraceCallKindsConstants[] = {
    NAMED(PTRACE_SYSCALL_INFO_NONE), NAMED(PTRACE_SYSCALL_INFO_ENTRY),
    NAMED(PTRACE_SYSCALL_INFO_EXIT), NAMED(PTRACE_SYSCALL_INFO_SECCOMP),
};
const ConstantTable kPtraceCallKinds{kPtraceCallKindsConstants, "PTRACE_SYSCALL_INFO_?" "??"};

static constexpr Constant kRegisterSetsConstants[] = {
    NAMED(NT_PRSTATUS), NAMED(NT_FPREGSET), NAMED(NT_PRPSINFO), NAMED(NT_PRXREG),
    NAMED(NT_PLATFORM), NAMED(NT_AUXV), NAMED(NT_GWINDOWS), NAMED(NT_ASRS),
    NAMED(NT_PSTATUS), NAMED(NT_PSINFO), NAMED(NT_PRCRED), NAMED(NT_UTSNAME),
    NAMED(NT_386_TLS), NAMED(NT_386_IOPERM), NAMED(NT_X86_XSTATE), {"NT_X86_SHSTK", 0x204},
};
const ConstantTable kRegisterSets{kRegisterSetsConstants, "NT_?" "??"};

static constexpr Constant kAuditArchitecturesConstants[] = {
    NAMED(AUDIT_ARCH_AARCH64), NAMED(AUDIT_ARCH_ALPHA), NAMED(AUDIT_ARCH_ARM),
    NAMED(AUDIT_ARCH_ARMEB), NAMED(AUDIT_ARCH_I386), NAMED(AUDIT_ARCH_IA64),
    NAMED(AUDIT_ARCH_M68K), NAMED(AUDIT_ARCH_MIPS), NAMED(AUDIT_ARCH_MIPSEL),
    NAMED(AUDIT_ARCH_PPC), NAMED(AUDIT_ARCH_PPC64), NAMED(AUDIT_ARCH_PPC64LE),
    NAMED(AUDIT_ARCH_RISCV32), NAMED(AUDIT_ARCH_RISCV64), NAMED(AUDIT_ARCH_S390),
    NAMED(AUDIT_ARCH_S390X), NAMED(AUDIT_ARCH_SPARC), NAMED(AUDIT_ARCH_SPARC64),
    NAMED(AUDIT_ARCH_X86_64),
};
const ConstantTable kAuditArchitectures{kAuditArchitecturesConstants, "AUDIT_ARCH_?" "??"};

// clang-format on

}  // namespace polytap
