#include "core/symbol/file_table.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/auxv.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include <utility>

#include "core/symbol/read_whole_file.h"

namespace polytap {
namespace {

// Descriptors kept open for files that nobody has asked about; beyond it the oldest are read, which closes them.
constexpr size_t kMaxHeld = 256;
// Images (executions of a program) whose files are remembered.
constexpr size_t kMaxImages = 16384;

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

// The vdso is the kernel's own and the same in every 64-bit process.
std::string copy_own_vdso() {
  const uint64_t base = ::getauxval(AT_SYSINFO_EHDR);
  const auto text = read_whole_file("/proc/self/maps");
  if (base == 0 || !text.ok()) return {};
  for (const Mapping& mapping : parse_process_maps(*text)) {
    if (mapping.start == base) return std::string(reinterpret_cast<const char*>(base), mapping.end - mapping.start);
  }
  return {};
}

}  // namespace

FileTable::FileTable(std::string proc_root, DebugFileSearch search)
    : proc_root_(std::move(proc_root)), search_(std::move(search)) {}

FileTable::Opened FileTable::open_candidate(pid_t pid, bool alive, const Mapping& mapping) const {
  struct Candidate {
    std::string path;
    std::string root;
  };
  const std::string root = fmt::format("{}/{}/root", proc_root_, pid);
  std::vector<Candidate> candidates;
  if (alive) {
    // Reaches the very file, deleted or in another mount namespace; needs CAP_SYS_ADMIN or CAP_CHECKPOINT_RESTORE.
    candidates.push_back({fmt::format("{}/{}/map_files/{:x}-{:x}", proc_root_, pid, mapping.start, mapping.end), root});
    candidates.push_back({root + mapping.path, root});
  }
  candidates.push_back({mapping.path, ""});
  for (Candidate& candidate : candidates) {
    struct stat status {};
    // Opening a device or a FIFO may have effects of its own.
    if (::stat(candidate.path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) continue;
    UniqueFd fd(::open(candidate.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (!fd.valid() || ::fstat(fd.get(), &status) != 0 || !is_mapped_file(fd.get(), status, mapping)) continue;
    const Identity identity{status.st_dev, status.st_ino,
                            status.st_mtim.tv_sec * int64_t{1'000'000'000} + status.st_mtim.tv_nsec, status.st_size};
    return {std::move(fd), identity, std::move(candidate.root)};
  }
  return {};
}

std::shared_ptr<MappedFile> FileTable::find_bound(uint64_t image, const Mapping& mapping) {
  const auto it = bound_.find(image);
  if (it == bound_.end()) return nullptr;
  for (const auto& [bound, file] : it->second) {
    if (bound == mapping) return file;
  }
  return nullptr;
}

std::shared_ptr<MappedFile> FileTable::vdso(const Mapping& mapping) {
  constexpr uint64_t kEndOf32Bit = uint64_t{1} << 32;
  if (mapping.start < kEndOf32Bit) return nullptr;  // another one, for 32-bit processes
  if (!vdso_) vdso_ = std::make_shared<MappedFile>(copy_own_vdso());
  return vdso_;
}

// Copies of one build (in the layers of containers) share what is made of them.
std::shared_ptr<MappedFile> FileTable::make(Opened opened, const Mapping& mapping) {
  const auto elf = ElfFile::open(UniqueFd(::fcntl(opened.fd.get(), F_DUPFD_CLOEXEC, 0)));
  const std::string id = elf ? elf->build_id() : std::string();
  std::shared_ptr<MappedFile> without_id;
  std::shared_ptr<MappedFile>& file = id.empty() ? without_id : by_build_id_[{id, opened.identity.size}];
  if (file) return file;
  DebugFileSearch search = search_;
  search.path = mapping.path;
  search.roots = {""};
  if (!opened.root.empty()) search.roots.push_back(opened.root);
  file = std::make_shared<MappedFile>(std::move(opened.fd), std::move(search));
  return file;
}

std::shared_ptr<MappedFile> FileTable::enter(Opened opened, const Mapping& mapping) {
  std::shared_ptr<MappedFile>& known = last_seen_[Known(mapping.device, mapping.inode, mapping.path)];
  if (!opened.fd.valid()) return known;
  std::shared_ptr<MappedFile>& file = by_identity_[opened.identity];
  if (!file) file = make(std::move(opened), mapping);
  known = file;
  return file;
}

// The file that is to be read, if there are too many.
std::shared_ptr<MappedFile> FileTable::limit_held(const std::shared_ptr<MappedFile>& added) {
  if (!added || !added->holds_descriptor()) return nullptr;
  if (held_.empty() || held_.back() != added) held_.push_back(added);
  while (!held_.empty() && !held_.front()->holds_descriptor()) held_.pop_front();
  if (held_.size() <= kMaxHeld) return nullptr;
  std::shared_ptr<MappedFile> oldest = held_.front();
  held_.pop_front();
  return oldest;
}

std::shared_ptr<MappedFile> FileTable::open(pid_t pid, uint64_t image, bool alive, const Mapping& mapping) {
  std::unique_lock lock(mutex_);
  if (mapping.path == "[vdso]") return vdso(mapping);
  if (!mapping.path.starts_with('/')) return nullptr;
  if (auto bound = find_bound(image, mapping)) return bound;
  std::shared_ptr<MappedFile> file = enter(open_candidate(pid, alive, mapping), mapping);
  if (!file) return nullptr;
  bound_[image].emplace_back(mapping, file);
  if (bound_.size() > kMaxImages) bound_.erase(bound_.begin());
  const std::shared_ptr<MappedFile> to_read = limit_held(file);
  lock.unlock();
  if (to_read) to_read->read();
  return file;
}

}  // namespace polytap
