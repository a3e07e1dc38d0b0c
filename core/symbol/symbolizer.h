// Addresses to names, for user and kernel code, from ELF symbol tables, .gnu_debugdata and separate debug files.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>

#include "core/symbol/process_maps.h"

namespace polytap {

struct Symbol {
  std::string name;            // demangled when asked for; empty when unknown
  uint64_t offset = 0;         // from the symbol's start
  std::string module;          // file name (user: full path as mapped, or /tmp/perf-PID.map; kernel: module or empty)
  uint64_t module_offset = 0;  // address in the file's own address space (as addr2line takes it)
};

// Thread-safe. Reads below maps.proc_root().
class Symbolizer {
 public:
  struct Options {
    bool demangle = true;
    std::string debug_directory = "/usr/lib/debug";
  };
  Symbolizer(ProcessMaps& maps, Options options);
  ~Symbolizer();
  // A program counter in process PID. For return addresses the caller passes the address minus nothing: names are
  // looked up for the address itself, as bpftrace does. Memoized. Unknown processes are read from /proc at first sight.
  Symbol user(pid_t pid, uint64_t address);
  Symbol kernel(uint64_t address);  // from /proc/kallsyms, read at first use; name empty when addresses are hidden
  // Opens the files mapped in PID now, so that names survive its exit. Call while the process lives.
  void hold(pid_t pid);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// "main+12 (/usr/bin/x)", "/usr/bin/x+0x1234" when only the module is known, "0x7f.." when nothing is.
std::string user_frame(const Symbol& symbol, uint64_t address);
// "vfs_read+25", "vfs_read+25 [ext4]" or "0xffff...".
std::string kernel_frame(const Symbol& symbol, uint64_t address);

}  // namespace polytap
