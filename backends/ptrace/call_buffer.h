// System calls that a tracee writes down by itself, without a stop: the memory that it shares with the tracer, and the
// code that runs in it (docs/adr/ptrace-call-buffer.md).
//
// In the tracee all of it lies at one fixed address, so that a seccomp filter can tell the buffering code's own calls
// by their instruction pointer. Each thread has an area of its own, to which its gs base points.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/syscall/capture.h"

namespace polytap {

inline constexpr uint64_t kBufferBase = 0x4c0000000000;
inline constexpr size_t kBufferCodeBytes = 8192;
inline constexpr uint32_t kBufferedCalls = 512;  // numbers with a recipe
inline constexpr size_t kRecipeBytes = 32768;
inline constexpr size_t kAreaBytes = 65536;
inline constexpr size_t kAreaHeadBytes = 4096;  // the fields, and the stack below the data
inline constexpr size_t kAreaDataBytes = kAreaBytes - kAreaHeadBytes;
inline constexpr size_t kAreaCount = 1024;
inline constexpr size_t kFirstArea = kBufferCodeBytes + kRecipeBytes;
inline constexpr size_t kBufferBytes = kFirstArea + kAreaCount * kAreaBytes;
static_assert(sizeof(CaptureRecipe) * kBufferedCalls <= kRecipeBytes);

// What the thread is at; a signal that arrives meanwhile is delivered as if the buffering code were not there.
enum BufferPhase : uint32_t {
  kBufferIdle = 0,
  kBufferBefore = 1,   // the registers are saved, the call has not begun
  kBufferCalling = 2,  // the record shows what is known at the entry
  kBufferDone = 3,     // the result is there
};

struct BufferRegisters {
  uint64_t rax, rdi, rsi, rdx, r10, r8, r9, rbx, rbp, r12, r13, r14, r15, rsp;
};

// The offsets are written in call_buffer_code.cc too.
struct CallArea {
  uint64_t back;  // where to go on: behind the slow call of the site's slot
  BufferRegisters saved;
  int64_t result;
  uint32_t phase;
  uint32_t used;   // bytes of the data that hold finished records
  uint32_t begun;  // what USED was when the last call began
};

struct CallRecord {
  uint32_t bytes;     // of the record with its segments
  uint32_t segments;  // that follow
  uint64_t number;
  uint64_t arguments[6];
  int64_t result;
  uint64_t entry_tsc;
  uint64_t exit_tsc;
  uint64_t back;
};

struct CapturedSegment {
  uint64_t address;
  uint32_t length;
  uint32_t padded;  // the bytes that follow, a multiple of eight
};

// The code, and places in it as offsets.
struct BufferCode {
  std::span<const std::byte> bytes;
  size_t entry = 0;          // registers as at the call, rcx = back
  size_t saved = 0;          // from here on the area has the registers
  size_t call = 0;           // the one system call instruction
  size_t called = 0;         // behind it
  size_t noted = 0;          // the result is in the area
  size_t restored_slow = 0;  // from here on the registers are as at the call, rcx = where the slow call is
  size_t restored = 0;       // from here on they are as behind the call, rcx = back
  size_t copy = 0;           // what may fault; rcx counts
  size_t copied = 0;         // where to go on after a fault
};
BufferCode buffer_code();

}  // namespace polytap
