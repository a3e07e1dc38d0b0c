// Threads that are taken into and out of the buffering code: attaching, and what signals find.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <x86intrin.h>

#include <bit>
#include <cstring>

#include "backends/ptrace/buffered_calls.h"
#include "backends/ptrace/injected_calls.h"

namespace polytap {
namespace {

constexpr int64_t kFirstRestart = -516;  // ERESTART_RESTARTBLOCK, include/linux/errno.h
constexpr int64_t kLastRestart = -512;   // ERESTARTSYS

bool is_restart(const user_regs_struct& registers) {
  const auto result = static_cast<int64_t>(registers.rax);
  return static_cast<int64_t>(registers.orig_rax) >= 0 && result >= kFirstRestart && result <= kLastRestart;
}

bool set_instruction_pointer(pid_t tid, uint64_t address) {
  return ptrace(PTRACE_POKEUSER, tid, offsetof(user_regs_struct, rip), address) == 0;
}

// `cmp $COMPARED, %rax` of SITE.
uint64_t flags_of_comparison(const CallSite& site, uint64_t rax, uint64_t flags) {
  constexpr uint64_t kCarry = 1, kParity = 4, kAdjust = 0x10, kZero = 0x40, kSign = 0x80, kOverflow = 0x800;
  const unsigned top = site.compares_32 ? 31 : 63;
  const uint64_t mask = site.compares_32 ? 0xffffffff : UINT64_MAX;
  const uint64_t left = rax & mask;
  const uint64_t right = static_cast<uint64_t>(static_cast<int64_t>(site.compared)) & mask;
  const uint64_t difference = (left - right) & mask;
  flags &= ~(kCarry | kParity | kAdjust | kZero | kSign | kOverflow);
  if (left < right) flags |= kCarry;
  if (std::popcount(difference & 0xff) % 2 == 0) flags |= kParity;
  if (((left ^ right ^ difference) & 0x10) != 0) flags |= kAdjust;
  if (difference == 0) flags |= kZero;
  if ((difference >> top & 1) != 0) flags |= kSign;
  if ((((left ^ right) & (left ^ difference)) >> top & 1) != 0) flags |= kOverflow;
  return flags;
}

// Behind the comparison, in the program's own code.
void finish_site(const CallSite& site, user_regs_struct& registers) {
  registers.eflags = flags_of_comparison(site, registers.rax, registers.eflags);
  registers.rip = site.end;
  registers.orig_rax = UINT64_MAX;
}

void restore(const BufferRegisters& saved, user_regs_struct& registers) {
  registers.rdi = saved.rdi;
  registers.rsi = saved.rsi;
  registers.rdx = saved.rdx;
  registers.r10 = saved.r10;
  registers.r8 = saved.r8;
  registers.r9 = saved.r9;
  registers.rbx = saved.rbx;
  registers.rbp = saved.rbp;
  registers.r12 = saved.r12;
  registers.r13 = saved.r13;
  registers.r14 = saved.r14;
  registers.r15 = saved.r15;
  registers.rsp = saved.rsp;
}

Status map_buffers(CallsOnDemand& calls, const TraceeMemory& memory, const std::string& path) {
  constexpr uint64_t kData = kBufferBase + kBufferCodeBytes;
  constexpr uint64_t kNoFile = UINT64_MAX;
  // First for the name of the file; elsewhere there may be no room for it.
  ASSIGN_OR_RETURN(
      const uint64_t at,
      calls.call(SYS_mmap, {kBufferBase, kBufferBytes, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, kNoFile, 0}));
  // Kernels that do not know MAP_FIXED_NOREPLACE take the address for a wish.
  if (at != kBufferBase) return Error("the memory is in use", EEXIST);
  TRY(memory.write(kBufferBase, std::as_bytes(std::span(path.c_str(), path.size() + 1))));
  const auto fd = calls.call(SYS_openat, {static_cast<uint64_t>(AT_FDCWD), kBufferBase, O_RDWR | O_CLOEXEC, 0, 0, 0});
  Status mapped;
  if (!fd) mapped = fd.error();
  if (mapped.ok()) {
    const auto data = calls.call(SYS_mmap, {kData, kBufferBytes - kBufferCodeBytes, PROT_READ | PROT_WRITE,
                                            MAP_SHARED | MAP_FIXED, *fd, kBufferCodeBytes});
    const auto code =
        calls.call(SYS_mmap, {kBufferBase, kBufferCodeBytes, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, *fd, 0});
    TRY(calls.call(SYS_close, {*fd, 0, 0, 0, 0, 0}));
    if (!data) mapped = data.error();
    if (!code) mapped = code.error();
  }
  if (mapped.ok()) TRY(calls.call(SYS_madvise, {kBufferBase, kBufferBytes, MADV_DONTDUMP, 0, 0, 0}));
  if (!mapped.ok()) TRY(calls.call(SYS_munmap, {kBufferBase, kBufferBytes, 0, 0, 0, 0}));
  return mapped;
}

}  // namespace

std::optional<int> BufferedCalls::attach(BufferedThread& thread) {
  thread.sites->refused = true;
  errno = 0;
  const long gs_base = ptrace(PTRACE_PEEKUSER, thread.tid, offsetof(user_regs_struct, gs_base), nullptr);
  const auto memory = TraceeMemory::open(thread.tid);
  if (gs_base != 0 || errno != 0 || !memory) return std::nullopt;
  CallsOnDemand calls(thread.tid, *memory, false);
  const Status mapped = map_buffers(calls, *memory, areas_->path());
  if (const auto end = calls.finish()) return end;
  if (!mapped.ok()) return std::nullopt;
  thread.sites->refused = false;
  thread.sites->attached = true;
  equip(thread);
  return std::nullopt;
}

bool BufferedCalls::leave_patched_site(const BufferedThread& thread, uint64_t instruction_pointer) {
  const CallSite* site = thread.sites->before(instruction_pointer);
  return site != nullptr && set_instruction_pointer(thread.tid, site->back);
}

uint64_t BufferedCalls::program_address(const BufferedThread& thread, uint64_t instruction_pointer) {
  const CallSite* site = thread.sites->around(instruction_pointer);
  return site != nullptr ? site->address + 2 : instruction_pointer;
}

void BufferedCalls::roll_back(BufferedThread& thread, user_regs_struct& registers) {
  const CallArea& area = *thread.area;
  const CallSite* site = thread.sites->with_back(area.back);
  restore(area.saved, registers);
  registers.rax = area.saved.rax;
  registers.rip = site != nullptr ? site->address : area.back - 2;
  registers.orig_rax = UINT64_MAX;
  thread.area->phase = kBufferIdle;
}

// The call is done, or (RESULT asks for a restart) interrupted; its record may be unfinished.
void BufferedCalls::roll_forward(BufferedThread& thread, user_regs_struct& registers, int64_t result) {
  CallArea& area = *thread.area;
  report();
  const uint32_t begun = area.begun;
  // The thread is stopped, but others of its process can write here.
  if (area.used == begun && begun <= kAreaDataBytes - sizeof(CallRecord)) {
    CallRecord record;
    const std::byte* data = reinterpret_cast<const std::byte*>(&area) + kAreaHeadBytes + begun;
    memcpy(&record, data, sizeof record);
    const std::byte* segments = data + sizeof record;
    if (record.bytes >= sizeof record && record.bytes <= kAreaDataBytes - begun) {
      record.result = result;
      record.exit_tsc = __rdtsc();
      look_at_clocks();
      const LiveMemory live(thread.tid);
      if (!thread.entry_shown) report_entry(thread, record, segments);
      thread.entry_shown = false;
      report_exit(thread, record, segments, &live);
    }
  }
  restore(area.saved, registers);
  registers.rax = static_cast<uint64_t>(result);
  registers.rip = area.back;
  area.phase = kBufferIdle;
  const CallSite* site = thread.sites->with_back(area.back);
  // The kernel restarts by stepping back over the slow call that lies before BACK.
  if (site != nullptr && !is_restart(registers)) finish_site(*site, registers);
}

// False: as before_signal().
bool BufferedCalls::leave_code(BufferedThread& thread, user_regs_struct& registers, const siginfo_t& info) {
  static const BufferCode code = buffer_code();
  const size_t at = registers.rip - kBufferBase;
  const bool is_fault = (info.si_signo == SIGSEGV || info.si_signo == SIGBUS) && info.si_code > 0;
  if (is_fault && at >= code.copy && at < code.copied) {
    registers.rip = kBufferBase + code.copied;
    return false;
  }
  if (at == code.restored) {
    const CallSite* site = thread.sites->with_back(registers.rcx);
    if (site != nullptr) finish_site(*site, registers);
  } else if (thread.area == nullptr || thread.area->phase == kBufferIdle) {
    const CallSite* site = thread.sites->around(registers.rcx);
    if (site != nullptr) registers.rip = site->address;
  } else if (thread.area->phase == kBufferDone) {
    roll_forward(thread, registers, thread.area->result);
  } else if (at >= code.called && at < code.noted) {
    roll_forward(thread, registers, static_cast<int64_t>(registers.rax));
  } else {
    roll_back(thread, registers);
  }
  return true;
}

bool BufferedCalls::before_signal(BufferedThread& thread, const siginfo_t& info) {
  if (thread.sites == nullptr || !thread.sites->attached) return true;
  user_regs_struct registers{};
  if (ptrace(PTRACE_GETREGS, thread.tid, nullptr, &registers) != 0) return true;
  bool deliver = true;
  const CallSite* slot = thread.sites->around(registers.rip);
  if (registers.rip >= kBufferBase && registers.rip < kBufferBase + kBufferCodeBytes) {
    deliver = leave_code(thread, registers, info);
  } else if (slot != nullptr && registers.rip < slot->back) {
    registers.rip = slot->address;
  } else if (slot != nullptr && registers.rip == slot->back) {
    if (is_restart(registers)) return true;
    finish_site(*slot, registers);
  } else if (slot != nullptr) {
    registers.rip = slot->end;
  } else {
    return true;
  }
  ptrace(PTRACE_SETREGS, thread.tid, nullptr, &registers);
  return deliver;
}

}  // namespace polytap
