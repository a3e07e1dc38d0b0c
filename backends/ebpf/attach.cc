#include "backends/ebpf/attach.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "core/kernel/refused_functions.h"

namespace polytap::ebpf {
namespace {

// The perf event stays disabled: the program runs on every CPU all the same, because it hangs on the probe and not on
// the event, and the kernel does not go on to make a perf sample that nobody reads.
UniqueFd open_event(perf_event_attr& attributes) {
  attributes.size = sizeof attributes;
  attributes.disabled = 1;
  return UniqueFd(static_cast<int>(syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
}

Status link_program(Attachment& attachment, int program_fd, std::optional<uint64_t> cookie) {
  LIBBPF_OPTS(bpf_link_create_opts, options);
  if (cookie) options.perf_event.bpf_cookie = *cookie;
  attachment.link = UniqueFd(bpf_link_create(program_fd, attachment.event.get(), BPF_PERF_EVENT, &options));
  if (attachment.link.valid()) return {};
  // Links on perf events exist since Linux 5.15.
  if (!cookie && (errno == EINVAL || errno == EOPNOTSUPP) &&
      ioctl(attachment.event.get(), PERF_EVENT_IOC_SET_BPF, program_fd) == 0) {
    return {};
  }
  return Error::from_errno("link the eBPF program");
}

constexpr int kNotSupported = 524;  // the kernel's own ENOTSUPP

std::string why_no_kernel_function(const ProbeSite& site, int code) {
  KernelFunctionFiles files;
  if (const auto tracefs = Tracefs::open()) files.tracefs = tracefs->root();
  if (code == EILSEQ) return "the place is not the start of an instruction";
  return why_no_probe(files, site.function, site.module);
}

Error refused(const ProbeSite& site, int code) {
  if (site.is_user_function()) {
    if (code == EINVAL || code == kNotSupported) {
      return Error(fmt::format("the kernel can put no breakpoint at offset {:#x} of {}; it must be the start of an "
                               "instruction that it knows",
                               site.file_offset, site.module),
                   code);
    }
    return Error::from_errno(fmt::format("offset {:#x} of {}", site.file_offset, site.module), code);
  }
  if (site.address == 0 && tells_of_site(code)) return Error(why_no_kernel_function(site, code), code);
  return Error::from_errno("open the kprobe", code);
}

}  // namespace

Result<Attachment> attach_tracepoint(int program_fd, const Tracefs& tracefs, std::string_view category,
                                     std::string_view event, std::optional<uint64_t> cookie) {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_TRACEPOINT;
  ASSIGN_OR_RETURN(attributes.config, tracefs.event_id(category, event));
  Attachment attachment;
  attachment.event = open_event(attributes);
  if (!attachment.event.valid()) return Error::from_errno("perf_event_open");
  TRY(link_program(attachment, program_fd, cookie));
  return attachment;
}

Result<Attachment> attach_raw_tracepoint(int program_fd, const std::string& event, std::optional<uint64_t> cookie) {
  // union bpf_attr, raw_tracepoint, with the cookie that Linux 6.10 put behind it.
  struct {
    uint64_t name = 0;
    uint32_t program_fd = 0;
    uint32_t padding = 0;
    uint64_t cookie = 0;
  } attributes;
  attributes.name = reinterpret_cast<uint64_t>(event.c_str());
  attributes.program_fd = static_cast<uint32_t>(program_fd);
  attributes.cookie = cookie.value_or(0);
  Attachment attachment;
  attachment.link =
      UniqueFd(static_cast<int>(syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &attributes, sizeof attributes)));
  if (!attachment.link.valid()) {
    const int code = errno;
    if (code == ENOENT) return Error("the kernel has no such tracepoint", code);
    return Error::from_errno("open the raw tracepoint", code);
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
  TRY(link_program(attachment, program_fd, cookie));
  return attachment;
}

bool tells_of_site(int code) {
  return code == ENOENT || code == EINVAL || code == EADDRNOTAVAIL || code == EILSEQ || code == EOPNOTSUPP ||
         code == kNotSupported;
}

Error why_not_attached(const ProbeSite& site, int code) { return refused(site, code); }

}  // namespace polytap::ebpf
