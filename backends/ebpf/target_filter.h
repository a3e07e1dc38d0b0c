// The processes that a session looks at, kept up to date by the kernel: a set of thread group ids that children join
// when they are forked and that processes leave when their last thread ends.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "backends/ebpf/attach.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/kernel/tracefs.h"

namespace polytap::ebpf {

class TargetFilter {
 public:
  // Loads the programs that follow forks and ends; they are attached by follow().
  static Result<TargetFilter> create(const Tracefs& tracefs, const std::string& license);

  int fd() const { return set_.get(); }
  // From now on children of members are members, and what the kernel lets go of is none.
  Status follow(const Tracefs& tracefs);
  Status insert(pid_t pid);
  // No process of the set is alive any more.
  bool empty();

 private:
  TargetFilter() = default;

  UniqueFd set_;
  UniqueFd fork_program_;
  UniqueFd free_program_;
  std::vector<Attachment> attachments_;
  std::chrono::steady_clock::time_point next_check_;
};

}  // namespace polytap::ebpf
