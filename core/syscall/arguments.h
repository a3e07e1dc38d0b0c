// Argument kinds: what an argument of a system call is and how it is shown. calls.inc describes every call by them.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "core/syscall/call_text.h"
#include "core/syscall/constants.h"

namespace polytap {

struct ArgumentKind;
struct Structure;
using ArgumentPrinter = void (*)(CallText& text, uint64_t value, const ArgumentKind& kind);

struct ArgumentKind {
  // Which way data goes through the pointer: at entry, at exit. kByCommand: another argument decides.
  // kAddendum: no argument of the call, but what its exit adds to the argument before: {..} => {..}.
  enum class Direction : uint8_t { kValue, kIn, kOut, kByCommand, kAddendum };
  ArgumentPrinter print = nullptr;
  Direction direction = Direction::kValue;
  const ConstantTable* table = nullptr;  // flags, enumerations
  uint32_t size = 0;                     // of what the pointer shows at; 0: not fixed, or no pointer
  uint8_t length_argument = 0;           // kIn buffers and arrays: which argument has the length or count
  bool (*known_at_entry)(const CallText& text) = nullptr;  // kByCommand
  const Structure* structure = nullptr;                    // what the pointer shows at, as data

  friend constexpr bool operator==(const ArgumentKind&, const ArgumentKind&) = default;
};

enum class ReturnKind : uint8_t { kDecimal, kUnsigned, kHex, kOctal, kFd, kNone };

// The classes of -e trace=%CLASS.
enum CallClass : uint32_t {
  kFile = 1U << 0,
  kDesc = 1U << 1,
  kMemory = 1U << 2,
  kNet = 1U << 3,
  kCreds = 1U << 4,
  kSignal = 1U << 5,
  kProcess = 1U << 6,
  kIpc = 1U << 7,
  kClock = 1U << 8,
  kPure = 1U << 9,
  kStat = 1U << 10,
  kLstat = 1U << 11,
  kFstat = 1U << 12,
  kAnyStat = 1U << 13,
  kStatfs = 1U << 14,
  kFstatfs = 1U << 15,
  kAnyStatfs = 1U << 16,
};

struct CallDescription {
  std::string_view name;
  ReturnKind returns = ReturnKind::kDecimal;
  uint8_t argument_count = 0;
  std::array<ArgumentKind, 6> argument_slots{};
  void (*note)(CallText& text) = nullptr;  // looks, at the exit, for what to show behind the returned value

  std::span<const ArgumentKind> arguments() const { return std::span(argument_slots).first(argument_count); }
};

// Null for a number without a call.
const CallDescription* describe_call(uint64_t number);
// Of the classes, for a number.
uint32_t classes_of_call(uint64_t number);
// "openat", or "syscall_0x3e7".
std::string call_name(uint64_t number);

}  // namespace polytap
