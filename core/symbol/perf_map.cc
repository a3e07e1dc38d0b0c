#include "core/symbol/perf_map.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "core/symbol/read_whole_file.h"

namespace polytap {
namespace {

constexpr off_t kMaxSize = off_t{512} << 20;

// The pid that the process itself knows: the last one in the line "NSpid: 1234 7".
pid_t innermost_pid(const std::string& proc_root, pid_t pid) {
  const auto status = read_whole_file(fmt::format("{}/{}/status", proc_root, pid));
  if (!status.ok()) return pid;
  const std::string& text = *status;
  size_t begin = text.find("\nNSpid:");
  if (begin == std::string::npos) return pid;
  const size_t end = std::min(text.find('\n', begin + 1), text.size());
  begin = text.find_last_of(" \t", end - 1) + 1;
  pid_t inner = pid;
  std::from_chars(text.data() + begin, text.data() + end, inner);
  return inner;
}

UniqueFd open_regular(const std::string& path, struct stat& status) {
  if (::stat(path.c_str(), &status) != 0 || !S_ISREG(status.st_mode)) return UniqueFd();
  return UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
}

bool parse_hex(std::string_view text, uint64_t& value) {
  if (text.starts_with("0x")) text.remove_prefix(2);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, 16);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

PerfMap::PerfMap(const std::string& proc_root, pid_t pid)
    : path_(fmt::format("/tmp/perf-{}.map", innermost_pid(proc_root, pid))),
      rooted_path_(fmt::format("{}/{}/root{}", proc_root, pid, path_)) {}

// A compiler may also write the whole file anew.
void PerfMap::reopen() {
  struct stat status {};
  UniqueFd fd = open_regular(rooted_path_, status);
  if (!fd.valid() && !fd_.valid()) fd = open_regular(path_, status);
  if (!fd.valid()) return;
  if (fd_.valid() && status.st_ino == inode_ && status.st_size >= consumed_) return;
  fd_ = std::move(fd);
  inode_ = status.st_ino;
  consumed_ = 0;
  code_.clear();
}

void PerfMap::refresh() {
  reopen();
  struct stat status {};
  if (!fd_.valid() || ::fstat(fd_.get(), &status) != 0 || status.st_size <= consumed_ || status.st_size > kMaxSize) {
    return;
  }
  std::string text(static_cast<size_t>(status.st_size - consumed_), '\0');
  const ssize_t got = ::pread(fd_.get(), text.data(), text.size(), consumed_);
  if (got <= 0) return;
  // A line that is being written is read the next time.
  const size_t complete = std::string_view(text).substr(0, static_cast<size_t>(got)).rfind('\n');
  if (complete == std::string::npos) return;
  parse(std::string_view(text).substr(0, complete + 1));
  consumed_ += static_cast<off_t>(complete + 1);
}

// "START SIZE NAME", numbers in hex; the name may have spaces.
void PerfMap::parse(std::string_view lines) {
  while (!lines.empty()) {
    const size_t end = std::min(lines.find('\n'), lines.size());
    const std::string_view line = lines.substr(0, end);
    lines.remove_prefix(std::min(end + 1, lines.size()));
    const size_t first = line.find(' ');
    const size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
    uint64_t start = 0;
    uint64_t size = 0;
    if (second == std::string_view::npos || !parse_hex(line.substr(0, first), start) ||
        !parse_hex(line.substr(first + 1, second - first - 1), size) || size == 0 || start + size < start) {
      continue;
    }
    add(start, start + size, std::string(line.substr(second + 1)));
  }
}

void PerfMap::add(uint64_t start, uint64_t end, std::string name) {
  auto it = code_.upper_bound(start);
  if (it != code_.begin() && std::prev(it)->second.end > start) --it;
  while (it != code_.end() && it->first < end) it = code_.erase(it);
  code_.emplace_hint(it, start, Code{end, std::move(name)});
}

std::optional<SymbolIndex::Hit> PerfMap::find(uint64_t address) const {
  const auto after = code_.upper_bound(address);
  if (after == code_.begin()) return std::nullopt;
  const auto& [start, code] = *std::prev(after);
  if (address >= code.end) return std::nullopt;
  return SymbolIndex::Hit{code.name, start};
}

}  // namespace polytap
