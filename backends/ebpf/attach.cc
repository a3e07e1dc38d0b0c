#include "backends/ebpf/attach.h"

#include <bpf/bpf.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <charconv>

namespace polytap::ebpf {
namespace {

constexpr long kTracefsMagic = 0x74726163;  // TRACEFS_MAGIC, linux/magic.h

bool is_tracefs(const char* path) {
  struct statfs info {};
  return statfs(path, &info) == 0 && info.f_type == kTracefsMagic;
}

Result<std::string> read_event_file(std::string_view category, std::string_view event, std::string_view file) {
  ASSIGN_OR_RETURN(const std::string root, find_tracefs());
  const std::string path = fmt::format("{}/events/{}/{}/{}", root, category, event, file);
  const UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return Error::from_errno("open " + path);
  std::string text;
  std::array<char, 4096> buffer;
  while (true) {
    const ssize_t got = read(fd.get(), buffer.data(), buffer.size());
    if (got < 0) return Error::from_errno("read " + path);
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<size_t>(got));
  }
}

}  // namespace

Result<std::string> find_tracefs() {
  constexpr const char* kPlace = "/sys/kernel/tracing";
  for (const char* path : {kPlace, "/sys/kernel/debug/tracing"}) {
    if (is_tracefs(path)) return std::string(path);
  }
  if (mount("tracefs", kPlace, "tracefs", 0, nullptr) == 0) return std::string(kPlace);
  return Error::from_errno("tracefs is not mounted; run `mount -t tracefs tracefs /sys/kernel/tracing` as root: mount");
}

Result<uint64_t> tracepoint_id(std::string_view category, std::string_view event) {
  ASSIGN_OR_RETURN(const std::string text, read_event_file(category, event, "id"));
  uint64_t id = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), id).ec != std::errc()) {
    return Error(fmt::format("tracepoint {}:{} has no usable id in tracefs: '{}'", category, event, text));
  }
  return id;
}

Result<std::string> tracepoint_format(std::string_view category, std::string_view event) {
  return read_event_file(category, event, "format");
}

// Lines are "\tfield:pid_t child_pid;\toffset:20;\tsize:4;\tsigned:1;".
std::optional<uint32_t> field_offset(std::string_view format, std::string_view field) {
  const size_t name = format.find(fmt::format(" {};", field));
  if (name == std::string_view::npos) return std::nullopt;
  constexpr std::string_view kOffset = "offset:";
  const size_t at = format.find(kOffset, name);
  if (at == std::string_view::npos) return std::nullopt;
  uint32_t offset = 0;
  const char* begin = format.data() + at + kOffset.size();
  if (std::from_chars(begin, format.data() + format.size(), offset).ec != std::errc()) return std::nullopt;
  return offset;
}

// The perf event stays disabled: the program runs on every CPU all the same, because it hangs on the tracepoint and not
// on the event, and the kernel does not go on to make a perf sample that nobody reads.
Result<Attachment> attach_tracepoint(int program_fd, std::string_view category, std::string_view event,
                                     std::optional<uint64_t> cookie) {
  const std::string name = fmt::format("tracepoint:{}:{}", category, event);
  auto id = tracepoint_id(category, event);
  if (!id) return std::move(id).error().context("attach to " + name);
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
