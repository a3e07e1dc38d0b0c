// The options of strace, as `polytap strace` takes them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/syscall/call_text.h"
#include "frontend/strace_dump.h"
#include "frontend/strace_filter.h"
#include "frontend/strace_inject.h"

namespace polytap {

struct StraceOptions {
  enum class Clock : uint8_t { kNone, kSeconds, kMicroseconds, kEpoch };
  enum class Summary : uint8_t { kNone, kOnly, kAlso };

  std::vector<std::string> command;
  std::vector<pid_t> pids;
  std::string argv0;
  std::string user;
  std::vector<std::string> environment_changes;
  bool follow = false;             // -f
  bool output_separately = false;  // -ff
  bool seccomp = false;            // --seccomp-bpf
  std::string output;              // -o
  bool append = false;             // -A
  int quiet = 0;                   // -q, -qq, -qqq
  bool quiet_attach = false;
  bool quiet_exit = false;
  bool quiet_personality = false;

  CallSet trace = CallSet::all();
  uint64_t signals = UINT64_MAX;
  uint8_t statuses = kAnyStatus;
  std::vector<std::string> paths;  // -P
  std::vector<InjectRule> injections;
  FdSet dump_reads;   // -e read=
  FdSet dump_writes;  // -e write=

  RenderStyle style;
  bool decode_paths = false;    // -y
  bool decode_sockets = false;  // -yy
  size_t column = 40;           // -a
  Clock clock = Clock::kNone;
  bool relative_times = false;        // -r
  bool durations = false;             // -T
  bool instruction_pointers = false;  // -i
  bool call_numbers = false;          // -n
  bool always_show_pid = false;
  bool stacks = false;  // -k
  uint32_t stack_frame_limit = 256;

  Summary summary = Summary::kNone;
  bool wall_clock = false;            // -w
  std::string summary_sort = "time";  // -S
};

// Parsed, or the exit status with which to end.
std::variant<StraceOptions, int> parse_strace_options(int argc, char** argv);

}  // namespace polytap
