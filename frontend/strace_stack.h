// strace's -k: the stack behind each call and signal.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/symbol/process_maps.h"
#include "core/symbol/symbolizer.h"
#include "core/symbol/unwind_stack.h"
#include "core/syscall/call_text.h"

namespace polytap {

class StraceStacks {
 public:
  // The registers of a stopped tracee; nothing when it is gone.
  using ReadRegisters = std::function<std::optional<UnwindValues>(pid_t tid)>;

  // SOURCES: with the source's file and line behind each frame that has one.
  StraceStacks(uint32_t frame_limit, bool sources, ReadRegisters read_registers);

  // A line for each frame of a stopped thread, innermost first; and why there are no more, unless all are there.
  std::string text(pid_t tid, pid_t tgid);
  // The call may have changed where code is mapped.
  void on_call_end(pid_t tgid, const CallValues& call);
  void on_fork(pid_t parent, pid_t child) { maps_.fork(parent, child); }
  void on_exec(pid_t tgid) { maps_.exec(tgid); }
  void on_end(pid_t tgid);

 private:
  // The lines of one process's frames, as long as its mappings stay.
  struct Lines {
    ProcessMaps::Version version;
    std::unordered_map<uint64_t, std::string> by_address;
  };
  // A return address may lie behind the end of the function that called.
  const std::string& line(Lines& known, pid_t tgid, uint64_t address, bool is_return_address);
  // " FILE:LINE", or nothing.
  std::string source(pid_t tgid, uint64_t address);
  bool maps_code(pid_t tgid, uint64_t address, uint64_t length) const;

  ReadRegisters read_registers_;
  bool sources_;
  ProcessMaps maps_;
  Symbolizer symbolizer_;
  Unwinder unwinder_;
  std::vector<uint64_t> frames_;
  std::unordered_map<pid_t, Lines> lines_;
};

}  // namespace polytap
