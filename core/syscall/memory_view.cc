#include "core/syscall/memory_view.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/unique_fd.h"

namespace polytap {
namespace {

UniqueFd open_memory(pid_t pid, int flags) {
  return UniqueFd(open(fmt::format("/proc/{}/mem", pid).c_str(), flags | O_CLOEXEC));
}

}  // namespace

size_t LiveMemory::read(uint64_t address, std::span<std::byte> out) const {
  iovec local{out.data(), out.size()};
  iovec remote{reinterpret_cast<void*>(address), out.size()};  // NOLINT(performance-no-int-to-ptr): another process's
  ssize_t got = process_vm_readv(pid_, &local, 1, &remote, 1, 0);
  if (got < 0 && (errno == ENOSYS || errno == EPERM)) {
    const UniqueFd memory = open_memory(pid_, O_RDONLY);
    got = memory.valid() ? pread(memory.get(), out.data(), out.size(), static_cast<off_t>(address)) : 0;
  }
  return got > 0 ? static_cast<size_t>(got) : 0;
}

bool LiveMemory::write(uint64_t address, std::span<const std::byte> bytes) const {
  const UniqueFd memory = open_memory(pid_, O_RDWR);
  const ssize_t put =
      memory.valid() ? pwrite(memory.get(), bytes.data(), bytes.size(), static_cast<off_t>(address)) : -1;
  return put == static_cast<ssize_t>(bytes.size());
}

size_t CapturedMemory::read(uint64_t address, std::span<std::byte> out) const {
  auto segment = segments_.upper_bound(address);
  if (segment == segments_.begin()) return 0;
  --segment;
  const uint64_t skip = address - segment->first;
  if (skip >= segment->second.size()) return 0;
  const size_t count = std::min<size_t>(out.size(), segment->second.size() - skip);
  memcpy(out.data(), segment->second.data() + skip, count);
  return count;
}

}  // namespace polytap
