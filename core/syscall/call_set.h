// Sets of system calls, as strace's -e trace= and the language's syscall: probes name them.
#pragma once

#include <bitset>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/syscall/call_text.h"

namespace polytap {

// What strace's sets have in common: "a,b", "!a", "all", "none". The error is `invalid WHAT 'TEXT'`.
struct SetWords {
  bool inverted = false;
  bool all = false;
  std::vector<std::string_view> words;
};
Result<SetWords> split_set(std::string_view text, std::string_view what);

// Calls by their number among those of x86-64, and by the interface that they are made by. Numbers of no call belong to
// it when `others` does.
struct CallSet {
  static constexpr size_t kSize = 512;
  using Members = std::bitset<kSize>;
  Members members;       // of 64-bit calls
  Members i386_members;  // of i386 programs' calls that do the same
  Members x32_members;
  bool others = false;

  static CallSet all();
  bool contains(uint64_t number, CallInterface interface = CallInterface::kNative) const {
    const Members& own = interface == CallInterface::kNative ? members
                         : interface == CallInterface::kI386 ? i386_members
                                                             : x32_members;
    return number < kSize ? own[number] : others;
  }
  bool is_all() const { return members.all() && i386_members.all() && x32_members.all() && others; }
};

// "open,close", "%file", "!%desc", "/^get", "all", "none", "?unknown"; "open@64", "open@32", "open@x32" are those of
// one interface. Names that only i386 programs have ("stat64") are theirs alone.
Result<CallSet> parse_call_set(std::string_view text);

// The numbers of the calls of a class, written without its first '%': "file", "net", "%stat". Nullopt: no such class.
std::optional<std::vector<uint32_t>> calls_of_class(std::string_view name);
std::vector<std::string_view> call_classes();

// The numbers of the calls whose names match a POSIX extended regular expression.
Result<std::vector<uint32_t>> calls_matching(std::string_view expression);

}  // namespace polytap
