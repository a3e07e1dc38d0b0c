#include "backends/ptrace/tracee_memory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>

namespace polytap {

Result<TraceeMemory> TraceeMemory::open(pid_t tid) {
  UniqueFd fd(::open(fmt::format("/proc/{}/mem", tid).c_str(), O_RDWR | O_CLOEXEC));
  if (!fd.valid()) return Error::from_errno(fmt::format("open /proc/{}/mem", tid));
  return TraceeMemory(std::move(fd));
}

bool TraceeMemory::read(uint64_t address, std::span<std::byte> out) const {
  return read_some(address, out) == out.size();
}

size_t TraceeMemory::read_some(uint64_t address, std::span<std::byte> out) const {
  const ssize_t got = pread(fd_.get(), out.data(), out.size(), static_cast<off_t>(address));
  return got > 0 ? static_cast<size_t>(got) : 0;
}

Status TraceeMemory::write(uint64_t address, std::span<const std::byte> bytes) const {
  const ssize_t written = pwrite(fd_.get(), bytes.data(), bytes.size(), static_cast<off_t>(address));
  if (written == static_cast<ssize_t>(bytes.size())) return {};
  // Kernels from 6.12 on can be told to refuse this (proc_mem.force_override=never).
  return Error::from_errno(fmt::format("write the traced process's memory at {:#x}", address),
                           written < 0 ? errno : EFAULT);
}

}  // namespace polytap
