#include "core/symbol/file_table.h"

#include <fcntl.h>

#include <utility>

namespace polytap {
namespace {

// Descriptors kept open for files that nobody has asked about; beyond it the oldest are read, which closes them.
constexpr size_t kMaxHeld = 256;
// Images (executions of a program) whose files are remembered.
constexpr size_t kMaxImages = 16384;

}  // namespace

FileTable::FileTable(std::string proc_root, DebugFileSearch search)
    : proc_root_(std::move(proc_root)), search_(std::move(search)) {}

std::shared_ptr<MappedFile> FileTable::find_bound(uint64_t image, const Mapping& mapping) {
  const auto it = bound_.find(image);
  if (it == bound_.end()) return nullptr;
  for (const auto& [bound, file] : it->second) {
    if (bound == mapping) return file;
  }
  return nullptr;
}

// Copies of one build (in the layers of containers) share what is made of them.
std::shared_ptr<MappedFile> FileTable::make(OpenedMapping opened, const Mapping& mapping) {
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

std::shared_ptr<MappedFile> FileTable::enter(OpenedMapping opened, const Mapping& mapping) {
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
  if (is_own_vdso(mapping)) {
    if (!vdso_) vdso_ = std::make_shared<MappedFile>(own_vdso_image());
    return vdso_;
  }
  if (!mapping.path.starts_with('/')) return nullptr;
  if (auto bound = find_bound(image, mapping)) return bound;
  std::shared_ptr<MappedFile> file = enter(open_mapping(proc_root_, pid, alive, mapping), mapping);
  if (!file) return nullptr;
  bound_[image].emplace_back(mapping, file);
  if (bound_.size() > kMaxImages) bound_.erase(bound_.begin());
  const std::shared_ptr<MappedFile> to_read = limit_held(file);
  lock.unlock();
  if (to_read) to_read->read();
  return file;
}

}  // namespace polytap
