// Addresses to names, for user and kernel code, from ELF symbol tables, .gnu_debugdata and separate debug files.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/symbol/process_maps.h"

namespace polytap {

struct SourceFrame;

struct Symbol {
  std::string name;     // demangled when asked for; empty when unknown
  uint64_t offset = 0;  // from the symbol's start
  // User: the file's full path as mapped, /tmp/perf-PID.map, or a word in brackets (user_frame()); kernel: module or
  // empty.
  std::string module;
  uint64_t module_offset = 0;  // address in the file's own address space (as addr2line takes it)
  bool signal_return = false;  // code that a signal handler returns to: its caller is where the signal came
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
    std::vector<std::string> debug_directories = {};  // see DebugFileSearch::more_directories
    bool lines = false;                               // locate() will be asked: keeps the files open
    unsigned debuginfod_timeout = 0;                  // see DebugFileSearch
    std::string debuginfod_cache = {};                // see DebugFileSearch
    // Open every file as soon as MAPS knows that it is mapped: then names survive its deletion and the process's end.
    bool hold_files = false;
  };
  Symbolizer(ProcessMaps& maps, Options options);
  ~Symbolizer();
  // A program counter in process PID. Memoized. Unknown processes are read from /proc at first sight.
  Symbol user(pid_t pid, uint64_t address);
  // Where a frame of a stack is. RETURNED_TO: the address is where a call returns to, which may lie behind the caller's
  // last instruction; the name is that of the call, the offset still that of the address.
  Symbol user_frame_symbol(pid_t pid, uint64_t address, bool returned_to);
  Symbol kernel_frame_symbol(uint64_t address, bool returned_to);
  // What the file that is mapped there is known by everywhere; nothing when it has no build-id.
  struct BuildPlace {
    std::string build_id;  // in hexadecimal
    uint64_t file_offset = 0;
  };
  std::optional<BuildPlace> build_place(pid_t pid, uint64_t address);
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

// "main+12 (/usr/bin/x)"; without a name "/usr/bin/x+0x1234"; outside of files the memory's name in /proc/PID/maps and
// the offset from its start, "[heap]+0x10", "[anon]+0x20"; where nothing is mapped "[unmapped]+0x1234", and of a
// process of which nothing is known "[unknown]+0x1234", both with the address itself. docs/symbolizer.md lists them.
std::string user_frame(const Symbol& symbol, uint64_t address);
// "vfs_read+25", "vfs_read+25 [ext4]", "[kernel]+0xffff..." with the address itself when no symbol is known.
std::string kernel_frame(const Symbol& symbol, uint64_t address);
// The path in debuginfod's own cache (debuginfod-find(1)): $DEBUGINFOD_CACHE_PATH, or below $XDG_CACHE_HOME or $HOME.
std::string default_debuginfod_cache();
// Puts together what DWARF and the symbol table say. DWARF's name wins; where it has none, and where nothing has one,
// `symbol` tells.
Location make_location(Symbol symbol, const std::vector<SourceFrame>& frames,
                       const std::function<std::string(std::string_view)>& shown);

}  // namespace polytap
