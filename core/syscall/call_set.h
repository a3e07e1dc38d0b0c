// Sets of system calls, as strace's -e trace= and the language's syscall: probes name them.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace polytap {

// What strace's sets have in common: "a,b", "!a", "all", "none". The error is `invalid WHAT 'TEXT'`.
struct SetWords {
  bool inverted = false;
  bool all = false;
  std::vector<std::string_view> words;
};
Result<SetWords> split_set(std::string_view text, std::string_view what);

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

// The numbers of the calls of a class, written without its first '%': "file", "net", "%stat". Nullopt: no such class.
std::optional<std::vector<uint32_t>> calls_of_class(std::string_view name);
std::vector<std::string_view> call_classes();

// The numbers of the calls whose names match a POSIX extended regular expression.
Result<std::vector<uint32_t>> calls_matching(std::string_view expression);

}  // namespace polytap
