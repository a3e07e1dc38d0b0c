// What a tracee needs to live with breakpoints when nobody traces it any more: a handler for SIGTRAP.
//
// While polytap traces, it takes each SIGTRAP and the handler never runs. When polytap is killed, the breakpoints stay,
// and the handler sends each thread that hits one on to the copy of the instruction that lies there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace polytap {

// One breakpoint in the handler's table, which lies behind its code and grows up to the end of its memory.
struct TrapTableEntry {
  uint64_t address = 0;
  uint64_t slot = 0;
  uint64_t original = 0;  // the byte that the breakpoint stands on
};

// struct sigaction as the system call has it (x86-64).
struct KernelSignalAction {
  uint64_t handler = 0;
  uint64_t flags = 0;
  uint64_t restorer = 0;
  uint64_t mask = 0;
};

// Position-independent code, with a header to recognize it by; what follows are its data.
struct TrapHandlerImage {
  std::span<const std::byte> bytes;
  size_t handler = 0;  // offsets from the start
  size_t restorer = 0;
  size_t former = 0;  // KernelSignalAction: who was there before
  size_t count = 0;   // uint64_t: entries in use
  size_t table = 0;   // the first TrapTableEntry; behind the image's bytes
};
TrapHandlerImage trap_handler_image();

// The memory that a tracee is made to map for it, and how many entries have room there.
inline constexpr size_t kControlBytes = size_t{1} << 20;
inline constexpr size_t kTrapTableEntries = 43'000;

}  // namespace polytap
