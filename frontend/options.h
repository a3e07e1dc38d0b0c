// The command line: what the user asked for.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/output/renderer.h"

namespace polytap {

enum class Action : uint8_t { kRun, kCompare, kDoctor };

struct Options {
  Action action = Action::kRun;
  std::string script_text;  // -e
  std::string script_path;  // the first positional argument without -e
  bool has_script = false;
  std::vector<std::string> include_folders;  // -I
  std::vector<std::string> include_files;    // --include
  std::vector<std::string> parameters;       // $1...
  std::string command;                       // -c
  std::vector<pid_t> pids;                   // -p
  bool system_wide = false;                  // -a
  std::string backend;                       // -b
  OutputFormat format = OutputFormat::kText;
  std::string output_path;   // -o
  std::string list_pattern;  // -l
  bool list = false;
  bool explain = false;
  bool dry_run = false;
  bool format_script = false;  // --fmt
  bool dump_ir = false;        // -d
  bool quiet = false;
  bool verbose = false;
  bool no_warnings = false;
  bool allow_unsafe = false;
  bool together = false;  // compare
  bool clean = false;     // doctor
};

// Parsed options, or the exit status with which to end (help was shown, or an error was printed).
std::variant<Options, int> parse_options(int argc, char** argv);

}  // namespace polytap
