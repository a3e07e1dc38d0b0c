// An event's `format` file: the layout of its record as a probe's arguments.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/probe/site.h"

namespace polytap {

struct EventFormat {
  std::string name;
  uint32_t id = 0;
  uint32_t size = 0;  // end of the last fixed field
  // In the order of the record; those common to all events (common_type, common_flags, common_preempt_count,
  // common_pid) come last.
  std::vector<ProbeArgument> arguments;
};

enum class EventKind : uint8_t {
  kOrdinary,  // scalars have the size and sign that the format states; pointers are the kernel's
  kSyscall,   // one 8-byte word per argument: the C type tells size and sign; pointers are the caller's
};

// Parses the text of a format file. PLACE names it in errors.
Result<EventFormat> parse_event_format(std::string_view text, EventKind kind, std::string_view place);

// The lines of the fields common to all events: eight bytes in front of every record, the same since 3.x.
inline constexpr std::string_view kCommonFieldLines =
    "field:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;\n"
    "field:unsigned char common_flags;\toffset:2;\tsize:1;\tsigned:0;\n"
    "field:unsigned char common_preempt_count;\toffset:3;\tsize:1;\tsigned:0;\n"
    "field:int common_pid;\toffset:4;\tsize:4;\tsigned:1;\n";

// The site tracepoint:CATEGORY:NAME with the format's layout.
ProbeSite tracepoint_site(std::string_view category, EventFormat format);

// The argument of a system call of C type C_TYPE in the word at OFFSET.
ProbeArgument syscall_argument(std::string_view name, std::string_view c_type, uint32_t offset);

}  // namespace polytap
