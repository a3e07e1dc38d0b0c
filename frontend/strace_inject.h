// strace's -e inject= and -e fault=: what is done to calls, and when.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/syscall/trace.h"
#include "frontend/strace_filter.h"

namespace polytap {

struct InjectRule {
  std::string text;     // as it was given
  std::string warning;  // about it; mostly empty
  CallSet calls;
  CallTampering tampering;
  bool silent = false;  // by the kernel's filter alone: always, without a stop, and not shown
  // The calls FIRST, FIRST+STEP ... up to LAST, counted per call and per tracee.
  uint32_t first = 1;
  uint32_t last = UINT32_MAX;
  uint32_t step = 1;

  bool applies(uint32_t count) const {
    return !silent && count >= first && count <= last && (step == 0 ? count == first : (count - first) % step == 0);
  }
};

// "SET:error=ENOSPC:when=3+". IS_FAULT: an error of ENOSYS is what is meant when nothing else is said.
Result<InjectRule> parse_inject_rule(std::string_view text, bool is_fault);

// Counts the calls of each tracee, and says what is done to them.
class InjectCounter {
 public:
  // RATE: how probable an injection is where a rule applies; which they are depends on nothing but SEED, the tracee's
  // place in the order of tracees, the call and its count.
  InjectCounter(uint64_t seed, double rate) : seed_(seed), rate_(rate) {}
  // What is to be done to this call of TID. Of several rules the last one that applies now holds.
  // STACK: the caller's, for the report; null: without stacks.
  CallTampering next(const std::vector<InjectRule>& rules, pid_t tid, const CallValues& call,
                     const std::function<std::string()>& stack);
  void forget(pid_t tid);
  // A line per rule and call, and the stacks behind them with how often they came; empty without rules.
  std::string report(const std::vector<InjectRule>& rules) const;

 private:
  struct Count {
    uint64_t tracee = 0;  // its place in the order of tracees
    std::map<uint64_t, uint32_t> calls;
  };
  struct Injected {
    uint64_t calls = 0;
    uint64_t injected = 0;
    pid_t first_tid = 0;
    uint32_t first_count = 0;
    std::vector<std::pair<std::string, uint64_t>> places;  // by stack, in the order of the first of each
    uint64_t elsewhere = 0;                                // places beyond the most that are told apart
  };
  static void note_place(Injected& injected, std::string stack);
  bool is_chosen(uint64_t tracee, uint64_t number, uint32_t count) const;

  uint64_t seed_;
  double rate_;
  uint64_t tracees_ = 0;
  std::map<pid_t, Count> counts_;
  std::map<std::pair<size_t, uint64_t>, Injected> injected_;  // by rule and call
};

}  // namespace polytap
