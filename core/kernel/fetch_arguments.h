// Fetch arguments of the kernel's probe events: "+8(+0(%si)):u64" (Documentation/trace/uprobetracer.rst,
// kprobetrace.rst).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/ir/captures.h"

namespace polytap {

// The register at OFFSET of the context of a function probe, as fetch arguments call it ("%di"); empty when they do not
// have it.
std::string_view fetch_register(uint32_t offset);

// What fetch arguments call the 8-byte word at an offset of a probe's context: fetch_register(), or for an event's
// field
// "$filename". Empty when they do not have it. What it returns stays valid.
using FetchWord = std::function<std::string_view(uint32_t offset)>;

// The memory at ADDRESS, without a type: "+8(+0(%si))", "@0x404040". CONTEXT_WORD is what the address starts from
// (unused when it is absolute).
std::string fetch_memory(const ir::FetchAddress& address, std::string_view context_word);

// A field of the event's record that holds a part of a capture.
struct FetchField {
  std::string name;
  std::string argument;     // "+0(%di):ustring"
  bool is_string = false;   // a data location; else `length` bytes in place
  bool tells_only = false;  // only whether the capture's first byte could be read, and what it is
  uint32_t offset = 0;      // of the capture's bytes
  uint32_t length = 0;
};

// What one capture becomes; names are PREFIX followed by a letter and a number. Of a string the field "b" is its first
// byte, which tells an empty string from one that could not be read.
std::vector<FetchField> fetch_fields(const ir::Capture& capture, std::string_view context_word,
                                     const std::string& prefix);

// The kernel's limits (kernel/trace/trace_probe.h): MAX_TRACE_ARGS, MAX_ARGSTR_LEN, WRITE_BUFSIZE and MAX_STRING_SIZE.
inline constexpr size_t kMostFetchArguments = 128;
inline constexpr size_t kLongestFetchArgument = 63;
inline constexpr size_t kLongestProbeDefinition = 4095;
inline constexpr size_t kLongestFetchedString = 4095;

}  // namespace polytap
