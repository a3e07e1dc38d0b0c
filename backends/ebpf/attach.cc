#include "backends/ebpf/attach.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <utility>

#include "backends/ebpf/uprobe_multi.h"

namespace polytap::ebpf {
namespace {

// The perf event stays disabled: the program runs on every CPU all the same, because it hangs on the probe and not on
// the event, and the kernel does not go on to make a perf sample that nobody reads.
UniqueFd open_event(perf_event_attr& attributes) {
  attributes.size = sizeof attributes;
  attributes.disabled = 1;
  return UniqueFd(static_cast<int>(syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
}

Status link_program(Attachment& attachment, int program_fd, const std::string& name, std::optional<uint64_t> cookie) {
  LIBBPF_OPTS(bpf_link_create_opts, options);
  if (cookie) options.perf_event.bpf_cookie = *cookie;
  attachment.link = UniqueFd(bpf_link_create(program_fd, attachment.event.get(), BPF_PERF_EVENT, &options));
  if (attachment.link.valid()) return {};
  // Links on perf events exist since Linux 5.15.
  if (!cookie && (errno == EINVAL || errno == EOPNOTSUPP) &&
      ioctl(attachment.event.get(), PERF_EVENT_IOC_SET_BPF, program_fd) == 0) {
    return {};
  }
  return Error::from_errno(fmt::format("attach to {}: link the eBPF program", name));
}

constexpr int kNotSupported = 524;  // the kernel's own ENOTSUPP

Error refused(const ProbeSite& site, int code) {
  const std::string what = "attach to " + site.name;
  if (site.is_user_function()) {
    if (code == EINVAL || code == kNotSupported) {
      return Error(fmt::format("{}: the kernel can put no breakpoint at offset {:#x} of {}; it must be the start of an "
                               "instruction that it knows",
                               what, site.file_offset, site.module),
                   code);
    }
    return Error::from_errno(fmt::format("{}: offset {:#x} of {}", what, site.file_offset, site.module), code);
  }
  switch (code) {
    case ENOENT:
    case EADDRNOTAVAIL:
      return Error(fmt::format("{}: the kernel has no such function, or no such place in it", what), code);
    case EINVAL:
      return Error(fmt::format("{}: the kernel lets no probe into this function (it serves the probes themselves, or "
                               "the place is not the start of an instruction)",
                               what),
                   code);
    case EILSEQ:
      return Error(fmt::format("{}: the place is not the start of an instruction", what), code);
    default:
      return Error::from_errno(what, code);
  }
}

// Which of PLACES, that cannot be attached to all together, is the first that cannot.
size_t find_refused(int program_fd, const UserPlaces& places) {
  size_t good = 0;  // so many in front are all right
  size_t bad = places.offsets.size();
  while (bad - good > 1) {
    const size_t middle = (good + bad) / 2;
    const auto from = places.offsets.begin() + static_cast<std::ptrdiff_t>(good);
    const auto to = places.offsets.begin() + static_cast<std::ptrdiff_t>(middle);
    (link_user_places(program_fd, {places.path, places.at_return, {from, to}, {}, {}}).ok() ? good : bad) = middle;
  }
  return good;
}

}  // namespace

Result<Attachment> attach_tracepoint(int program_fd, const Tracefs& tracefs, std::string_view category,
                                     std::string_view event, std::optional<uint64_t> cookie) {
  const std::string name = fmt::format("tracepoint:{}:{}", category, event);
  const auto id = tracefs.event_id(category, event);
  if (!id) return Error(id.error()).context("attach to " + name);
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.config = *id;
  Attachment attachment;
  attachment.event = open_event(attributes);
  if (!attachment.event.valid()) return Error::from_errno(fmt::format("attach to {}: perf_event_open", name));
  TRY(link_program(attachment, program_fd, name, cookie));
  return attachment;
}

Result<Attachment> attach_raw_tracepoint(int program_fd, const std::string& event) {
  Attachment attachment;
  attachment.link = UniqueFd(bpf_raw_tracepoint_open(event.c_str(), program_fd));
  if (!attachment.link.valid()) {
    const int code = errno;
    if (code == ENOENT) return Error("attach to rawtracepoint:" + event + ": the kernel has no such tracepoint", code);
    return Error::from_errno("attach to rawtracepoint:" + event, code);
  }
  return attachment;
}

Result<Attachment> attach_function(int program_fd, const ProbePmu& pmu, const ProbeSite& site,
                                   std::optional<uint64_t> cookie) {
  perf_event_attr attributes{};
  attributes.type = pmu.type;
  if (site.is_return()) attributes.config = pmu.return_flag;
  if (site.is_user_function()) attributes.config |= site.reference_counter << pmu.counter_shift;
  std::string place = site.module;  // config1 points to it
  if (site.is_user_function()) {
    attributes.config1 = reinterpret_cast<uint64_t>(place.c_str());
    attributes.config2 = site.file_offset;
  } else if (site.address != 0) {
    attributes.config2 = site.address;
  } else {
    place = site.module.empty() ? site.function : site.module + ":" + site.function;
    attributes.config1 = reinterpret_cast<uint64_t>(place.c_str());
    attributes.config2 = site.function_offset;
  }
  Attachment attachment;
  attachment.event = open_event(attributes);
  if (!attachment.event.valid()) return refused(site, errno);
  TRY(link_program(attachment, program_fd, site.name, cookie));
  return attachment;
}

Result<std::vector<Attachment>> attach_user_functions(int program_fd, std::span<const ProbeSite> all_sites,
                                                      std::span<const uint32_t> indices, bool cookies) {
  std::map<std::pair<std::string, bool>, std::vector<uint32_t>> groups;
  for (const uint32_t index : indices) {
    groups[{all_sites[index].module, all_sites[index].is_return()}].push_back(index);
  }
  std::vector<Attachment> attachments;
  for (const auto& [key, members] : groups) {
    UserPlaces places{key.first, key.second, {}, {}, {}};
    for (const uint32_t index : members) {
      places.offsets.push_back(all_sites[index].file_offset);
      if (cookies) places.cookies.push_back(index);
      places.reference_counters.push_back(all_sites[index].reference_counter);
    }
    auto link = link_user_places(program_fd, places);
    if (!link) return refused(all_sites[members[find_refused(program_fd, places)]], link.error().code());
    attachments.push_back({UniqueFd(), std::move(*link), 0});
  }
  return attachments;
}

}  // namespace polytap::ebpf
