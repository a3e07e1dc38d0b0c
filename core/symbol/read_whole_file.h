// A file read to its end; for /proc, whose files do not tell their size.
#pragma once

#include <string>

#include "core/base/result.h"

namespace polytap {

// Stops with an error after LIMIT bytes.
Result<std::string> read_whole_file(const std::string& path, size_t limit = size_t{1} << 30);
Result<std::string> read_whole_file(int fd, const std::string& path, size_t limit = size_t{1} << 30);

}  // namespace polytap
