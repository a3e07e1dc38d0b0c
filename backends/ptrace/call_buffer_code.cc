// The code that runs in tracees (call_buffer.h). It is copied there as it is: it refers to nothing outside of itself
// but fixed addresses, uses no vector registers, and runs on a stack in the thread's area.
#include <cstddef>

#include "backends/ptrace/call_buffer.h"

#define POLYTAP_IN_TRACEE                                                                                         \
  __attribute__((section("polytap_call_buffer"), noinline, used, target("general-regs-only"), no_stack_protector, \
                 no_sanitize("address", "undefined", "thread"), no_instrument_function))
#pragma GCC optimize("O2", "no-tree-vectorize", "no-tree-loop-distribute-patterns", "no-jump-tables")

using polytap::ArgumentCapture;
using polytap::CallArea;
using polytap::CallRecord;
using polytap::CapturedSegment;
using polytap::CaptureRecipe;

static_assert(offsetof(CallArea, back) == 0 && offsetof(CallArea, saved) == 8 && offsetof(CallArea, result) == 120 &&
              offsetof(CallArea, phase) == 128 && offsetof(CallArea, used) == 132);
static_assert(polytap::kAreaHeadBytes == 4096 && polytap::kBufferBase >> 40 == 0x4c);

extern "C" {
// Zero: the call cannot be buffered (now), and was not made.
long polytap_buffer_call(CallArea* area);
// Up to COUNT bytes, through a NUL if STRING; how many it was before memory ended.
uint64_t polytap_buffer_copy(void* to, uint64_t from, uint64_t count, uint64_t string);
void polytap_buffer_syscall(CallArea* area);
}

// The prologue has two scratch registers, rcx and r11: system calls change them anyway. gs is nobody's on x86-64 Linux,
// and points elsewhere than in our memory in a thread that has no area (yet), which then makes its calls as before.
asm(R"(
    .pushsection polytap_call_buffer, "ax", @progbits
    .globl polytap_buffer_entry, polytap_buffer_saved, polytap_buffer_restored_slow, polytap_buffer_restored
    .globl polytap_buffer_syscall, polytap_buffer_at_call, polytap_buffer_called, polytap_buffer_noted
    .globl polytap_buffer_copy, polytap_buffer_copy_loop, polytap_buffer_copied
polytap_buffer_entry:
    rdgsbase %r11
    shrq $40, %r11
    cmpq $0x4c, %r11
    jne 1f
    rdgsbase %r11
    cmpl $0, 128(%r11)
    jnz 1f
    movq %rcx, (%r11)
    movq %rax, 8(%r11)
    movq %rdi, 16(%r11)
    movq %rsi, 24(%r11)
    movq %rdx, 32(%r11)
    movq %r10, 40(%r11)
    movq %r8, 48(%r11)
    movq %r9, 56(%r11)
    movq %rbx, 64(%r11)
    movq %rbp, 72(%r11)
    movq %r12, 80(%r11)
    movq %r13, 88(%r11)
    movq %r14, 96(%r11)
    movq %r15, 104(%r11)
    movq %rsp, 112(%r11)
    movl $1, 128(%r11)
polytap_buffer_saved:
    leaq 4096(%r11), %rsp
    movq %r11, %rbx
    movq %r11, %rdi
    call polytap_buffer_call
    movq %rbx, %r11
    testq %rax, %rax
    movq (%r11), %rcx
    movq 16(%r11), %rdi
    movq 24(%r11), %rsi
    movq 32(%r11), %rdx
    movq 40(%r11), %r10
    movq 48(%r11), %r8
    movq 56(%r11), %r9
    movq 64(%r11), %rbx
    movq 112(%r11), %rsp
    jz 2f
    movq 120(%r11), %rax
    movl $0, 128(%r11)
polytap_buffer_restored:
    jmp *%rcx
2:  movq 8(%r11), %rax
    movl $0, 128(%r11)
polytap_buffer_restored_slow:
1:  subq $2, %rcx
    jmp *%rcx

polytap_buffer_syscall:
    movq %rdi, %r11
    pushq %rbx
    movq %rdi, %rbx
    movq 8(%rbx), %rax
    movq 16(%rbx), %rdi
    movq 24(%rbx), %rsi
    movq 32(%rbx), %rdx
    movq 40(%rbx), %r10
    movq 48(%rbx), %r8
    movq 56(%rbx), %r9
polytap_buffer_at_call:
    syscall
polytap_buffer_called:
    movq %rax, 120(%rbx)
    movl $3, 128(%rbx)
polytap_buffer_noted:
    popq %rbx
    ret

polytap_buffer_copy:
    movq %rcx, %r8
    xorl %ecx, %ecx
polytap_buffer_copy_loop:
3:  cmpq %rcx, %rdx
    je polytap_buffer_copied
    movb (%rsi,%rcx), %al
    movb %al, (%rdi,%rcx)
    incq %rcx
    testq %r8, %r8
    jz 3b
    testb %al, %al
    jnz 3b
polytap_buffer_copied:
    movq %rcx, %rax
    ret
    .popsection
)");

