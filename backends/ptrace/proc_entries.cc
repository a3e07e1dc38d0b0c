#include "backends/ptrace/proc_entries.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string>

#include "core/base/unique_fd.h"
#include "core/kernel/process_numbers.h"

namespace polytap {
namespace {

constexpr size_t kStatBytes = 1024;    // 52 numbers, 24 characters each at most, mostly far fewer
constexpr size_t kStatusBytes = 8192;  // the supplementary groups make it long

template <typename T>
std::optional<T> parse(std::string_view text, int base = 10) {
  T value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end == text.data()) return std::nullopt;
  return value;
}

// What follows the name in the stat line; the name may hold blanks and parentheses.
std::string_view behind_name(std::string_view stat) {
  const size_t close = stat.rfind(')');
  return close == std::string_view::npos || close + 2 > stat.size() ? std::string_view() : stat.substr(close + 2);
}

}  // namespace

std::string_view read_proc_entry(pid_t tid, const char* name, std::span<char> buffer) {
  char path[64];
  *fmt::format_to_n(path, sizeof path - 1, "/proc/{}/{}", tid, name).out = '\0';
  UniqueFd fd(open(path, O_RDONLY | O_CLOEXEC));
  if (!fd.valid()) return {};
  const ssize_t got = read(fd.get(), buffer.data(), buffer.size());
  return got > 0 ? std::string_view(buffer.data(), static_cast<size_t>(got)) : std::string_view();
}

std::optional<int64_t> read_stat_field(pid_t tid, size_t number) {
  char buffer[kStatBytes];
  std::string_view rest = behind_name(read_proc_entry(tid, "stat", buffer));
  for (size_t field = 3; field < number; field++) {
    const size_t blank = rest.find(' ');
    if (blank == std::string_view::npos) return std::nullopt;
    rest.remove_prefix(blank + 1);
  }
  return parse<int64_t>(rest);
}

std::optional<char> read_state(pid_t tid) {
  char buffer[kStatBytes];
  const std::string_view rest = behind_name(read_proc_entry(tid, "stat", buffer));
  if (rest.empty()) return std::nullopt;
  return rest[0];
}

std::optional<uint64_t> read_status_value(pid_t tid, std::string_view name, size_t index, int base) {
  char buffer[kStatusBytes];
  std::string_view text = read_proc_entry(tid, "status", buffer);
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (!line.starts_with(name) || line.substr(name.size(), 1) != ":") continue;
    std::string_view values = line.substr(name.size() + 1);
    for (;; index--) {
      values.remove_prefix(std::min(values.find_first_not_of(" \t"), values.size()));
      if (index == 0) return parse<uint64_t>(values, base);
      values.remove_prefix(std::min(values.find_first_of(" \t"), values.size()));
    }
  }
  return std::nullopt;
}

pid_t tracing_process(pid_t pid) {
  const uint64_t tid = read_status_value(pid, "TracerPid").value_or(0);
  return tid == 0 ? 0 : static_cast<pid_t>(read_status_value(static_cast<pid_t>(tid), "Tgid").value_or(tid));
}

std::vector<pid_t> threads_of(pid_t pid) { return process_numbers(fmt::format("/proc/{}/task", pid)); }

}  // namespace polytap
