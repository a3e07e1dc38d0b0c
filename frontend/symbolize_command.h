// `polytap symbolize`: addresses to functions and source lines, on addr2line's command line.
#pragma once

namespace polytap {

// ARGV[0] is ignored. Returns the exit status.
int symbolize_command(int argc, char** argv);

}  // namespace polytap
