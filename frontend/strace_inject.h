// strace's -e inject= and -e fault=: what is done to calls, and when.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "core/base/result.h"
#include "core/syscall/trace.h"
#include "frontend/strace_filter.h"

namespace polytap {

struct InjectRule {
  CallSet calls;
  CallTampering tampering;
  // The calls FIRST, FIRST+STEP ... up to LAST, counted per call and per tracee.
  uint32_t first = 1;
  uint32_t last = UINT32_MAX;
  uint32_t step = 1;

  bool applies(uint32_t count) const {
    return count >= first && count <= last && (step == 0 ? count == first : (count - first) % step == 0);
  }
};

// "SET:error=ENOSPC:when=3+". IS_FAULT: an error of ENOSYS is what is meant when nothing else is said.
Result<InjectRule> parse_inject_rule(std::string_view text, bool is_fault);

// Counts the calls of each tracee.
class InjectCounter {
 public:
  // The rule that holds for this call of TID; later rules for the same call replace earlier ones.
  const InjectRule* next(const std::vector<InjectRule>& rules, pid_t tid, uint64_t number);
  void forget(pid_t tid);

 private:
  std::map<std::pair<pid_t, uint64_t>, uint32_t> counts_;
};

}  // namespace polytap
