#include "backends/uprobe/event_group.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <chrono>
#include <set>
#include <thread>
#include <utility>

#include "core/base/unique_fd.h"

namespace polytap::uprobe {
namespace {

constexpr std::string_view kPrefix = "polytap_";
constexpr int kMostPerProcess = 1000;

std::optional<uint64_t> process_start(pid_t pid) {
  const auto text = read_kernel_file(fmt::format("/proc/{}/stat", pid));
  if (!text) return std::nullopt;
  // The name, in parentheses, may hold anything; field 22 is the 20th behind it.
  size_t at = text->rfind(')');
  for (int field = 0; field < 20 && at != std::string::npos; ++field) at = text->find(' ', at + 1);
  uint64_t ticks = 0;
  if (at == std::string::npos) return std::nullopt;
  if (std::from_chars(text->data() + at + 1, text->data() + text->size(), ticks).ec != std::errc()) return std::nullopt;
  return ticks;
}

// Never with O_TRUNC, which would remove everybody's events.
Status write_definition(const Tracefs& tracefs, std::string_view text) {
  const std::string path = tracefs.root() + "/uprobe_events";
  const UniqueFd fd(open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!fd.valid()) return Error::from_errno("open " + path);
  if (write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size())) return {};
  const int code = errno;
  // The kernel's own words about the last mistake, with a caret: "trace_uprobe: error: ...".
  Error error = Error::from_errno(fmt::format("write '{}' to {}", text, path), code);
  const auto log = tracefs.read("error_log");
  const size_t at = log ? log->rfind("trace_uprobe: error: ") : std::string::npos;
  if (code != EINVAL || at == std::string::npos) return error;
  const std::string reason = log->substr(at, log->find('\n', at) - at);
  return Error(fmt::format("{} ({})", error.message(), reason), code);
}

// EBUSY: perf events that were closed just now still let go of it.
bool remove_event(const Tracefs& tracefs, const std::string& group, const std::string& event) {
  for (int i = 0; i < 50; ++i) {
    const Status removed = write_definition(tracefs, fmt::format("-:{}/{}", group, event));
    if (removed.ok()) return true;
    if (removed.error().code() != EBUSY) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

}  // namespace

std::string probe_definition(std::string_view group, std::string_view name, const ProbeSite& site,
                             std::string_view path, const std::vector<FetchField>& fields) {
  std::string text =
      fmt::format("{}:{}/{} {}:{:#x}", site.is_return() ? 'r' : 'p', group, name, path, site.file_offset);
  for (const FetchField& field : fields) text += fmt::format(" {}={}", field.name, field.argument);
  return text;
}

std::optional<GroupOwner> group_owner(std::string_view name) {
  if (!name.starts_with(kPrefix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  GroupOwner owner;
  const char* end = name.data() + name.size();
  auto parsed = std::from_chars(name.data(), end, owner.pid);
  if (parsed.ec != std::errc() || owner.pid <= 0 || parsed.ptr == end || *parsed.ptr != '_') return std::nullopt;
  parsed = std::from_chars(parsed.ptr + 1, end, owner.start);
  if (parsed.ec != std::errc() || (parsed.ptr != end && *parsed.ptr != '_')) return std::nullopt;
  return owner;
}

std::vector<std::string> sweep_stale_groups(const Tracefs& tracefs) {
  const auto text = tracefs.read("uprobe_events");
  if (!text) return {};
  std::set<std::string> stale;
  // Lines "p:GROUP/EVENT PATH:0xOFFSET ...".
  for (size_t at = 0; at < text->size();) {
    const size_t end = std::min(text->find('\n', at), text->size());
    const std::string_view line(text->data() + at, end - at);
    at = end + 1;
    const size_t colon = line.find(':');
    const size_t slash = line.find('/');
    const size_t space = line.find(' ');
    if (colon == std::string_view::npos || slash == std::string_view::npos || slash > space || colon > slash) continue;
    const std::string group(line.substr(colon + 1, slash - colon - 1));
    const auto owner = group_owner(group);
    if (!owner || process_start(owner->pid) == owner->start) continue;
    const std::string event(line.substr(slash + 1, space - slash - 1));
    if (remove_event(tracefs, group, event)) stale.insert(group);
  }
  return {stale.begin(), stale.end()};
}

Result<EventGroup> EventGroup::create(const Tracefs& tracefs) {
  sweep_stale_groups(tracefs);
  EventGroup group(tracefs);
  const auto start = process_start(getpid());
  if (!start) return Error("read /proc/self/stat: polytap needs procfs");
  for (int i = 0; i < kMostPerProcess && group.name_.empty(); ++i) {
    const std::string suffix = i == 0 ? "" : fmt::format("_{}", i);
    const std::string name = fmt::format("{}{}_{}{}", kPrefix, getpid(), *start, suffix);
    if (access(fmt::format("{}/events/{}", tracefs.root(), name).c_str(), F_OK) != 0) group.name_ = name;
  }
  if (group.name_.empty()) return Error("this process has too many groups of uprobe events");
  return group;
}

EventGroup::~EventGroup() {
  for (const std::string& event : events_) remove_event(tracefs_, name_, event);
}

Result<EventFormat> EventGroup::add(const ProbeSite& site, const std::vector<FetchField>& fields) {
  const std::string event = fmt::format("e{}", events_.size());
  // A path of its own for the file: the definition is split at spaces, and the path may hold some.
  const UniqueFd file(open(site.module.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return Error::from_errno(fmt::format("{}: open {}", site.name, site.module));
  const bool plain = std::ranges::none_of(site.module, [](unsigned char c) { return std::isspace(c) != 0; });
  const std::string path =
      plain && site.module.starts_with('/') ? site.module : fmt::format("/proc/self/fd/{}", file.get());
  Status written = write_definition(tracefs_, probe_definition(name_, event, site, path, fields));
  if (!written.ok()) return std::move(written).error().context(site.name);
  events_.push_back(event);
  return tracefs_.format(name_, event);
}

}  // namespace polytap::uprobe
