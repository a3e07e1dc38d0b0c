#include "core/kernel/probe_group.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <set>
#include <thread>
#include <utility>

#include "core/base/unique_fd.h"

namespace polytap {
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
Status write_definition(const Tracefs& tracefs, std::string_view file, std::string_view text) {
  const std::string path = fmt::format("{}/{}", tracefs.root(), file);
  const UniqueFd fd(open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!fd.valid()) return Error::from_errno("open " + path);
  if (write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size())) return {};
  const int code = errno;
  // The kernel's own words about the last mistake: "trace_uprobe: error: ...", trace_kprobe, event_probe.
  Error error = Error::from_errno(fmt::format("write '{}' to {}", text, path), code);
  const auto log = tracefs.read("error_log");
  const size_t at = log ? log->rfind(": error: ") : std::string::npos;
  if (code != EINVAL || at == std::string::npos) return error;
  const size_t begin = at + std::string_view(": error: ").size();
  return Error(fmt::format("{} ({})", error.message(), log->substr(begin, log->find('\n', at) - begin)), code);
}

// EBUSY: perf events or instances that were closed just now still let go of it.
bool remove_event(const Tracefs& tracefs, std::string_view file, const std::string& group, const std::string& event) {
  for (int i = 0; i < 50; ++i) {
    const Status removed = write_definition(tracefs, file, fmt::format("-:{}/{}", group, event));
    if (removed.ok()) return true;
    if (removed.error().code() != EBUSY) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return false;
}

}  // namespace

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

std::vector<std::string> sweep_stale_groups(const Tracefs& tracefs, std::string_view file) {
  const auto text = tracefs.read(file);
  if (!text) return {};
  std::set<std::string> stale;
  // Lines "p:GROUP/EVENT PLACE ...".
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
    if (remove_event(tracefs, file, group, event)) stale.insert(group);
  }
  return {stale.begin(), stale.end()};
}

Result<ProbeGroup> ProbeGroup::create(const Tracefs& tracefs, std::string_view file, char tag) {
  sweep_stale_groups(tracefs, file);
  ProbeGroup group(tracefs, file);
  const auto start = process_start(getpid());
  if (!start) return Error("read /proc/self/stat: polytap needs procfs");
  const std::string kind = tag == 0 ? "" : fmt::format("_{}", tag);
  for (int i = 0; i < kMostPerProcess && group.name_.empty(); ++i) {
    const std::string suffix = i == 0 ? "" : fmt::format("_{}", i);
    const std::string name = fmt::format("{}{}_{}{}{}", kPrefix, getpid(), *start, kind, suffix);
    if (access(fmt::format("{}/events/{}", tracefs.root(), name).c_str(), F_OK) != 0) group.name_ = name;
  }
  if (group.name_.empty()) return Error(fmt::format("this process has too many groups of {}", file));
  return group;
}

ProbeGroup::~ProbeGroup() {
  for (const std::string& event : events_) remove_event(tracefs_, file_, name_, event);
}

std::string ProbeGroup::next_event() const {
  return fmt::format("e{}_{}", events_.size(), std::string_view(name_).substr(kPrefix.size()));
}

Result<EventFormat> ProbeGroup::add(std::string_view definition) {
  const std::string event = next_event();
  TRY(write_definition(tracefs_, file_, definition));
  events_.push_back(event);
  return tracefs_.format(name_, event);
}

}  // namespace polytap
