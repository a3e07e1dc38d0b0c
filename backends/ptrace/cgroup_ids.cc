#include "backends/ptrace/cgroup_ids.h"

#include <mntent.h>
#include <sys/stat.h>

#include <cstdio>
#include <memory>
#include <string_view>

#include "backends/ptrace/proc_entries.h"

namespace polytap {
namespace {

std::string find_cgroup2_mount() {
  std::unique_ptr<FILE, int (*)(FILE*)> mounts(setmntent("/proc/self/mounts", "re"), endmntent);
  if (mounts == nullptr) return {};
  mntent entry{};
  char text[4096];
  while (getmntent_r(mounts.get(), &entry, text, sizeof text) != nullptr) {
    if (std::string_view(entry.mnt_type) == "cgroup2") return entry.mnt_dir;
  }
  return {};
}

}  // namespace

uint64_t CgroupIds::of(pid_t tid) {
  if (!looked_) {
    mount_point_ = find_cgroup2_mount();
    looked_ = true;
  }
  if (mount_point_.empty()) return 0;
  char buffer[4096];
  std::string_view text = read_proc_entry(tid, "cgroup", buffer);
  // Version 2 is the hierarchy "0::"; with version 1 beside it, it comes last.
  size_t at = text.starts_with("0::") ? 3 : text.find("\n0::");
  if (at == std::string_view::npos) return 0;
  if (at != 3) at += 4;
  const std::string path(text.substr(at, text.find('\n', at) - at));
  if (auto known = by_path_.find(path); known != by_path_.end()) return known->second;
  struct stat status {};
  if (stat((mount_point_ + path).c_str(), &status) != 0) return 0;
  return by_path_[path] = status.st_ino;
}

}  // namespace polytap
