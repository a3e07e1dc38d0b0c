// The command line of `polytap symbolize`: addr2line's, and more.
#pragma once

#include <sys/types.h>

#include <string>
#include <variant>
#include <vector>

namespace polytap {

struct SymbolizeOptions {
  std::string file;  // -e
  pid_t pid = 0;     // -p
  bool kernel = false;
  bool functions = false;  // -f
  bool demangle = false;   // -C
  bool inlines = false;    // -i
  bool pretty = false;     // -p, with -e
  bool basenames = false;  // -s
  bool addresses = false;  // -a
  bool json = false;
  bool reasons = false;  // -v
  bool debuginfod = false;
  unsigned debuginfod_timeout = 30;  // seconds
  std::string debug_directory = "/usr/lib/debug";
  std::vector<std::string> arguments;  // addresses; none: they come from stdin
};

// Parsed options, or the exit status with which to end (help was shown, or an error was printed).
std::variant<SymbolizeOptions, int> parse_symbolize_options(int argc, char** argv);

}  // namespace polytap
