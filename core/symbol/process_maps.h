// Which files are mapped where in which process, kept past its exit.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/base/result.h"

namespace polytap {

struct Mapping {
  uint64_t start = 0;
  uint64_t end = 0;     // past the last byte
  uint64_t offset = 0;  // of `start` in the file
  std::string path;     // as the process saw it; "[vdso]", "" for anonymous memory
  uint64_t device = 0;  // makedev(major, minor)
  uint64_t inode = 0;
};

// Executable mappings by process. Recording is cheap; files are opened by the Symbolizer. Thread-safe: a tracer thread
// records while the main thread symbolizes.
class ProcessMaps {
 public:
  ProcessMaps();
  ~ProcessMaps();
  // Reads /proc/PID/maps now and replaces what was known. An error when the process is gone (what was known stays).
  Status read_from_proc(pid_t pid);
  // A new executable mapping (replaces what it overlaps).
  void add(pid_t pid, Mapping mapping);
  void exec(pid_t pid);                  // forgets the old image's mappings
  void fork(pid_t parent, pid_t child);  // the child sees the parent's
  void exited(pid_t pid);                // kept for symbolization until the pid is used again
  std::optional<Mapping> find(pid_t pid, uint64_t address) const;
  bool knows(pid_t pid) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace polytap
