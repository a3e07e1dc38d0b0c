#include "backends/ebpf/first_instruction.h"

#include <sys/utsname.h>

#include <cstdio>
#include <utility>

namespace polytap::ebpf {
namespace {

// See starts_frame().
bool kernel_knows_entries() {
  utsname name{};
  unsigned major = 0;
  unsigned minor = 0;
  if (uname(&name) != 0 || std::sscanf(name.release, "%u.%u", &major, &minor) != 2) return false;
  return std::pair(major, minor) >= std::pair(6U, 12U);
}

}  // namespace

MissingCaller CodeReader::missing_caller(const ProbeSite& site) {
  if (site.type != ProbeType::kUprobe || site.function.empty() || site.function_offset != 0) return MissingCaller::kNo;
  const auto code = reader_.read(site);
  if (!code || !starts_frame(*code)) return MissingCaller::kAlways;
  return kernel_knows_entries() ? MissingCaller::kKernelAdds : MissingCaller::kUnlessThere;
}

bool CodeReader::takes_no_uprobe(const ProbeSite& site) {
  const auto code = reader_.read(site);
  if (!code) return false;
  for (const uint8_t byte : *code) {
    switch (byte) {
      case 0xc4:  // VEX
      case 0xc5:
      case 0x62:  // EVEX
      case 0xf0:  // lock
      case 0x26:  // segment prefixes
      case 0x2e:
      case 0x36:
      case 0x3e:
        return true;
      case 0x66:  // prefixes that may stand in front of those
      case 0x67:
      case 0xf2:
      case 0xf3:
        continue;
      default:
        return false;
    }
  }
  return false;
}

}  // namespace polytap::ebpf
