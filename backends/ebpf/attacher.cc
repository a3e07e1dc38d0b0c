#include "backends/ebpf/attacher.h"

#include <map>
#include <utility>

#include "backends/ebpf/kprobe_session.h"
#include "backends/ebpf/sampled_events.h"
#include "backends/ebpf/tracing_target.h"
#include "backends/ebpf/uprobe_multi.h"
#include "core/base/check.h"

namespace polytap::ebpf {

bool may_be_left_out(const ProbeSite& site, ir::MissingProbes missing) {
  return site.from_pattern || missing == ir::MissingProbes::kWarn || missing == ir::MissingProbes::kIgnore;
}

// Uprobes, kprobes, fprobes and trampolines put the new one in front of their lists. What returns are kept for by the
// thread (kretprobes) comes off that list in reverse again. Measured on 6.1, 6.12 and 6.18: tests/e2e/cases/kprobes.sh.
bool Attacher::fires_last_attached_first(const LoadedProgram& loaded) const {
  switch (loaded.group.method) {
    case AttachMethod::kUprobe:
    case AttachMethod::kUprobeMulti:
    case AttachMethod::kTracing:
      return true;
    case AttachMethod::kKprobe:
    case AttachMethod::kKprobeMulti:
      return !sites_[loaded.group.sites.front()].is_return();
    default:
      return false;
  }
}

Result<ProbePmu> Attacher::pmu(const char* name, std::optional<ProbePmu>& known) {
  if (!known) {
    ASSIGN_OR_RETURN(known, read_probe_pmu(name));
  }
  return *known;
}

namespace {

// Several functions of one name are all meant. The kernel takes the first of them, or none (since Linux 6.7).
std::vector<ProbeSite> places(const ProbeSite& site) {
  if (site.address != 0 || site.entries.size() < 2) return {site};
  std::vector<ProbeSite> all(site.entries.size(), site);
  for (size_t i = 0; i < all.size(); ++i) all[i].address = site.entries[i] + site.function_offset;
  return all;
}

}  // namespace

Result<Attachment> Attacher::attach_site(const LoadedProgram& loaded, const ProbeSite& site,
                                         std::optional<uint64_t> cookie) {
  const int program = loaded.program.get();
  switch (loaded.group.method) {
    case AttachMethod::kTracepoint:
      return attach_tracepoint(program, *tracefs_, site.category, site.event, cookie);
    case AttachMethod::kRawTracepoint:
      return attach_raw_tracepoint(program, site.event, cookie);
    case AttachMethod::kUprobe: {
      ASSIGN_OR_RETURN(const ProbePmu uprobes, pmu("uprobe", uprobe_pmu_));
      return attach_function(program, uprobes, site, cookie);
    }
    case AttachMethod::kKprobe: {
      ASSIGN_OR_RETURN(const ProbePmu kprobes, pmu("kprobe", kprobe_pmu_));
      return attach_function(program, kprobes, site, cookie);
    }
    case AttachMethod::kTracing: {
      ASSIGN_OR_RETURN(UniqueFd link, link_tracing(program));
      return Attachment{UniqueFd(), std::move(link), 0, 0};
    }
    case AttachMethod::kSyscalls:
    case AttachMethod::kSyscallExits:
    case AttachMethod::kUprobeMulti:
    case AttachMethod::kKprobeMulti:
    case AttachMethod::kKprobeSession:
    case AttachMethod::kSampled:
    case AttachMethod::kIterate:
    case AttachMethod::kRun:
      break;
  }
  CHECK(false);  // those are attached for all sites together, or run
}

Status Attacher::refuse(uint32_t site, Error why) {
  if (!may_be_left_out(sites_[site], missing_) || !tells_of_site(why.code()))
    return std::move(why).context("attach to " + sites_[site].name);
  skipped_.push_back({site, why.message()});
  return {};
}

Status Attacher::attach_syscalls(const LoadedProgram& loaded) {
  const char* event = loaded.group.method == AttachMethod::kSyscalls ? "sys_enter" : "sys_exit";
  auto attachment = attach_tracepoint(loaded.program.get(), *tracefs_, "raw_syscalls", event, std::nullopt);
  if (!attachment) {
    return std::move(attachment).error().context(std::string("attach to tracepoint:raw_syscalls:") + event);
  }
  attachment->site = loaded.group.sites.front();
  attachments_.push_back(std::move(*attachment));
  return {};
}

KernelPlaces Attacher::kernel_places(const AttachGroup& group, std::span<const uint32_t> sites, bool at_return) const {
  KernelPlaces places{at_return, {}, {}};
  for (const uint32_t index : sites) {
    for (const uint64_t address : sites_[index].entries) {
      places.addresses.push_back(address);
      if (group.wants_cookie) places.cookies.push_back(index);
    }
  }
  return places;
}

bool Attacher::attach_session(const LoadedProgram& loaded) {
  const std::vector<uint32_t>& sites = loaded.group.sites;
  auto link = link_kernel_places(loaded.program.get(), kernel_places(loaded.group, sites, false), kKprobeSession);
  if (!link) return false;
  attachments_.push_back({UniqueFd(), std::move(*link), sites.front(), 0});
  return true;
}

Result<UniqueFd> Attacher::link(const LoadedProgram& loaded, std::span<const uint32_t> sites) const {
  const ProbeSite& first = sites_[sites.front()];
  if (loaded.group.method == AttachMethod::kUprobeMulti) {
    UserPlaces places{first.module, first.is_return(), {}, {}, {}};
    for (const uint32_t index : sites) {
      places.offsets.push_back(sites_[index].file_offset);
      places.reference_counters.push_back(sites_[index].reference_counter);
      if (loaded.group.wants_cookie) places.cookies.push_back(index);
    }
    return link_user_places(loaded.program.get(), places);
  }
  return link_kernel_places(loaded.program.get(), kernel_places(loaded.group, sites, first.is_return()));
}

// The kernel attaches to all or to none, and does not say which it minds: then each half is tried.
Status Attacher::link_together(const LoadedProgram& loaded, std::span<const uint32_t> sites) {
  auto whole = link(loaded, sites);
  if (whole) {
    attachments_.push_back({UniqueFd(), std::move(*whole), sites.front(), 0});
    return {};
  }
  const int code = whole.error().code();
  if (sites.size() == 1) return refuse(sites.front(), why_not_attached(sites_[sites.front()], code));
  if (!tells_of_site(code)) return std::move(whole).error().context("attach to " + sites_[sites.front()].name);
  const size_t half = sites.size() / 2;
  TRY(link_together(loaded, sites.first(half)));
  return link_together(loaded, sites.subspan(half));
}

Status Attacher::attach_user_files(const LoadedProgram& loaded) {
  std::map<std::pair<std::string, bool>, std::vector<uint32_t>> groups;
  for (const uint32_t index : loaded.group.sites) {
    groups[{sites_[index].module, sites_[index].is_return()}].push_back(index);
  }
  for (const auto& [file, sites] : groups) TRY(link_together(loaded, sites));
  return {};
}

Status Attacher::attach(const LoadedProgram& loaded) {
  const AttachGroup& group = loaded.group;
  switch (group.method) {
    case AttachMethod::kRun:
    case AttachMethod::kIterate:
    case AttachMethod::kKprobeSession:  // attach_session()
      return {};
    case AttachMethod::kSyscalls:
    case AttachMethod::kSyscallExits:
      return attach_syscalls(loaded);
    case AttachMethod::kUprobeMulti:
      return attach_user_files(loaded);
    case AttachMethod::kKprobeMulti:
      return link_together(loaded, group.sites);
    default:
      break;
  }
  for (const uint32_t index : group.sites) {
    std::optional<uint64_t> cookie;
    if (group.wants_cookie) cookie = index;
    if (group.method == AttachMethod::kSampled) {
      ASSIGN_OR_RETURN(std::vector<Attachment> events, attach_sampled(loaded.program.get(), sites_[index], cookie));
      for (Attachment& event : events) {
        event.site = index;
        attachments_.push_back(std::move(event));
      }
      continue;
    }
    for (const ProbeSite& place : places(sites_[index])) {
      auto attachment = attach_site(loaded, place, cookie);
      if (attachment) {
        attachment->site = index;
        attachments_.push_back(std::move(*attachment));
      } else {
        TRY(refuse(index, std::move(attachment).error()));
      }
    }
  }
  return {};
}

}  // namespace polytap::ebpf
