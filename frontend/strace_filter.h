// What strace's -e options select: sets of calls, signals and outcomes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/syscall/call_set.h"

namespace polytap {

// Signals 1..64 as bits 0..63. "SIGCHLD,INT", "!SIGCHLD", "all", "none".
Result<uint64_t> parse_signal_set(std::string_view text);

// "ENOENT,13"
Result<std::vector<int>> parse_errno_set(std::string_view text);

enum class CallStatus : uint8_t { kSuccessful = 1, kFailed = 2, kUnfinished = 4, kUnavailable = 8, kDetached = 16 };
inline constexpr uint8_t kAnyStatus = 31;
// A set of CallStatus.
Result<uint8_t> parse_status_set(std::string_view text);

}  // namespace polytap
