// One thread that is traced.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>

#include "backends/ptrace/return_frames.h"
#include "core/base/unique_fd.h"
#include "core/syscall/call_line.h"

namespace polytap {

class BreakpointSet;

struct Tracee {
  pid_t tid = 0;
  pid_t tgid = 0;
  bool filtered = false;      // runs under our seccomp filter: system calls stop by themselves
  bool fresh = false;         // its first stop, on the way out of the fork or clone that made it, is yet to come
  bool unsettled = false;     // attached while running: not yet seen to stop once
  bool in_call = false;       // between the entry and the exit of a system call, as far as seen
  bool call_known = false;    // whether in_call is right: not so right after attaching
  bool foreign_call = false;  // the call in progress is one of another architecture
  bool exit_seen = false;     // PTRACE_EVENT_EXIT has come
  int64_t number = -1;        // of the call in progress
  CallLine line;              // the same, where the program shows it
  uint64_t delay_ns = 0;      // before it goes on from this stop

  // --- function probes
  std::shared_ptr<BreakpointSet> breakpoints;  // of its memory; null: none can be there
  ReturnFrames returns;
  struct Skip {
    uint64_t address = 0;
    uint64_t sp = 0;
  };
  Skip skip;               // this hit was counted before a signal's handler came in between
  bool maps_code = false;  // the call in progress may do so, and is watched for that
  bool new_image = false;  // behind an exec, nothing is in place yet

  UniqueFd comm;  // /proc/TID/comm, kept open once it was asked for
};

}  // namespace polytap
