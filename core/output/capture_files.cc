#include "core/output/capture_files.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

namespace polytap {
namespace {

// The format of libpcap 2.4: https://www.tcpdump.org/manpages/pcap-savefile.5.html
struct FileHeader {
  uint32_t magic = 0xa1b23c4d;  // times in nanoseconds
  uint16_t major = 2;
  uint16_t minor = 4;
  int32_t zone = 0;
  uint32_t accuracy = 0;
  uint32_t snap_length = 65535;
  uint32_t link_type = 101;  // LINKTYPE_RAW: packets begin with their IP header
};
struct PacketHeader {
  uint32_t seconds = 0;
  uint32_t nanoseconds = 0;
  uint32_t captured = 0;
  uint32_t length = 0;
};

}  // namespace

Status CaptureFiles::write(const std::string& path, uint64_t epoch_ns, uint64_t length, Bytes bytes) {
  UniqueFd& file = files_[path];
  if (!file.valid()) {
    file.reset(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644));
    if (!file.valid()) return Error::from_errno("create " + path);
    const FileHeader header;
    if (::write(file.get(), &header, sizeof header) != static_cast<ssize_t>(sizeof header)) {
      return Error::from_errno("write " + path);
    }
  }
  constexpr uint64_t kSecond = 1'000'000'000;
  PacketHeader header;
  header.seconds = static_cast<uint32_t>(epoch_ns / kSecond);
  header.nanoseconds = static_cast<uint32_t>(epoch_ns % kSecond);
  header.captured = static_cast<uint32_t>(bytes.size());
  header.length = static_cast<uint32_t>(std::max<uint64_t>(length, bytes.size()));
  const iovec parts[] = {{&header, sizeof header}, {const_cast<std::byte*>(bytes.data()), bytes.size()}};
  if (::writev(file.get(), parts, 2) != static_cast<ssize_t>(sizeof header + bytes.size())) {
    return Error::from_errno("write " + path);
  }
  return {};
}

}  // namespace polytap
