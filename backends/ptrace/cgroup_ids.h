// Ids of cgroup v2 groups, as bpf_get_current_cgroup_id() gives them: the inode of the group's directory.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <unordered_map>

namespace polytap {

class CgroupIds {
 public:
  // 0 when the thread is gone or no cgroup v2 hierarchy is mounted.
  uint64_t of(pid_t tid);

 private:
  std::string mount_point_;
  bool looked_ = false;
  std::unordered_map<std::string, uint64_t> by_path_;  // of groups that were there when first seen
};

}  // namespace polytap
