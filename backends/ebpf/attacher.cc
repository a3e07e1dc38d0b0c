#include "backends/ebpf/attacher.h"

#include <iterator>
#include <utility>

#include "backends/ebpf/sampled_events.h"
#include "core/base/check.h"

namespace polytap::ebpf {

Result<ProbePmu> Attacher::pmu(const char* name, std::optional<ProbePmu>& known) {
  if (!known) {
    ASSIGN_OR_RETURN(known, read_probe_pmu(name));
  }
  return *known;
}

Result<Attachment> Attacher::attach_site(const LoadedProgram& loaded, const ProbeSite& site,
                                         std::optional<uint64_t> cookie) {
  const int program = loaded.program.get();
  switch (loaded.group.method) {
    case AttachMethod::kTracepoint:
      return attach_tracepoint(program, *tracefs_, site.category, site.event, cookie);
    case AttachMethod::kRawTracepoint:
      return attach_raw_tracepoint(program, site.event);
    case AttachMethod::kUprobe: {
      ASSIGN_OR_RETURN(const ProbePmu uprobes, pmu("uprobe", uprobe_pmu_));
      return attach_function(program, uprobes, site, cookie);
    }
    case AttachMethod::kKprobe: {
      ASSIGN_OR_RETURN(const ProbePmu kprobes, pmu("kprobe", kprobe_pmu_));
      return attach_function(program, kprobes, site, cookie);
    }
    case AttachMethod::kSyscalls:
    case AttachMethod::kSyscallExits:
    case AttachMethod::kUprobeMulti:
    case AttachMethod::kSampled:
    case AttachMethod::kIterate:
    case AttachMethod::kRun:
      break;
  }
  CHECK(false);  // those are attached for all sites together, or run
}

Status Attacher::attach(const LoadedProgram& loaded, std::vector<Attachment>& attachments) {
  const AttachGroup& group = loaded.group;
  const int program = loaded.program.get();
  switch (group.method) {
    case AttachMethod::kRun:
    case AttachMethod::kIterate:
      return {};
    case AttachMethod::kSyscalls:
    case AttachMethod::kSyscallExits: {
      const char* event = group.method == AttachMethod::kSyscalls ? "sys_enter" : "sys_exit";
      ASSIGN_OR_RETURN(Attachment attachment,
                       attach_tracepoint(program, *tracefs_, "raw_syscalls", event, std::nullopt));
      attachments.push_back(std::move(attachment));
      return {};
    }
    case AttachMethod::kUprobeMulti: {
      ASSIGN_OR_RETURN(std::vector<Attachment> links,
                       attach_user_functions(program, sites_, group.sites, group.wants_cookie));
      std::move(links.begin(), links.end(), std::back_inserter(attachments));
      return {};
    }
    default:
      break;
  }
  for (const uint32_t index : group.sites) {
    std::optional<uint64_t> cookie;
    if (group.wants_cookie) cookie = index;
    if (group.method == AttachMethod::kSampled) {
      ASSIGN_OR_RETURN(std::vector<Attachment> events, attach_sampled(program, sites_[index], cookie));
      std::move(events.begin(), events.end(), std::back_inserter(attachments));
      continue;
    }
    ASSIGN_OR_RETURN(Attachment attachment, attach_site(loaded, sites_[index], cookie));
    attachments.push_back(std::move(attachment));
  }
  return {};
}

}  // namespace polytap::ebpf
