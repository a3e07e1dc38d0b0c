#include "backends/ftrace/instance.h"

#include <dirent.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <utility>

#include "core/base/clock.h"
#include "core/kernel/tracefs.h"

namespace polytap::ftrace {
namespace {

constexpr std::string_view kPrefix = "polytap-";
constexpr int kMostPerProcess = 64;
constexpr uint32_t kSubBufferKb = 64;

std::vector<std::string> names_in(const std::string& path) {
  std::vector<std::string> names;
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(path.c_str()), closedir);
  if (directory == nullptr) return names;
  while (const dirent* entry = readdir(directory.get())) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  std::ranges::sort(names);
  return names;
}

// The PID of "polytap-PID" or "polytap-PID-N".
std::optional<pid_t> owner_of(std::string_view name) {
  if (!name.starts_with(kPrefix)) return std::nullopt;
  name.remove_prefix(kPrefix.size());
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (error != std::errc() || pid <= 0) return std::nullopt;
  if (end != name.data() + name.size() && *end != '-') return std::nullopt;
  return pid;
}

// When process PID started, in nanoseconds of CLOCK_BOOTTIME.
std::optional<uint64_t> process_start(pid_t pid) {
  const auto text = read_kernel_file(fmt::format("/proc/{}/stat", pid));
  if (!text) return std::nullopt;
  // The name, in parentheses, may hold anything; field 22 is the 20th behind it.
  size_t at = text->rfind(')');
  for (int field = 0; field < 20 && at != std::string::npos; ++field) at = text->find(' ', at + 1);
  if (at == std::string::npos) return std::nullopt;
  uint64_t ticks = 0;
  if (std::from_chars(text->data() + at + 1, text->data() + text->size(), ticks).ec != std::errc()) return std::nullopt;
  return ticks * (1'000'000'000 / static_cast<uint64_t>(sysconf(_SC_CLK_TCK)));
}

// Whether the process that made the instance at PATH has ended. A process that has its number now started later.
bool is_stale(const std::string& path, pid_t owner) {
  if (kill(owner, 0) != 0 && errno == ESRCH) return true;
  struct stat info {};
  const std::optional<uint64_t> started = process_start(owner);
  if (!started || stat(path.c_str(), &info) != 0) return false;
  const auto made =
      static_cast<uint64_t>(info.st_mtim.tv_sec) * 1'000'000'000 + static_cast<uint64_t>(info.st_mtim.tv_nsec);
  const uint64_t booted = clock_ns(CLOCK_REALTIME) - clock_ns(CLOCK_BOOTTIME);
  constexpr uint64_t kMargin = 2'000'000'000;  // start times are counted in ticks, and the clock may be set
  return booted + *started > made + kMargin;
}

std::vector<int> cpus_of(const std::string& path) {
  std::vector<int> cpus;
  for (const std::string& name : names_in(path + "/per_cpu")) {
    int cpu = 0;
    if (name.starts_with("cpu") && std::from_chars(name.data() + 3, name.data() + name.size(), cpu).ec == std::errc()) {
      cpus.push_back(cpu);
    }
  }
  std::ranges::sort(cpus);
  return cpus;
}

}  // namespace

CpuLosses parse_stats(std::string_view text) {
  CpuLosses losses;
  const auto value = [&](std::string_view line, std::string_view name, uint64_t& to) {
    if (line.starts_with(name)) std::from_chars(line.data() + name.size(), line.data() + line.size(), to);
  };
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    value(line, "overrun: ", losses.overrun);
    value(line, "commit overrun: ", losses.commit_overrun);
    value(line, "dropped events: ", losses.dropped);
    text.remove_prefix(std::min(text.size(), line.size() + 1));
  }
  return losses;
}

std::vector<std::string> sweep_stale_instances(const std::string& tracefs_root) {
  std::vector<std::string> removed;
  const std::string folder = tracefs_root + "/instances";
  for (const std::string& name : names_in(folder)) {
    const std::optional<pid_t> owner = owner_of(name);
    const std::string path = fmt::format("{}/{}", folder, name);
    if (owner && is_stale(path, *owner) && rmdir(path.c_str()) == 0) removed.push_back(name);
  }
  return removed;
}

