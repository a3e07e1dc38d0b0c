// Which calls are shown by what they are about: descriptors, paths, sockets, argument values.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/syscall/trace.h"
#include "frontend/strace_dump.h"

namespace polytap {

class CallMatches {
 public:
  // strace's -P and -e trace-fds=, and polytap's --path-glob, --path-prefix, --socket-path and --fd-family. A call is
  // shown when it is about anything of these.
  std::vector<std::string> paths;
  FdSet fds;
  std::vector<std::string> globs;
  std::vector<std::string> prefixes;
  std::vector<std::string> socket_globs;

  // "unix,inet6"
  Status add_families(std::string_view text);
  // "2:0x40,64": the second argument is one of these.
  Status add_argument(std::string_view text);

  // Whether the tracee's files must be looked at.
  bool restricts_files() const;
  bool restricts() const { return !arguments_.empty() || restricts_files(); }
  // STOP is at the entry of a call.
  bool accepts(const CallStop& stop, const MemoryView& memory) const;

 private:
  struct ArgumentValues {
    size_t index = 0;
    std::vector<uint64_t> values;
  };
  bool accepts_path(const std::string& path) const;
  bool accepts_fd(pid_t pid, int fd) const;
  bool accepts_socket_address(const CallStop& stop, const MemoryView& memory) const;

  std::vector<int> families_;
  std::vector<ArgumentValues> arguments_;
};

}  // namespace polytap
