// The options of strace, as `polytap strace` takes them.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "core/syscall/call_text.h"
#include "core/syscall/live_fds.h"
#include "frontend/strace_dump.h"
#include "frontend/strace_filter.h"
#include "frontend/strace_inject.h"
#include "frontend/strace_match.h"
#include "frontend/strace_summary.h"
#include "frontend/strace_times.h"

namespace polytap {

struct StraceOptions {
  enum class Color : uint8_t { kNever, kAuto, kAlways };
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
  bool quiet_paths = false;
  bool quiet_personality = false;
  bool quiet_superseded = false;

  CallSet trace = CallSet::all();
  uint64_t signals = UINT64_MAX;
  uint8_t statuses = kAnyStatus;
  CallMatches matches;      // -P, trace-fds, and polytap's own
  std::vector<int> errors;  // --errno; empty: any outcome
  std::vector<InjectRule> injections;
  FdSet dump_reads;   // -e read=
  FdSet dump_writes;  // -e write=

  RenderStyle style;
  uint8_t fd_details = 0;       // -y, -yy: FdDetail
  size_t column = 40;           // -a
  TimestampFormat clock;        // -t
  bool relative_times = false;  // -r
  unsigned relative_digits = 6;
  bool durations = false;  // -T
  unsigned duration_digits = 6;
  bool instruction_pointers = false;  // -i
  bool call_numbers = false;          // -n
  bool always_show_pid = false;
  bool stacks = false;         // -k
  bool stack_sources = false;  // -kk
  uint32_t stack_frame_limit = 256;
  CallSet raw;                            // -e raw=
  CallSet dereferenced = CallSet::all();  // -e verbose=
  CallSet abbreviated = CallSet::all();   // -e abbrev=
  bool kvm_exits = false;                 // -e kvm=vcpu
  bool new_namespaces = false;            // -e namespace=new
  bool decode_comms = false;              // -Y
  bool argument_names = false;            // -N
  Color color = Color::kAuto;
  bool tips = false;
  bool json = false;
  bool full_lines = false;

  int interruptible = 0;        // -I
  int daemonize = 0;            // -D, -DD, -DDD
  bool detach_on_exec = false;  // -b execve
  bool kill_on_exit = false;
  uint64_t call_limit = 0;  // --syscall-limit; 0: none

  Summary summary = Summary::kNone;
  bool wall_clock = false;                                                 // -w
  SummaryOrder summary_order;                                              // -S
  std::vector<SummaryColumn> summary_columns = default_summary_columns();  // -U
  uint64_t overhead_ns = 0;                                                // -O
  bool summary_per_process = false;
  bool summary_percentiles = false;
  uint64_t summary_interval_ns = 0;

  uint64_t inject_seed = 0;
  double inject_rate = 1;
  bool inject_report = false;
};

// Parsed, or the exit status with which to end.
std::variant<StraceOptions, int> parse_strace_options(int argc, char** argv);

}  // namespace polytap
