// What strace's -e options select: sets of calls, signals and outcomes.
#pragma once

#include <bitset>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace polytap {

// Calls by number. Numbers of no call belong to it when `others` does.
struct CallSet {
  static constexpr size_t kSize = 512;
  std::bitset<kSize> members;
  bool others = false;

  static CallSet all();
  bool contains(uint64_t number) const { return number < kSize ? members[number] : others; }
  bool is_all() const { return members.all() && others; }
};

// "open,close", "%file", "!%desc", "/^get", "all", "none", "?unknown".
Result<CallSet> parse_call_set(std::string_view text);

// Signals 1..64 as bits 0..63. "SIGCHLD,INT", "!SIGCHLD", "all", "none".
Result<uint64_t> parse_signal_set(std::string_view text);

// "ENOENT,13"
Result<std::vector<int>> parse_errno_set(std::string_view text);

enum class CallStatus : uint8_t { kSuccessful = 1, kFailed = 2, kUnfinished = 4, kUnavailable = 8, kDetached = 16 };
inline constexpr uint8_t kAnyStatus = 31;
// A set of CallStatus.
Result<uint8_t> parse_status_set(std::string_view text);

}  // namespace polytap
