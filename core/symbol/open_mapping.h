// The file behind a mapping, opened as its process sees it.
#pragma once

#include <sys/types.h>

#include <compare>
#include <cstdint>
#include <string>

#include "core/base/unique_fd.h"
#include "core/symbol/process_maps.h"

namespace polytap {

// A file as it is now: the number of a deleted file's inode is soon used again.
struct FileIdentity {
  uint64_t device = 0;
  uint64_t inode = 0;
  int64_t modified_ns = 0;
  int64_t size = 0;

  auto operator<=>(const FileIdentity&) const = default;
};

struct OpenedMapping {
  UniqueFd fd;  // invalid: there is none, or another one now
  FileIdentity identity;
  std::string root;  // the path was below it; "" or "/proc/PID/root"
};

// Also when the file was deleted or is in another mount namespace. ALIVE: /proc/PID is still the process's.
OpenedMapping open_mapping(const std::string& proc_root, pid_t pid, bool alive, const Mapping& mapping);

// The vdso is the kernel's own and the same in every 64-bit process: whether MAPPING is that one, and its image.
bool is_own_vdso(const Mapping& mapping);
std::string own_vdso_image();

}  // namespace polytap
