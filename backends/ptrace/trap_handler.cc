#include "backends/ptrace/trap_handler.h"

#include <sys/syscall.h>

// handler(rdi: number, rsi: siginfo, rdx: ucontext). Searches the table for the instruction pointer less one (int3 is
// one byte long) and puts the slot in its place; when it is in a slot already, the tracer was killed just before it let
// the thread go. A trap that is not ours goes to who was there before: that action is
// put back, and the signal is sent again.
// 168 is offsetof(ucontext_t, uc_mcontext.gregs[REG_RIP]); 24 is sizeof(TrapTableEntry).
asm(R"(
    .pushsection .rodata, "a"
    .balign 16
polytap_trap_begin:
    .ascii "polytap trap 1\n"
    .byte 0
polytap_trap_handler:
    endbr64
    movq 168(%rdx), %rcx
    leaq -1(%rcx), %rax
    leaq polytap_trap_table(%rip), %r8
    movq polytap_trap_count(%rip), %r9
1:  testq %r9, %r9
    jz 2f
    cmpq %rax, (%r8)
    je 3f
    cmpq %rcx, 8(%r8)
    je 4f
    addq $24, %r8
    decq %r9
    jmp 1b
3:  movq 8(%r8), %rcx
    movq %rcx, 168(%rdx)
4:  ret
2:  movl $13, %eax
    movl $5, %edi
    leaq polytap_trap_former(%rip), %rsi
    xorl %edx, %edx
    movl $8, %r10d
    syscall
    movl $39, %eax
    syscall
    movl %eax, %edi
    movl $186, %eax
    syscall
    movl %eax, %esi
    movl $5, %edx
    movl $234, %eax
    syscall
    ret
polytap_trap_restorer:
    movl $15, %eax
    syscall
    .balign 8
polytap_trap_former:
    .skip 32
polytap_trap_count:
    .quad 0
polytap_trap_table:
    .popsection
)");

extern "C" {
extern const std::byte polytap_trap_begin[];
extern const std::byte polytap_trap_handler[];
extern const std::byte polytap_trap_restorer[];
extern const std::byte polytap_trap_former[];
extern const std::byte polytap_trap_count[];
extern const std::byte polytap_trap_table[];
}

namespace polytap {

static_assert(SYS_rt_sigaction == 13 && SYS_getpid == 39 && SYS_gettid == 186 && SYS_tgkill == 234 &&
              SYS_rt_sigreturn == 15);
static_assert(sizeof(TrapTableEntry) == 24 && sizeof(KernelSignalAction) == 32);

static_assert(kTrapTableEntries * sizeof(TrapTableEntry) + 4096 <= kControlBytes);

TrapHandlerImage trap_handler_image() {
  const auto offset = [](const std::byte* place) { return static_cast<size_t>(place - polytap_trap_begin); };
  TrapHandlerImage image;
  image.bytes = {polytap_trap_begin, offset(polytap_trap_table)};
  image.handler = offset(polytap_trap_handler);
  image.restorer = offset(polytap_trap_restorer);
  image.former = offset(polytap_trap_former);
  image.count = offset(polytap_trap_count);
  image.table = offset(polytap_trap_table);
  return image;
}

}  // namespace polytap
