#include "core/kernel/tracefs.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/mount.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>
#include <utility>

#include "core/base/unique_fd.h"

namespace polytap {
namespace {

constexpr const char* kRoot = "/sys/kernel/tracing";
constexpr const char* kOldRoot = "/sys/kernel/debug/tracing";  // automounted there since 4.1, for old users

bool is_tracefs(const char* path) {
  struct statfs info {};
  return ::statfs(path, &info) == 0 && info.f_type == TRACEFS_MAGIC;
}

// The subdirectories of PATH; files (enable, filter) are left out.
std::vector<std::string> subdirectories(const std::string& path) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(::opendir(path.c_str()), &::closedir);
  if (directory == nullptr) return names;
  while (const dirent* entry = ::readdir(directory.get())) {
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  std::ranges::sort(names);
  return names;
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name[0] != '.' && name.find('/') == std::string_view::npos;
}

}  // namespace

Result<std::string> read_kernel_file(const std::string& path) {
  const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return Error::from_errno("open " + path);
  std::string text;
  std::array<char, 16384> buffer{};
  while (true) {
    const ssize_t got = ::read(fd.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return Error::from_errno("read " + path);
    if (got == 0) return text;
    text.append(buffer.data(), static_cast<size_t>(got));
  }
}

Result<Tracefs> Tracefs::open() {
  for (const char* root : {kRoot, kOldRoot}) {
    if (is_tracefs(root)) return open_at(root);
  }
  // An ordinary user cannot see whether it is mounted below /sys/kernel/debug (mode 0700), and cannot read it either.
  if (::geteuid() != 0) {
    return Error(fmt::format("tracefs is not mounted at {}; mount it: sudo mount -t tracefs nodev {}", kRoot, kRoot),
                 ENOENT);
  }
  if (::mount("nodev", kRoot, "tracefs", MS_NOSUID | MS_NODEV | MS_NOEXEC, nullptr) != 0 && errno != EBUSY) {
    return Error::from_errno(fmt::format("mount -t tracefs nodev {}", kRoot));
  }
  return open_at(kRoot);
}

Result<Tracefs> Tracefs::open_at(std::string root) {
  const std::string events = root + "/events";
  if (::access(events.c_str(), R_OK | X_OK) == 0) return Tracefs(std::move(root));
  const int code = errno;
  std::string what = "read " + events;
  if (code == EACCES || code == EPERM) what += " (run as root: sudo polytap ...)";
  return Error::from_errno(what, code);
}

std::vector<std::string> Tracefs::categories() const { return subdirectories(root_ + "/events"); }

std::vector<std::string> Tracefs::events(std::string_view category) const {
  if (!is_plain_name(category)) return {};
  return subdirectories(fmt::format("{}/events/{}", root_, category));
}

std::vector<std::string> Tracefs::all_events() const {
  std::vector<std::string> names;
  const Result<std::string> text = read("available_events");
  if (!text) {
    for (const std::string& category : categories()) {
      for (const std::string& event : events(category)) names.push_back(fmt::format("{}:{}", category, event));
    }
    return names;
  }
  std::string_view rest = *text;
  while (!rest.empty()) {
    const size_t end = rest.find('\n');
    if (end != 0) names.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  }
  std::ranges::sort(names);
  return names;
}

Result<std::string> Tracefs::read(std::string_view path) const {
  return read_kernel_file(fmt::format("{}/{}", root_, path));
}

Result<EventFormat> Tracefs::format(std::string_view category, std::string_view event) const {
  if (!is_plain_name(category) || !is_plain_name(event)) {
    return Error(fmt::format("'{}:{}' is not the name of an event", category, event), EINVAL);
  }
  const std::string path = fmt::format("events/{}/{}/format", category, event);
  ASSIGN_OR_RETURN(const std::string text, read(path));
  const EventKind kind = category == "syscalls" ? EventKind::kSyscall : EventKind::kOrdinary;
  return parse_event_format(text, kind, fmt::format("{}/{}", root_, path));
}

Result<uint32_t> Tracefs::event_id(std::string_view category, std::string_view event) const {
  const std::string path = fmt::format("events/{}/{}/id", category, event);
  ASSIGN_OR_RETURN(const std::string text, read(path));
  uint32_t id = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), id).ec != std::errc()) {
    return Error(fmt::format("{}/{}: not a number: '{}'", root_, path, text), EINVAL);
  }
  return id;
}

}  // namespace polytap
