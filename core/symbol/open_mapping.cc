#include "core/symbol/open_mapping.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <utility>
#include <vector>

#include "core/symbol/read_whole_file.h"

namespace polytap {
namespace {

// On these stat(2) tells another device than /proc/PID/maps does: a subvolume's, or the overlay's instead of the
// layer's.
bool has_own_device_numbers(int fd) {
  struct statfs status {};
  if (::fstatfs(fd, &status) != 0) return false;
  return status.f_type == BTRFS_SUPER_MAGIC || status.f_type == OVERLAYFS_SUPER_MAGIC;
}

bool is_mapped_file(int fd, const struct stat& status, const Mapping& mapping) {
  if (mapping.inode == 0) return true;  // not known
  if (status.st_ino != mapping.inode) return false;
  return mapping.device == 0 || status.st_dev == mapping.device || has_own_device_numbers(fd);
}

}  // namespace

OpenedMapping open_mapping(const std::string& proc_root, pid_t pid, bool alive, const Mapping& mapping) {
  struct Candidate {
    std::string path;
    std::string root;
  };
  const std::string root = fmt::format("{}/{}/root", proc_root, pid);
  std::vector<Candidate> candidates;
  if (alive) {
    // Reaches the very file, deleted or in another mount namespace; needs CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE.
    candidates.push_back({fmt::format("{}/{}/map_files/{:x}-{:x}", proc_root, pid, mapping.start, mapping.end), root});
    candidates.push_back({root + mapping.path, root});
  }
  candidates.push_back({mapping.path, ""});
  for (Candidate& candidate : candidates) {
    struct stat status {};
    // Opening a device or a FIFO may have effects of its own.
    if (::stat(candidate.path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    UniqueFd fd(::open(candidate.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd.valid() || ::fstat(fd.get(), &status) != 0 || !is_mapped_file(fd.get(), status, mapping)) continue;
    const FileIdentity identity{status.st_dev, status.st_ino,
                                status.st_mtim.tv_sec * int64_t{1'000'000'000} + status.st_mtim.tv_nsec,
                                status.st_size};
    return {std::move(fd), identity, std::move(candidate.root)};
  }
  return {};
}

bool is_own_vdso(const Mapping& mapping) {
  constexpr uint64_t kEndOf32Bit = uint64_t{1} << 32;
  return mapping.path == "[vdso]" && mapping.start >= kEndOf32Bit;  // another one, for 32-bit processes
}

std::string own_vdso_image() {
  const uint64_t base = ::getauxval(AT_SYSINFO_EHDR);
  const auto text = read_whole_file("/proc/self/maps");
  if (base == 0 || !text.ok()) return {};
  for (const Mapping& mapping : parse_process_maps(*text)) {
    if (mapping.start == base) return std::string(reinterpret_cast<const char*>(base), mapping.end - mapping.start);
  }
  return {};
}

}  // namespace polytap
