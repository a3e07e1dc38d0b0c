#include "backends/ebpf/sampled_events.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string_view>
#include <utility>

#include "core/kernel/tracefs.h"

namespace polytap::ebpf {
namespace {

constexpr const char* kOnline = "/sys/devices/system/cpu/online";

// "0-3,5"
std::vector<int> parse_cpu_list(std::string_view text) {
  std::vector<int> cpus;
  while (!text.empty()) {
    int first = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), first);
    if (error != std::errc()) break;
    text.remove_prefix(static_cast<size_t>(end - text.data()));
    int last = first;
    if (text.starts_with('-')) {
      const auto [behind, wrong] = std::from_chars(text.data() + 1, text.data() + text.size(), last);
      if (wrong != std::errc()) break;
      text.remove_prefix(static_cast<size_t>(behind - text.data()));
    }
    for (int cpu = first; cpu <= last; ++cpu) cpus.push_back(cpu);
    if (!text.starts_with(',')) break;
    text.remove_prefix(1);
  }
  return cpus;
}

std::vector<int> online_cpus() {
  const auto text = read_kernel_file(kOnline);
  std::vector<int> cpus;
  if (text) cpus = parse_cpu_list(*text);
  if (cpus.empty()) cpus.push_back(0);
  return cpus;
}

UniqueFd open_event(const ProbeSite& site, int cpu) {
  const SampledEvent& event = site.sampled;
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = event.type;
  attributes.config = event.config;
  attributes.sample_period = event.period;
  attributes.disabled = 1;
  if (event.type == PERF_TYPE_BREAKPOINT) {
    attributes.bp_type = event.access;
    attributes.bp_addr = event.address;
    attributes.bp_len = event.length;
  }
  return UniqueFd(static_cast<int>(syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
}

std::string explain(const ProbeSite& site, int code) {
  switch (code) {
    case ENOENT:
    case EOPNOTSUPP:
      if (site.type == ProbeType::kHardware) {
        return fmt::format(
            "{}: this machine has no such counter (virtual machines often have none at all); "
            "software:cpu-clock and profile sample by a timer instead",
            site.name);
      }
      break;
    case ENOSPC:
      return fmt::format("{}: all four breakpoint registers of the processor are in use", site.name);
    case EINVAL:
      if (site.type == ProbeType::kWatchpoint) {
        return fmt::format(
            "{}: the kernel watches no such address (execution of kernel code needs a kernel built with "
            "it; an address must be one that programs or the kernel can have)",
            site.name);
      }
      break;
    case EACCES:
    case EPERM:
      return fmt::format("{}: the kernel lets this process sample no perf events; run polytap with sudo", site.name);
    default:
      break;
  }
  return Error::from_errno(site.name + ": perf_event_open", code).message();
}

}  // namespace

std::optional<std::string> why_not_sampled(const ProbeSite& site) {
  if (open_event(site, online_cpus().front()).valid()) return std::nullopt;
  return explain(site, errno);
}

Result<std::vector<Attachment>> attach_sampled(int program_fd, const ProbeSite& site, std::optional<uint64_t> cookie) {
  std::vector<Attachment> attachments;
  for (const int cpu : online_cpus()) {
    Attachment attachment;
    attachment.watched = site.sampled.address;
    attachment.event = open_event(site, cpu);
    if (!attachment.event.valid()) {
      const int code = errno;
      if (code == ENODEV) continue;  // the CPU went offline meanwhile
      return Error("attach to " + explain(site, code), code);
    }
    LIBBPF_OPTS(bpf_link_create_opts, options);
    if (cookie) options.perf_event.bpf_cookie = *cookie;
    attachment.link = UniqueFd(bpf_link_create(program_fd, attachment.event.get(), BPF_PERF_EVENT, &options));
    // Links on perf events exist since Linux 5.15.
    if (!attachment.link.valid() &&
        (cookie || ioctl(attachment.event.get(), PERF_EVENT_IOC_SET_BPF, program_fd) != 0)) {
      return Error::from_errno(fmt::format("attach to {}: link the eBPF program", site.name));
    }
    attachments.push_back(std::move(attachment));
  }
  // All at once, so that no CPU is ahead by the time that the others take.
  for (const Attachment& attachment : attachments) {
    if (ioctl(attachment.event.get(), PERF_EVENT_IOC_ENABLE, 0) != 0) {
      return Error::from_errno(fmt::format("attach to {}: enable the event", site.name));
    }
  }
  return attachments;
}

}  // namespace polytap::ebpf
