// Attaches a session's loaded programs, each by its method.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "backends/ebpf/attach.h"
#include "backends/ebpf/attach_groups.h"
#include "backends/ebpf/probe_pmu.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/kernel/tracefs.h"

namespace polytap::ebpf {

// A loaded program and where it goes.
struct LoadedProgram {
  UniqueFd program;
  AttachGroup group;
  UniqueFd syscall_sites;  // kSyscalls, kSyscallExits: the map that tells the site
};

class Attacher {
 public:
  // TRACEFS may be null when no site is a tracepoint; not owned.
  Attacher(std::span<const ProbeSite> sites, const Tracefs* tracefs) : sites_(sites), tracefs_(tracefs) {}

  // Puts what was attached behind ATTACHMENTS, also when it fails in the midst.
  Status attach(const LoadedProgram& loaded, std::vector<Attachment>& attachments);

 private:
  Result<Attachment> attach_site(const LoadedProgram& loaded, const ProbeSite& site, std::optional<uint64_t> cookie);
  Result<ProbePmu> pmu(const char* name, std::optional<ProbePmu>& known);

  std::span<const ProbeSite> sites_;
  const Tracefs* tracefs_;
  std::optional<ProbePmu> uprobe_pmu_;
  std::optional<ProbePmu> kprobe_pmu_;
};

}  // namespace polytap::ebpf
