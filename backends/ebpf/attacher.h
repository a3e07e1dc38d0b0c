// Attaches a session's loaded programs, each by its method.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "backends/ebpf/attach.h"
#include "backends/ebpf/attach_groups.h"
#include "backends/ebpf/kprobe_multi.h"
#include "backends/ebpf/probe_pmu.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/kernel/tracefs.h"
#include "core/probe/backend.h"

namespace polytap::ebpf {

// A loaded program and where it goes.
struct LoadedProgram {
  UniqueFd program;
  AttachGroup group;
  UniqueFd syscall_sites;  // kSyscalls, kSyscallExits: the map that tells the site
};

// Whether the session can do without SITE when the kernel refuses it.
bool may_be_left_out(const ProbeSite& site, ir::MissingProbes missing);

class Attacher {
 public:
  // TRACEFS may be null when no site is a tracepoint; not owned. MISSING: what becomes of sites that the kernel
  // refuses.
  Attacher(std::span<const ProbeSite> sites, const Tracefs* tracefs, ir::MissingProbes missing)
      : sites_(sites), tracefs_(tracefs), missing_(missing) {}

  // Whether the kernel runs what was attached last to a place first.
  bool fires_last_attached_first(const LoadedProgram& loaded) const;
  // Puts what was attached behind attachments(), also when it fails in the midst.
  Status attach(const LoadedProgram& loaded);
  // kKprobeSession. False: the kernel refuses some place or such links, and nothing is attached.
  bool attach_session(const LoadedProgram& loaded);

  std::vector<Attachment>& attachments() { return attachments_; }
  std::vector<SkippedSite>& skipped() { return skipped_; }

 private:
  Result<Attachment> attach_site(const LoadedProgram& loaded, const ProbeSite& site, std::optional<uint64_t> cookie);
  Result<ProbePmu> pmu(const char* name, std::optional<ProbePmu>& known);
  Status attach_syscalls(const LoadedProgram& loaded);
  Status attach_user_files(const LoadedProgram& loaded);
  Status link_together(const LoadedProgram& loaded, std::span<const uint32_t> sites);
  KernelPlaces kernel_places(const AttachGroup& group, std::span<const uint32_t> sites, bool at_return) const;
  Result<UniqueFd> link(const LoadedProgram& loaded, std::span<const uint32_t> sites) const;
  // The site is left out where the others can do without it.
  Status refuse(uint32_t site, Error why);

  std::span<const ProbeSite> sites_;
  const Tracefs* tracefs_;
  ir::MissingProbes missing_;
  std::optional<ProbePmu> uprobe_pmu_;
  std::optional<ProbePmu> kprobe_pmu_;
  std::vector<Attachment> attachments_;
  std::vector<SkippedSite> skipped_;
};

}  // namespace polytap::ebpf
