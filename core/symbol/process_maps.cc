#include "core/symbol/process_maps.h"

#include <fmt/format.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <charconv>
#include <deque>
#include <mutex>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "core/symbol/read_whole_file.h"

namespace polytap {
namespace {

// How many processes are remembered after their exit: a system-wide trace sees any number of them.
constexpr size_t kMaxExited = 16384;

// Mapping without its own copy of the path: thousands of processes map the same few files.
struct Range {
  uint64_t start = 0;
  uint64_t end = 0;
  uint64_t offset = 0;
  const std::string* path = nullptr;
  uint64_t device = 0;
  uint64_t inode = 0;

  bool operator==(const Range&) const = default;
};

using Ranges = std::vector<Range>;  // sorted, not overlapping

struct Process {
  std::shared_ptr<const Ranges> ranges = std::make_shared<Ranges>();  // shared with forked children until one changes
  ProcessMaps::Version version;
  // What the process mapped before its last execs, newest first: records made before an exec are named after it.
  std::vector<std::shared_ptr<const Ranges>> earlier;
  std::shared_ptr<const Ranges> data;  // null: never read
};

// Chains of execs are short: env runs a shell, which runs the program.
constexpr size_t kMaxEarlierImages = 8;

std::string_view next_field(std::string_view& line) {
  const size_t begin = std::min(line.find_first_not_of(' '), line.size());
  const size_t end = std::min(line.find(' ', begin), line.size());
  std::string_view field = line.substr(begin, end - begin);
  line.remove_prefix(end);
  return field;
}

bool parse_number(std::string_view text, int base, uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

// The kernel writes a newline in a path as \012 and leaves everything else alone (seq_file_path(m, file, "\n")).
std::string decode_path(std::string_view text) {
  constexpr std::string_view kDeleted = " (deleted)";
  if (text.ends_with(kDeleted)) text.remove_suffix(kDeleted.size());
  std::string path(text);
  for (size_t at = path.find("\\012"); at != std::string::npos; at = path.find("\\012", at + 1)) {
    path.replace(at, 4, "\n");
  }
  return path;
}

// "START-END PERMS OFFSET MAJOR:MINOR INODE    PATH"
std::optional<Mapping> parse_line(std::string_view line, bool& is_executable) {
  Mapping mapping;
  const std::string_view addresses = next_field(line);
  const size_t dash = addresses.find('-');
  const std::string_view permissions = next_field(line);
  if (permissions.size() < 4) return std::nullopt;
  is_executable = permissions[2] == 'x';
  const std::string_view offset = next_field(line);
  const std::string_view device = next_field(line);
  const std::string_view inode = next_field(line);
  const size_t colon = device.find(':');
  if (dash == std::string_view::npos || colon == std::string_view::npos) return std::nullopt;
  uint64_t major_number = 0;
  uint64_t minor_number = 0;
  if (!parse_number(addresses.substr(0, dash), 16, mapping.start) ||
      !parse_number(addresses.substr(dash + 1), 16, mapping.end) || !parse_number(offset, 16, mapping.offset) ||
      !parse_number(device.substr(0, colon), 16, major_number) ||
      !parse_number(device.substr(colon + 1), 16, minor_number) || !parse_number(inode, 10, mapping.inode) ||
      mapping.end <= mapping.start) {
    return std::nullopt;
  }
  mapping.device = makedev(static_cast<unsigned>(major_number), static_cast<unsigned>(minor_number));
  line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
  mapping.path = decode_path(line);
  return mapping;
}

template <typename Visit>
void for_each_line(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    bool is_executable = false;
    if (auto mapping = parse_line(text.substr(0, end), is_executable)) visit(std::move(*mapping), is_executable);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

const Range* find_range(const Ranges& ranges, uint64_t address) {
  auto after = std::upper_bound(ranges.begin(), ranges.end(), address,
                                [](uint64_t value, const Range& range) { return value < range.start; });
  if (after == ranges.begin()) return nullptr;
  const Range& range = *std::prev(after);
  return address < range.end ? &range : nullptr;
}

Mapping to_mapping(const Range& range) {
  return Mapping{range.start, range.end, range.offset, *range.path, range.device, range.inode};
}

// Puts `added` into `ranges` and cuts what it overlaps.
Ranges with_range(const Ranges& ranges, const Range& added) {
  Ranges result;
  result.reserve(ranges.size() + 2);
  for (const Range& old : ranges) {
    if (old.end <= added.start || old.start >= added.end) {
      result.push_back(old);
      continue;
    }
    if (old.start < added.start) {
      result.push_back(old);
      result.back().end = added.start;
    }
    if (old.end > added.end) {
      result.push_back(old);
      result.back().start = added.end;
      result.back().offset = old.offset + (added.end - old.start);
    }
  }
  const auto place = std::upper_bound(result.begin(), result.end(), added,
                                      [](const Range& a, const Range& b) { return a.start < b.start; });
  result.insert(place, added);
  return result;
}

}  // namespace

std::vector<Mapping> parse_process_maps(std::string_view text) {
  std::vector<Mapping> mappings;
  for_each_line(text, [&](Mapping mapping, bool is_executable) {
    if (is_executable) mappings.push_back(std::move(mapping));
  });
  return mappings;
}

struct ProcessMaps::State {
  mutable std::mutex mutex;
  std::mutex listener_mutex;  // taken before the other one
  std::function<void(pid_t)> listener;
  std::unordered_map<pid_t, Process> processes;
  std::unordered_set<std::string> paths;        // nodes are stable: ranges point to them
  std::deque<std::pair<pid_t, uint64_t>> gone;  // exited, oldest first, with the image they had
  uint64_t last_number = 0;                     // of images and of versions

  Range intern(Mapping mapping) {
    const std::string& path = *paths.insert(std::move(mapping.path)).first;
    return Range{mapping.start, mapping.end, mapping.offset, &path, mapping.device, mapping.inode};
  }

  const Process* find(pid_t pid) const {
    const auto it = processes.find(pid);
    return it == processes.end() ? nullptr : &it->second;
  }

  // The living process PID; when what is known of PID has exited, this is another process.
  Process& living(pid_t pid) {
    Process& process = processes[pid];
    if (process.version.image == 0 || process.version.exited) start_image(process);
    return process;
  }

  void start_image(Process& process) {
    process = Process();
    process.version.image = ++last_number;
    process.version.mappings = ++last_number;
  }

  void forget_oldest() {
    while (gone.size() > kMaxExited) {
      const auto [pid, image] = gone.front();
      gone.pop_front();
      const auto it = processes.find(pid);
      if (it != processes.end() && it->second.version.exited && it->second.version.image == image) processes.erase(it);
    }
  }
};

ProcessMaps::ProcessMaps(std::string proc_root) : proc_root_(std::move(proc_root)), state_(std::make_unique<State>()) {}

ProcessMaps::~ProcessMaps() = default;

Status ProcessMaps::read_from_proc(pid_t pid) {
  ASSIGN_OR_RETURN(const std::string text, read_whole_file(fmt::format("{}/{}/maps", proc_root_, pid)));
  // A zombie's (and a kernel thread's) file can be read and is empty.
  if (text.empty()) return Error(fmt::format("process {} has no memory: it has exited or is a kernel thread", pid));
  std::unique_lock lock(state_->mutex);
  auto ranges = std::make_shared<Ranges>();
  auto data = std::make_shared<Ranges>();
  for_each_line(text, [&](Mapping mapping, bool is_executable) {
    (is_executable ? ranges : data)->push_back(state_->intern(std::move(mapping)));
  });
  Process& process = state_->living(pid);
  process.data = std::move(data);
  if (*process.ranges == *ranges) return {};
  process.ranges = std::move(ranges);
  process.version.mappings = ++state_->last_number;
  lock.unlock();
  tell_listener(pid);
  return {};
}

void ProcessMaps::set_listener(std::function<void(pid_t pid)> listener) {
  const std::lock_guard lock(state_->listener_mutex);
  state_->listener = std::move(listener);
}

void ProcessMaps::tell_listener(pid_t pid) {
  const std::lock_guard lock(state_->listener_mutex);
  if (state_->listener) state_->listener(pid);
}

void ProcessMaps::add(pid_t pid, Mapping mapping) {
  if (mapping.end <= mapping.start) return;
  std::unique_lock lock(state_->mutex);
  Process& process = state_->living(pid);
  process.ranges = std::make_shared<Ranges>(with_range(*process.ranges, state_->intern(std::move(mapping))));
  process.version.mappings = ++state_->last_number;
  lock.unlock();
  tell_listener(pid);
}

void ProcessMaps::exec(pid_t pid) {
  const std::lock_guard lock(state_->mutex);
  Process& process = state_->processes[pid];
  auto earlier = std::move(process.earlier);
  if (process.version.exited) earlier.clear();
  if (!process.version.exited && !process.ranges->empty()) earlier.insert(earlier.begin(), process.ranges);
  if (earlier.size() > kMaxEarlierImages) earlier.resize(kMaxEarlierImages);
  state_->start_image(process);
  process.earlier = std::move(earlier);
}

void ProcessMaps::fork(pid_t parent, pid_t child) {
  const std::lock_guard lock(state_->mutex);
  const Process* known = state_->find(parent);
  if (known == nullptr) {
    // Whatever had this pid before is another process; the child is read when it is asked for.
    state_->processes.erase(child);
    return;
  }
  Process copy = *known;
  copy.version.exited = false;
  copy.earlier.clear();
  copy.version.mappings = ++state_->last_number;
  state_->processes[child] = std::move(copy);
}

void ProcessMaps::exited(pid_t pid) {
  const std::lock_guard lock(state_->mutex);
  const auto it = state_->processes.find(pid);
  if (it == state_->processes.end() || it->second.version.exited) return;
  it->second.version.exited = true;
  state_->gone.emplace_back(pid, it->second.version.image);
  state_->forget_oldest();
}

std::optional<Mapping> ProcessMaps::find(pid_t pid, uint64_t address) const {
  const std::lock_guard lock(state_->mutex);
  const Process* process = state_->find(pid);
  if (process == nullptr) return std::nullopt;
  const Range* range = find_range(*process->ranges, address);
  for (size_t i = 0; range == nullptr && i < process->earlier.size(); ++i) {
    range = find_range(*process->earlier[i], address);
  }
  if (range == nullptr) return std::nullopt;
  return to_mapping(*range);
}

std::optional<Mapping> ProcessMaps::find_data(pid_t pid, uint64_t address) const {
  const std::lock_guard lock(state_->mutex);
  const Process* process = state_->find(pid);
  const Range* range = process == nullptr || !process->data ? nullptr : find_range(*process->data, address);
  if (range == nullptr) return std::nullopt;
  return to_mapping(*range);
}

bool ProcessMaps::knows(pid_t pid) const {
  const std::lock_guard lock(state_->mutex);
  return state_->find(pid) != nullptr;
}

ProcessMaps::Version ProcessMaps::version(pid_t pid) const {
  const std::lock_guard lock(state_->mutex);
  const Process* process = state_->find(pid);
  return process == nullptr ? Version() : process->version;
}

std::vector<Mapping> ProcessMaps::mappings(pid_t pid) const {
  const std::lock_guard lock(state_->mutex);
  const Process* process = state_->find(pid);
  std::vector<Mapping> mappings;
  if (process == nullptr) return mappings;
  for (const Range& range : *process->ranges) mappings.push_back(to_mapping(range));
  return mappings;
}

}  // namespace polytap
