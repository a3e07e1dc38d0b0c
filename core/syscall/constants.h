// Named constants of the kernel's interface, and the one layer that prints flags and enumerations by name.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "core/base/inline_text.h"

namespace polytap {

struct Constant {
  InlineText<63> name;
  uint64_t value = 0;
};

struct ConstantTable {
  std::span<const Constant> constants;
  std::string_view unknown;  // shown beside a value of no name: "MADV_???"

  // The first name of exactly VALUE; empty when it has none.
  std::string_view find(uint64_t value) const;
};

// strace's -X.
enum class ConstantStyle : uint8_t { kRaw, kAbbreviated, kVerbose };

// One of TABLE: MADV_FREE, or 0x4d /* MADV_??? */.
void append_enumeration(std::string& out, const ConstantTable& table, uint64_t value, ConstantStyle style);
// Any of TABLE: A|B|0x40; only unknown bits: 0x40 /* A_??? */; 0 when there is no name for it.
void append_flags(std::string& out, const ConstantTable& table, uint64_t value, ConstantStyle style);
// 0x1f, but 0 for 0.
void append_hex(std::string& out, uint64_t value);

// EPERM of 1; empty when there is none. The kernel's own (ERESTARTSYS) too.
std::string_view errno_name(int error);
std::string_view errno_text(int error);
// The number of a name; 0 when there is none.
int errno_number(std::string_view name);

// SIGCHLD of 17, SIGRT_5 of 37; "0x.." or a number when there is none.
std::string signal_name(int signal);
// CHLD of 17.
std::string short_signal_name(int signal);
// Of "SIGCHLD", "CHLD", "17"; 0 when it is none.
int signal_number(std::string_view name);

}  // namespace polytap
