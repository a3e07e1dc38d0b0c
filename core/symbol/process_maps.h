// Which files are mapped where in which process, kept past its exit.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"

namespace polytap {

struct Mapping {
  uint64_t start = 0;
  uint64_t end = 0;     // past the last byte
  uint64_t offset = 0;  // of `start` in the file
  std::string path;     // as the process saw it; "[vdso]", "" for anonymous memory
  uint64_t device = 0;  // makedev(major, minor)
  uint64_t inode = 0;   // 0: unknown, or no file

  bool operator==(const Mapping&) const = default;
};

// The path that /proc/PID/maps has for the kernel's own code in a process with uprobes. A uretprobe replaces return
// addresses by the start of it.
inline constexpr std::string_view kReturnProbeMapping = "[uprobes]";

// The executable mappings in the text of /proc/PID/maps, in order of address. " (deleted)" is taken off the paths.
std::vector<Mapping> parse_process_maps(std::string_view text);

// Executable mappings by process. Recording is cheap; files are opened by the Symbolizer. Thread-safe: a tracer thread
// records while the main thread symbolizes.
class ProcessMaps {
 public:
  // What of a process an answer was made from: as long as the version is equal, so is the answer.
  struct Version {
    uint64_t image = 0;     // another one after each exec; a forked child has its parent's. 0: process unknown
    uint64_t mappings = 0;  // another one after each change
    bool exited = false;

    bool operator==(const Version&) const = default;
  };

  explicit ProcessMaps(std::string proc_root = "/proc");
  ~ProcessMaps();
  // Reads /proc/PID/maps now and replaces what was known. An error when the process is gone (what was known stays).
  Status read_from_proc(pid_t pid);
  // A new executable mapping (replaces what it overlaps).
  void add(pid_t pid, Mapping mapping);
  void exec(pid_t pid);                  // a new image; what the old ones mapped is found where it maps nothing
  void fork(pid_t parent, pid_t child);  // the child sees the parent's
  void exited(pid_t pid);                // kept for symbolization until the pid is used again
  std::optional<Mapping> find(pid_t pid, uint64_t address) const;
  // The memory around ADDRESS that was not executable when /proc/PID/maps was last read: data, stack, heap.
  std::optional<Mapping> find_data(pid_t pid, uint64_t address) const;
  bool knows(pid_t pid) const;
  Version version(pid_t pid) const;
  std::vector<Mapping> mappings(pid_t pid) const;
  const std::string& proc_root() const { return proc_root_; }
  // Is called whenever new mappings of a process are known, by the thread that told them: to open the files while they
  // are there. An empty one takes it off, and waits until it is not running.
  void set_listener(std::function<void(pid_t pid)> listener);

 private:
  struct State;
  void tell_listener(pid_t pid);
  std::string proc_root_;
  std::unique_ptr<State> state_;
};

}  // namespace polytap
