#include "backends/ptrace/user_memory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include "core/base/unique_fd.h"

namespace polytap {
namespace {

constexpr uint64_t kPage = 4096;

// Where process_vm_readv is not to be had (containers that filter it). Reads less protected memory than the call
// does: /proc/PID/mem overrides page protections.
size_t read_through_proc(pid_t pid, uint64_t address, std::span<std::byte> out) {
  UniqueFd fd(open(fmt::format("/proc/{}/mem", pid).c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return 0;
  const ssize_t got = pread(fd.get(), out.data(), out.size(), static_cast<off_t>(address));
  return got > 0 ? static_cast<size_t>(got) : 0;
}

// As many bytes from ADDRESS on as there are.
size_t read_some(pid_t pid, uint64_t address, std::span<std::byte> out) {
  iovec local{out.data(), out.size()};
  iovec remote{reinterpret_cast<void*>(address), out.size()};  // NOLINT(performance-no-int-to-ptr): another process's
  const ssize_t got = process_vm_readv(pid, &local, 1, &remote, 1, 0);
  if (got >= 0) return static_cast<size_t>(got);
  return errno == ENOSYS || errno == EPERM ? read_through_proc(pid, address, out) : 0;
}

}  // namespace

bool read_user_memory(pid_t pid, uint64_t address, std::span<std::byte> out) {
  return out.empty() || read_some(pid, address, out) == out.size();
}

int64_t read_user_string(pid_t pid, uint64_t address, std::span<char> out) {
  size_t length = 0;
  while (length < out.size()) {
    // Up to the end of the page: the next one may be missing without being needed.
    const uint64_t from = address + length;
    const size_t wanted = std::min<size_t>(out.size() - length, kPage - from % kPage);
    std::span<char> piece = out.subspan(length, wanted);
    if (read_some(pid, from, std::as_writable_bytes(piece)) != wanted) return -1;
    if (const void* end = memchr(piece.data(), '\0', piece.size())) {
      return static_cast<const char*>(end) - out.data();
    }
    length += wanted;
  }
  return static_cast<int64_t>(length);
}

}  // namespace polytap
