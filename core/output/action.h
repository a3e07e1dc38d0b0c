// What cat() and system() do in user space.
#pragma once

#include <cstddef>
#include <string>

#include "core/base/result.h"

namespace polytap {

// The first LIMIT bytes of the file PATH.
Result<std::string> read_file_start(const std::string& path, size_t limit);

// Runs COMMAND by /bin/sh, waits for it and returns what it printed on standard output; its standard error is ours.
Result<std::string> run_shell_command(const std::string& command);

}  // namespace polytap
