#include "core/symbol/zip_archive.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "core/base/nearest.h"
#include "core/base/unique_fd.h"

namespace polytap {
namespace {

// PKWARE's APPNOTE.TXT, 4.3.7, 4.3.12 and 4.3.16.
constexpr std::string_view kEnd = "PK\5\6";
constexpr size_t kEndSize = 22;
constexpr size_t kLongestComment = 0xffff;
constexpr std::string_view kEntry = "PK\1\2";
constexpr size_t kEntrySize = 46;
constexpr std::string_view kLocal = "PK\3\4";
constexpr size_t kLocalSize = 30;
constexpr uint16_t kStored = 0;

template <typename Number>
Number number_at(std::string_view bytes, size_t offset) {
  Number value = 0;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

std::string read_at(int fd, uint64_t offset, size_t size) {
  std::string bytes(size, '\0');
  const ssize_t got = ::pread(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
  bytes.resize(got < 0 ? 0 : static_cast<size_t>(got));
  return bytes;
}

// The list of members; empty when FD is no archive.
std::string read_directory(int fd, uint64_t size) {
  const size_t tail = std::min<uint64_t>(size, kEndSize + kLongestComment);
  const std::string last = read_at(fd, size - tail, tail);
  const size_t end = last.rfind(kEnd);
  if (end == std::string::npos || last.size() - end < kEndSize) return {};
  const auto length = number_at<uint32_t>(last, end + 12);
  const auto offset = number_at<uint32_t>(last, end + 16);
  return offset > size || length > size - offset ? std::string() : read_at(fd, offset, length);
}

}  // namespace

Result<ZipMember> find_zip_member(const std::string& archive, std::string_view name) {
  const UniqueFd fd(::open(archive.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat status {};
  if (!fd.valid() || ::fstat(fd.get(), &status) != 0) return Error::from_errno(archive);
  const std::string directory = read_directory(fd.get(), static_cast<uint64_t>(status.st_size));
  if (directory.empty()) return Error(fmt::format("{} is not a ZIP archive", archive), EINVAL);
  std::vector<std::string> names;
  std::string_view rest = directory;
  while (rest.size() >= kEntrySize && rest.starts_with(kEntry)) {
    const size_t name_size = number_at<uint16_t>(rest, 28);
    const size_t size = kEntrySize + name_size + number_at<uint16_t>(rest, 30) + number_at<uint16_t>(rest, 32);
    if (size > rest.size()) break;
    if (rest.substr(kEntrySize, name_size) != name) {
      names.emplace_back(rest.substr(kEntrySize, name_size));
      rest.remove_prefix(size);
      continue;
    }
    if (number_at<uint16_t>(rest, 10) != kStored) {
      return Error(fmt::format("{}!/{} is compressed: no program can run it from there", archive, name), EINVAL);
    }
    const uint64_t header_offset = number_at<uint32_t>(rest, 42);
    const std::string header = read_at(fd.get(), header_offset, kLocalSize);
    if (header.size() < kLocalSize || !header.starts_with(kLocal)) break;
    return ZipMember{header_offset + kLocalSize + number_at<uint16_t>(header, 26) + number_at<uint16_t>(header, 28),
                     number_at<uint32_t>(rest, 20)};
  }
  const std::string hint = did_you_mean(name, names);
  return Error(fmt::format("{} has no member '{}'{}{}", archive, name, hint.empty() ? "" : "; ", hint), ENOENT);
}

}  // namespace polytap
