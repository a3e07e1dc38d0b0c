// System call instructions of one address space that were replaced by jumps to the buffering code.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <unordered_map>

#include "backends/ptrace/tracee_memory.h"

namespace polytap {

// `syscall; cmp $ERROR, %rax` (of glibc's wrappers) has become `jmp slot`. The slot lies in the unused rest of the same
// mapping's last page:
//
//   entry:  lea back(%rip), %rcx;  jmp *code(%rip)
//           syscall                                  the slow way, with a stop as ever
//   back:   cmp $ERROR, %rax;  jmp behind the site
//   code:   .quad
struct CallSite {
  uint64_t address = 0;
  uint64_t slot = 0;
  uint64_t back = 0;
  uint64_t end = 0;  // behind the comparison, in the program
  uint8_t compare_bytes = 0;
  bool compares_32 = false;
  int32_t compared = 0;
};

class CallSites {
 public:
  static constexpr size_t kSiteBytes = 8;

  // A call that could have been buffered was made; ADDRESS is behind its instruction. True when it is worth patching.
  bool is_hot(uint64_t address);
  // Replaces the instruction before ADDRESS. Nothing when it is of another form, or there is no room; it is not asked
  // for again. No other thread may be about to execute it.
  const CallSite* patch(pid_t tid, uint64_t address);
  // The site whose instruction lies before ADDRESS.
  const CallSite* before(uint64_t address) const;
  const CallSite* with_back(uint64_t back) const;
  // The site in whose slot ADDRESS lies.
  const CallSite* around(uint64_t address) const;

  bool attached = false;  // the shared memory is mapped
  bool refused = false;   // it cannot be, or must not

 private:
  struct Room {
    uint64_t next = 0;
    uint64_t end = 0;
  };
  std::optional<uint64_t> take_slot(pid_t tid, const TraceeMemory& memory, uint64_t address);

  std::unordered_map<uint64_t, uint32_t> hits_;
  uint32_t all_hits_ = 0;
  std::unordered_map<uint64_t, CallSite> sites_;  // by the address behind the instruction
  std::map<uint64_t, uint64_t> slots_;            // slot -> that address
  std::map<uint64_t, Room> rooms_;                // by the start of the mapping
};

}  // namespace polytap
