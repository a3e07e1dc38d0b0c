// The command line: what the user asked for.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "core/output/fd_sink.h"
#include "core/output/renderer.h"
#include "core/run/runner.h"

namespace polytap {

enum class Action : uint8_t { kRun, kCompare, kDoctor };
// What -d prints, and then ends.
enum class DumpStage : uint8_t { kNone, kTree, kProgram, kAll };

struct Options {
  Action action = Action::kRun;
  std::string script_text;  // -e
  std::string script_path;  // the first positional argument without -e
  bool has_script = false;
  std::vector<std::string> include_folders;                           // -I
  std::vector<std::string> include_files;                             // --include
  std::vector<std::string> parameters;                                // $1...
  std::vector<std::pair<std::string, std::string>> named_parameters;  // --name=value behind --, for getopt()
  bool help_of_script = false;                                        // --help behind --
  std::string command;                                                // -c
  std::vector<pid_t> pids;                                            // -p
  bool system_wide = false;                                           // -a
  std::string backend;                                                // -b
  OutputFormat format = OutputFormat::kText;
  std::string output_path;   // -o
  std::string list_pattern;  // -l
  bool list = false;
  std::vector<std::string> debug_directories;  // --debuginfo
  std::string traceable_functions;             // --traceable-functions
  bool explain = false;
  bool dry_run = false;
  RunMode mode = RunMode::kTrace;          // --test, --bench, --mode
  bool format_script = false;              // --fmt
  DumpStage dump = DumpStage::kNone;       // -d
  Buffering buffering = Buffering::kFull;  // -B
  bool report_faults = false;              // -k
  std::string probe_filter;                // --probe-filter
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
