#include "backends/ptrace/memory_layout.h"

#include <fmt/format.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "core/symbol/read_whole_file.h"

namespace polytap {
namespace {

constexpr uint64_t kPage = 4096;
constexpr uint64_t kLowestAddress = 0x10000;             // vm.mmap_min_addr
constexpr uint64_t kHighestAddress = 0x7ffffffff000ULL;  // of four-level page tables, which mmap stays below unasked

// Takes a hexadecimal or decimal number and the one character behind it off LINE.
uint64_t take_number(std::string_view& line, int base) {
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), value, base);
  const auto used = static_cast<size_t>(end - line.data());
  line.remove_prefix(std::min(used + 1, line.size()));
  return error == std::errc() ? value : 0;
}

// "START-END PERMS OFFSET MAJOR:MINOR INODE    PATH"
MappedRange parse_range(std::string_view line) {
  MappedRange range;
  range.start = take_number(line, 16);
  range.end = take_number(line, 16);
  range.executable = line.size() > 4 && line[2] == 'x';
  range.writable = line.size() > 4 && line[1] == 'w';
  line.remove_prefix(std::min<size_t>(5, line.size()));
  range.offset = take_number(line, 16);
  const auto major_number = static_cast<unsigned>(take_number(line, 16));
  const auto minor_number = static_cast<unsigned>(take_number(line, 16));
  range.device = makedev(major_number, minor_number);
  range.inode = take_number(line, 10);
  if (range.executable) {
    line.remove_prefix(std::min(line.find_first_not_of(' '), line.size()));
    range.path = line;
  }
  return range;
}

}  // namespace

MemoryLayout MemoryLayout::read(pid_t pid) {
  MemoryLayout layout;
  const Result<std::string> text = read_whole_file(fmt::format("/proc/{}/maps", pid));
  if (!text.ok()) return layout;
  for (std::string_view rest = text.value(); !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    layout.ranges_.push_back(parse_range(line));
  }
  return layout;
}

std::vector<const MappedRange*> MemoryLayout::executable() const {
  std::vector<const MappedRange*> found;
  for (const MappedRange& range : ranges_) {
    if (range.executable && (range.inode != 0 || range.path == "[vdso]")) found.push_back(&range);
  }
  return found;
}

std::optional<uint64_t> MemoryLayout::find_gap(uint64_t address, uint64_t size, uint64_t distance) const {
  std::optional<uint64_t> above;
  std::optional<uint64_t> below;
  // A page stays free on either side.
  auto consider = [&](uint64_t begin, uint64_t end) {
    if (end < begin + size + 2 * kPage) return;
    const uint64_t last = end - kPage - size;
    const uint64_t first = begin + kPage;
    if (last < address) {
      if (address - last <= distance) below = last;  // ranges are in order: the last one is the nearest
    } else if (!above && first + size - address <= distance) {
      above = first;
    }
  };
  uint64_t end_of_last = kLowestAddress;
  for (const MappedRange& range : ranges_) {
    if (range.start >= kHighestAddress) break;
    consider(end_of_last, range.start);
    end_of_last = range.end;
  }
  consider(end_of_last, kHighestAddress);
  return below ? below : above;
}

}  // namespace polytap