namespace {

using Kind = ArgumentCapture::Kind;

POLYTAP_IN_TRACEE uint64_t timestamp() {
  uint32_t low = 0;
  uint32_t high = 0;
  asm volatile("rdtsc" : "=a"(low), "=d"(high));
  return static_cast<uint64_t>(high) << 32 | low;
}

POLYTAP_IN_TRACEE std::byte* capture(CallRecord* record, std::byte* at, uint64_t address, uint64_t count, bool string) {
  if (address == 0 || count == 0) return at;
  auto* segment = reinterpret_cast<CapturedSegment*>(at);
  const uint64_t got = polytap_buffer_copy(segment + 1, address, count, string ? 1 : 0);
  if (got == 0) return at;
  segment->address = address;
  segment->length = static_cast<uint32_t>(got);
  segment->padded = static_cast<uint32_t>((got + 7) & ~7UL);
  record->segments++;
  return at + sizeof *segment + segment->padded;
}

POLYTAP_IN_TRACEE std::byte* capture_inputs(const CaptureRecipe* recipe, CallRecord* record, std::byte* at) {
  for (uint32_t i = 0; i < CaptureRecipe::kCaptures; i++) {
    const ArgumentCapture* each = &recipe->captures[i];
    const uint64_t address = record->arguments[each->argument];
    if (each->kind == Kind::kFixedIn) {
      at = capture(record, at, address, each->size, false);
    } else if (each->kind == Kind::kStringIn) {
      at = capture(record, at, address, each->size, true);
    } else if (each->kind == Kind::kBufferIn) {
      const uint64_t length = record->arguments[each->length_argument];
      at = capture(record, at, address, length < each->size ? length : each->size, false);
    }
  }
  return at;
}

POLYTAP_IN_TRACEE std::byte* capture_outputs(const CaptureRecipe* recipe, CallRecord* record, std::byte* at) {
  for (uint32_t i = 0; i < CaptureRecipe::kCaptures; i++) {
    const ArgumentCapture* each = &recipe->captures[i];
    const uint64_t address = record->arguments[each->argument];
    if (each->kind == Kind::kFixedOut) {
      at = capture(record, at, address, each->size, false);
    } else if (each->kind == Kind::kBufferOut) {
      const auto length = static_cast<uint64_t>(record->result);
      at = capture(record, at, address, length < each->size ? length : each->size, false);
    }
  }
  return at;
}

}  // namespace

POLYTAP_IN_TRACEE long polytap_buffer_call(CallArea* area) {
  // A system call takes its number from all of rax.
  const uint64_t number = area->saved.rax;
  if (number >= polytap::kBufferedCalls) return 0;
  const auto* recipe =
      reinterpret_cast<const CaptureRecipe*>(polytap::kBufferBase + polytap::kBufferCodeBytes) + number;
  if (recipe->possible == 0) return 0;
  if (recipe->command_below != 0 && area->saved.rsi >= recipe->command_below) return 0;
  const uint32_t used = area->used;
  area->begun = used;
  if (used + sizeof(CallRecord) + recipe->worst_bytes > polytap::kAreaDataBytes) return 0;
  auto* record = reinterpret_cast<CallRecord*>(reinterpret_cast<std::byte*>(area) + polytap::kAreaHeadBytes + used);
  record->segments = 0;
  record->number = number;
  record->arguments[0] = area->saved.rdi;
  record->arguments[1] = area->saved.rsi;
  record->arguments[2] = area->saved.rdx;
  record->arguments[3] = area->saved.r10;
  record->arguments[4] = area->saved.r8;
  record->arguments[5] = area->saved.r9;
  record->back = area->back;
  auto* at = reinterpret_cast<std::byte*>(record + 1);
  at = capture_inputs(recipe, record, at);
  record->bytes = static_cast<uint32_t>(at - reinterpret_cast<std::byte*>(record));
  record->entry_tsc = timestamp();
  asm volatile("" ::: "memory");
  area->phase = polytap::kBufferCalling;
  asm volatile("" ::: "memory");
  polytap_buffer_syscall(area);
  asm volatile("" ::: "memory");
  record->exit_tsc = timestamp();
  record->result = area->result;
  constexpr uint64_t kFirstError = -4095UL;
  if (static_cast<uint64_t>(record->result) < kFirstError) at = capture_outputs(recipe, record, at);
  record->bytes = static_cast<uint32_t>(at - reinterpret_cast<std::byte*>(record));
  asm volatile("" ::: "memory");
  area->used = used + record->bytes;
  return 1;
}

extern "C" {
// The linker makes these for a section whose name is a C name.
extern const std::byte __start_polytap_call_buffer[];
extern const std::byte __stop_polytap_call_buffer[];
extern const std::byte polytap_buffer_entry[];
extern const std::byte polytap_buffer_saved[];
extern const std::byte polytap_buffer_restored_slow[];
extern const std::byte polytap_buffer_restored[];
extern const std::byte polytap_buffer_at_call[];
extern const std::byte polytap_buffer_called[];
extern const std::byte polytap_buffer_noted[];
extern const std::byte polytap_buffer_copy_loop[];
extern const std::byte polytap_buffer_copied[];
}

namespace polytap {

BufferCode buffer_code() {
  const auto offset = [](const std::byte* place) { return static_cast<size_t>(place - __start_polytap_call_buffer); };
  BufferCode code;
  code.bytes = {__start_polytap_call_buffer, offset(__stop_polytap_call_buffer)};
  code.entry = offset(polytap_buffer_entry);
  code.saved = offset(polytap_buffer_saved);
  code.call = offset(polytap_buffer_at_call);
  code.called = offset(polytap_buffer_called);
  code.noted = offset(polytap_buffer_noted);
  code.restored_slow = offset(polytap_buffer_restored_slow);
  code.restored = offset(polytap_buffer_restored);
  code.copy = offset(polytap_buffer_copy_loop);
  code.copied = offset(polytap_buffer_copied);
  return code;
}

}  // namespace polytap
