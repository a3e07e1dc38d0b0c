#include "backends/ebpf/first_instruction.h"

#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <cstdio>
#include <utility>

namespace polytap::ebpf {
namespace {

// is_uprobe_at_func_entry() of arch/x86/events/core.c.
bool kernel_knows_entries() {
  utsname name{};
  unsigned major = 0;
  unsigned minor = 0;
  if (uname(&name) != 0 || std::sscanf(name.release, "%u.%u", &major, &minor) != 2) return false;
  return std::pair(major, minor) >= std::pair(6U, 12U);
}

}  // namespace

std::optional<CodeReader::Code> CodeReader::read(const ProbeSite& site) {
  if (site.module != path_) {
    path_ = site.module;
    file_ = UniqueFd(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  }
  Code code{};
  if (!file_.valid() || pread(file_.get(), code.data(), code.size(), static_cast<off_t>(site.file_offset)) < 1) {
    return std::nullopt;
  }
  return code;
}

MissingCaller CodeReader::missing_caller(const ProbeSite& site) {
  constexpr Code kEndbr64 = {0xf3, 0x0f, 0x1e, 0xfa};
  constexpr uint8_t kPushRbp = 0x55;
  if (site.type != ProbeType::kUprobe || site.function.empty() || site.function_offset != 0) return MissingCaller::kNo;
  const auto code = read(site);
  if (!code || ((*code)[0] != kPushRbp && *code != kEndbr64)) return MissingCaller::kAlways;
  return kernel_knows_entries() ? MissingCaller::kNo : MissingCaller::kUnlessThere;
}

bool CodeReader::takes_no_uprobe(const ProbeSite& site) {
  const auto code = read(site);
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