Result<Instance> Instance::create(const std::string& tracefs_root, uint32_t buffer_kb) {
  sweep_stale_instances(tracefs_root);
  Instance instance;
  instance.tracefs_root_ = tracefs_root;
  for (int i = 0; i < kMostPerProcess && instance.path_.empty(); ++i) {
    const std::string suffix = i == 0 ? "" : fmt::format("-{}", i);
    const std::string path = fmt::format("{}/instances/{}{}{}", tracefs_root, kPrefix, getpid(), suffix);
    if (mkdir(path.c_str(), 0750) == 0) {
      instance.path_ = path;
    } else if (errno != EEXIST) {
      return Error::from_errno("make tracing instance " + path);
    }
  }
  if (instance.path_.empty()) return Error("this process has too many tracing instances");
  TRY(instance.configure(buffer_kb));
  return instance;
}

bool Instance::can_record_stacks(const std::string& tracefs_root) {
  return access(fmt::format("{}/options/stacktrace", tracefs_root).c_str(), W_OK) == 0;
}

Status Instance::configure(uint32_t buffer_kb) {
  TRY(write("tracing_on", "0"));
  // nsecs is CLOCK_MONOTONIC.
  TRY(write("trace_clock", "mono"));
  // What finds the buffer full is dropped and counted, so that the order of what is read has no holes in its past.
  TRY(write("options/overwrite", "0"));
  TRY(write("options/event-fork", "1"));
  // Fewer reads; since 6.8.
  if (has("buffer_subbuf_size_kb")) TRY(write("buffer_subbuf_size_kb", std::to_string(kSubBufferKb)));
  TRY(write("buffer_size_kb", std::to_string(buffer_kb)));
  page_size_ = has("buffer_subbuf_size_kb") ? size_t{kSubBufferKb} << 10 : static_cast<size_t>(sysconf(_SC_PAGESIZE));
  cpus_ = cpus_of(path_);
  if (cpus_.empty()) return Error(path_ + "/per_cpu has no CPUs");
  return {};
}

Instance::Instance(Instance&& other) noexcept
    : tracefs_root_(std::move(other.tracefs_root_)),
      path_(std::exchange(other.path_, {})),
      cpus_(std::move(other.cpus_)),
      page_size_(other.page_size_) {}

Instance::~Instance() {
  // EBUSY would mean a reader of ours, or somebody who looks into the instance: the next sweep takes it then.
  if (!path_.empty()) rmdir(path_.c_str());
}

Status Instance::write_with(std::string_view name, std::string_view text, int flags) const {
  const std::string path = fmt::format("{}/{}", path_, name);
  const UniqueFd fd(open(path.c_str(), flags | O_CLOEXEC));
  if (!fd.valid()) return Error::from_errno("open " + path);
  if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    return Error::from_errno(fmt::format("write '{}' to {}", text, path));
  }
  return {};
}

Status Instance::write(std::string_view name, std::string_view text) const {
  return write_with(name, text, O_WRONLY | O_TRUNC);
}

Status Instance::append(std::string_view name, std::string_view text) const {
  return write_with(name, text, O_WRONLY | O_APPEND);
}

Status Instance::enable(std::string_view category, std::string_view event) const {
  return write(fmt::format("events/{}/{}/enable", category, event), "1");
}

Status Instance::filter(std::string_view category, std::string_view event, std::string_view text) const {
  return write(fmt::format("events/{}/{}/filter", category, event), text);
}

bool Instance::has(std::string_view name) const { return access(fmt::format("{}/{}", path_, name).c_str(), F_OK) == 0; }

Result<UniqueFd> Instance::open_raw(int cpu) const {
  const std::string path = fmt::format("{}/per_cpu/cpu{}/trace_pipe_raw", path_, cpu);
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!fd.valid()) return Error::from_errno("open " + path);
  return fd;
}

CpuLosses Instance::losses(int cpu) const {
  const auto text = read_kernel_file(fmt::format("{}/per_cpu/cpu{}/stats", path_, cpu));
  return text ? parse_stats(*text) : CpuLosses{};
}

}  // namespace polytap::ftrace
