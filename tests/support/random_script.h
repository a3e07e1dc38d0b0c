// Random scripts of the language, as text: for differential tests of the whole way from the parser to the kernel.
#pragma once

#include <cstdint>
#include <string>

namespace polytap::test {

struct RandomScriptOptions {
  uint32_t statements = 12;  // about how many in a clause
  // Memory to read in user space, of at least 256 bytes, the last of them NUL. 0: no memory reads.
  uint64_t readable_address = 0;
  uint32_t readable_size = 0;
  uint64_t unreadable_address = 0;  // every read there fails; 0: none are tried
};

// Clauses on kRandomScriptSite of the fake catalog and on BEGIN, with functions that they call. Equal seeds and options
// give equal scripts. Everything in them is the same wherever they run: no times, no random numbers, and what loops
// over maps do does not depend on the order of the entries.
std::string random_script(uint64_t seed, const RandomScriptOptions& options);

inline constexpr const char* kRandomScriptSite = "tracepoint:sched:sched_switch";

}  // namespace polytap::test
