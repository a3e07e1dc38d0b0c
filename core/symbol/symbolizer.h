// Addresses to names, for user and kernel code, from ELF symbol tables, .gnu_debugdata and separate debug files.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/symbol/process_maps.h"

namespace polytap {

struct SourceFrame;

struct Symbol {
  std::string name;            // demangled when asked for; empty when unknown
  uint64_t offset = 0;         // from the symbol's start
  std::string module;          // file name (user: full path as mapped, or /tmp/perf-PID.map; kernel: module or empty)
  uint64_t module_offset = 0;  // address in the file's own address space (as addr2line takes it)
};

// A function at an address, or one that was inlined there.
struct NamedFrame {
  std::string function;  // "MODULE+0xOFFSET" when it has no name, never empty for an address in a module
  std::string file;      // full path; empty: unknown
  uint32_t line = 0;
  uint32_t column = 0;
};

// All that is known of an address.
struct Location {
  Symbol symbol;                   // of the symbol table
  std::vector<NamedFrame> frames;  // innermost first, at least one; the last one is no inlined call
  std::string missing;             // what is not known, and why; empty: nothing
};

// Thread-safe. Reads below maps.proc_root().
class Symbolizer {
 public:
  struct Options {
    bool demangle = true;
    std::string debug_directory = "/usr/lib/debug";
    bool lines = false;            // locate() will be asked: keeps the files open
    unsigned debuginfod_timeout = 0;    // see DebugFileSearch
    std::string debuginfod_cache = "";  // see DebugFileSearch
  };
  Symbolizer(ProcessMaps& maps, Options options);
  ~Symbolizer();
  // A program counter in process PID. For return addresses the caller passes the address minus nothing: names are
  // looked up for the address itself, as bpftrace does. Memoized. Unknown processes are read from /proc at first sight.
  Symbol user(pid_t pid, uint64_t address);
  // With source lines and inlined calls from DWARF (INLINES: only when set). Options::lines must be set.
  Location locate(pid_t pid, uint64_t address, bool inlines);
  // The same for the kernel: lines only when there is a vmlinux with DWARF (see kernel_debug_file()).
  Location locate_kernel(uint64_t address, bool inlines);
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
// The path in debuginfod's own cache (debuginfod-find(1)): $DEBUGINFOD_CACHE_PATH, or below $XDG_CACHE_HOME or $HOME.
std::string default_debuginfod_cache();
// Puts together what DWARF and the symbol table say. DWARF's name wins; where it has none, and where nothing has one,
// `symbol` tells.
Location make_location(Symbol symbol, const std::vector<SourceFrame>& frames,
                       const std::function<std::string(std::string_view)>& shown);

}  // namespace polytap
