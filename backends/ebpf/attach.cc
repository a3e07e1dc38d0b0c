#include "backends/ebpf/attach.h"

#include <bpf/bpf.h>
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

namespace polytap::ebpf {
// The perf event stays disabled: the program runs on every CPU all the same, because it hangs on the tracepoint and not
// on the event, and the kernel does not go on to make a perf sample that nobody reads.
Result<Attachment> attach_tracepoint(int program_fd, const Tracefs& tracefs, std::string_view category,
                                     std::string_view event, std::optional<uint64_t> cookie) {
  const std::string name = fmt::format("tracepoint:{}:{}", category, event);
  const auto id = tracefs.event_id(category, event);
  if (!id) return Error(id.error()).context("attach to " + name);
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_TRACEPOINT;
  attributes.size = sizeof attributes;
  attributes.config = *id;
  attributes.disabled = 1;
  Attachment attachment;
  attachment.event =
      UniqueFd(static_cast<int>(syscall(SYS_perf_event_open, &attributes, -1, 0, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!attachment.event.valid()) return Error::from_errno(fmt::format("attach to {}: perf_event_open", name));
  LIBBPF_OPTS(bpf_link_create_opts, options);
  if (cookie) options.perf_event.bpf_cookie = *cookie;
  attachment.link = UniqueFd(bpf_link_create(program_fd, attachment.event.get(), BPF_PERF_EVENT, &options));
  if (attachment.link.valid()) return attachment;
  // Links on perf events exist since Linux 5.15.
  if (!cookie && (errno == EINVAL || errno == EOPNOTSUPP) &&
      ioctl(attachment.event.get(), PERF_EVENT_IOC_SET_BPF, program_fd) == 0) {
    return attachment;
  }
  return Error::from_errno(fmt::format("attach to {}: link the eBPF program", name));
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

}  // namespace polytap::ebpf
