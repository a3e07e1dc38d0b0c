#include "core/symbol/read_whole_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "core/base/unique_fd.h"

namespace polytap {

Result<std::string> read_whole_file(const std::string& path, size_t limit) {
  // O_NONBLOCK: what stands at a path that another process chose may be a FIFO.
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.valid()) return Error::from_errno("open " + path);
  return read_whole_file(fd.get(), path, limit);
}

Result<std::string> read_whole_file(int fd, const std::string& path, size_t limit) {
  std::string text;
  size_t used = 0;
  while (true) {
    if (text.size() - used < 4096) text.resize(std::max<size_t>(16384, text.size() * 2));
    const ssize_t got = ::read(fd, text.data() + used, text.size() - used);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error::from_errno("read " + path);
    if (got == 0) break;
    used += static_cast<size_t>(got);
    if (used > limit) return Error("read " + path + ": larger than expected", EFBIG);
  }
  text.resize(used);
  return text;
}

}  // namespace polytap
