// Packets into capture files (pcap) that tcpdump and Wireshark read.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/output/value.h"

namespace polytap {

// A file is created at its first packet, over one of that name.
class CaptureFiles {
 public:
  // EPOCH_NS: when the packet was seen. LENGTH: of the whole packet, of which BYTES were captured.
  Status write(const std::string& path, uint64_t epoch_ns, uint64_t length, Bytes bytes);

 private:
  std::map<std::string, UniqueFd> files_;
};

}  // namespace polytap
