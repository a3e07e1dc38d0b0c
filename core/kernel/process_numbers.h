// Which processes and threads there are.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace polytap {

// The names in FOLDER that are numbers: the processes of "/proc", the threads of "/proc/PID/task". Empty when it cannot
// be read.
std::vector<pid_t> process_numbers(const std::string& folder);

}  // namespace polytap
