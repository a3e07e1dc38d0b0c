// System calls of i386 programs, in terms of those of x86-64.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/syscall/arguments.h"
#include "core/syscall/call_text.h"

namespace polytap {

// CALL has an i386 number and arguments. Becomes the x86-64 call that does the same, its arguments in that one's places
// (socketcall and ipc become what they stand for: MEMORY has their arguments); of others only the name is known.
void translate_i386(CallValues& call, const MemoryView& memory);

// The number of the x86-64 call that does the same as i386's NAME ("stat64": that of stat); nullopt: there is none, or
// no such name.
std::optional<uint32_t> i386_call_named(std::string_view name);

// CALL has a number of the x32 interface (bit 30 set). Becomes the x86-64 call of the same meaning.
void translate_x32(CallValues& call);
// Of the numbers of x86-64 programs, those of x32.
constexpr bool is_x32(uint64_t number) { return (number >> 30) == 1; }

// CALL ended, which began as ENTRY: it is still what it was translated to.
void continue_call(CallValues& call, const CallValues& entry);

// As KIND shows it, with structures as they lie in the memory of i386 programs.
void put_i386_argument(CallText& text, uint64_t value, const ArgumentKind& kind);

}  // namespace polytap
