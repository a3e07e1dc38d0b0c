// One thread that is traced.
#pragma once

#include <sys/types.h>

#include <cstdint>

#include "core/base/unique_fd.h"

namespace polytap {

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
  UniqueFd comm;              // /proc/TID/comm, kept open once it was asked for
};

}  // namespace polytap
