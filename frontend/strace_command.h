// `polytap strace`: strace's command line on polytap.
#pragma once

namespace polytap {
// ARGV[0] is what the program calls itself in messages. Returns the exit status; a command that a signal killed kills
// this process by the same signal.
int strace_command(int argc, char** argv);
// Whether the program was started as strace.
bool called_as_strace(const char* argv0);
}  // namespace polytap
