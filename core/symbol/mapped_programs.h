// The programs and libraries that run: files with code that processes have mapped.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "core/base/result.h"

namespace polytap {

// Of process PID, in order of path. Paths are as polytap reaches them: those of a process in a container begin with
// /proc/PID/root.
Result<std::vector<std::string>> programs_of_process(pid_t pid);
// Of every process, each file once.
std::vector<std::string> programs_of_all_processes();

}  // namespace polytap
