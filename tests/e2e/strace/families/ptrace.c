// ptrace with each request. Only ever run with the calls injected.
#include <elf.h>
#include <linux/audit.h>
#include <linux/ptrace.h>
#include <signal.h>

#include "family.h"

int main(void) {
  const long requests[] = {-1, 0x1000, 0x100000001};
  for (int i = 0; i < 40 + 0x20 + 3; i++) {
    const long request = i < 40 ? i : i < 72 ? 0x4200 + i - 40 : requests[i - 72];
    if (request >= 0x4210 && request < 0x4213) continue;  // newer than strace 6.1
    syscall(SYS_ptrace, request, 7, 0L, 0L);
    syscall(SYS_ptrace, request, -1, BAD, BAD);
    syscall(SYS_ptrace, request, 7, 1L, SIGUSR1);
    syscall(SYS_ptrace, request, 7, 32L, 0x1234L);
    syscall(SYS_ptrace, request, 7, 88L, pattern(8));
    syscall(SYS_ptrace, request, 7, 8L, pattern(64));
    syscall(SYS_ptrace, request, 7, 24L, pattern(80));
    syscall(SYS_ptrace, request, 7, 90L, pattern(216));
    syscall(SYS_ptrace, request, 7, 128L, pattern(128));
    syscall(SYS_ptrace, request, 7, pattern(24), pattern(512));
    syscall(SYS_ptrace, request, 7, pattern(12), pattern(512));
  }
  for (long offset = 0; offset < 1000; offset += 4) {
    syscall(SYS_ptrace, 3L, 7, offset, pattern(8));
    syscall(SYS_ptrace, 6L, 7, offset, offset);
  }
  for (long bit = 1; bit; bit <<= 1) {
    syscall(SYS_ptrace, 0x4200L, 7, 0L, bit);
    syscall(SYS_ptrace, 0x4206L, 7, 0L, bit);
  }
  for (long type = 0; type < 0x10; type++) {
    struct { void* base; size_t length; } vector = {pattern(64), (size_t)type * 8};
    syscall(SYS_ptrace, 0x4204L, 7, type, &vector);
    syscall(SYS_ptrace, 0x4205L, 7, type | 0x200, &vector);
  }
  uint64_t set = 0x10203;
  syscall(SYS_ptrace, 0x420aL, 7, 8L, &set);
  syscall(SYS_ptrace, 0x420bL, 7, 8L, &set);
  siginfo_t information;
  memset(&information, 0, sizeof information);
  information.si_signo = SIGCHLD;
  information.si_code = CLD_EXITED;
  information.si_pid = 99;
  struct { uint64_t offset; uint32_t flags; int32_t count; } peek = {3, 1, 2};
  syscall(SYS_ptrace, 0x4202L, 7, 0L, &information);
  syscall(SYS_ptrace, 0x4203L, 7, 0L, &information);
  syscall(SYS_ptrace, 0x4209L, 7, &peek, &information);
  peek.flags = 6;
  syscall(SYS_ptrace, 0x4209L, 7, &peek, &information);
  struct ptrace_syscall_info call;
  for (int operation = 0; operation < 6; operation++) {
    memset(&call, 0, sizeof call);
    call.op = operation;
    call.arch = operation & 1 ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_I386;
    call.instruction_pointer = 0x401000;
    call.stack_pointer = 0x7ffff;
    call.entry.nr = 257;
    call.entry.args[0] = 5;
    call.seccomp.ret_data = 77;
    if (operation == 2) call.exit.rval = -2, call.exit.is_error = 1;
    for (unsigned size = 0; size <= sizeof call + 8; size += 8) syscall(SYS_ptrace, 0x420eL, 7, (long)size, &call);
  }
  return 0;
}
