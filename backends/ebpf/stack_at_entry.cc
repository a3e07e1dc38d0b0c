#include "backends/ebpf/stack_at_entry.h"

#include <fcntl.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <cstdio>
#include <utility>

#include "core/base/unique_fd.h"

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

bool begins_as_kernel_expects(const ProbeSite& site) {
  constexpr std::array<uint8_t, 4> kEndbr64 = {0xf3, 0x0f, 0x1e, 0xfa};
  constexpr uint8_t kPushRbp = 0x55;
  const UniqueFd file(open(site.module.c_str(), O_RDONLY | O_CLOEXEC));
  std::array<uint8_t, 4> code{};
  if (!file.valid() || pread(file.get(), code.data(), code.size(), static_cast<off_t>(site.file_offset)) < 1) {
    return false;
  }
  return code[0] == kPushRbp || code == kEndbr64;
}

}  // namespace

MissingCaller missing_caller(const ProbeSite& site) {
  if (site.type != ProbeType::kUprobe || site.function.empty() || site.function_offset != 0) return MissingCaller::kNo;
  if (!begins_as_kernel_expects(site)) return MissingCaller::kAlways;
  return kernel_knows_entries() ? MissingCaller::kNo : MissingCaller::kUnlessThere;
}

}  // namespace polytap::ebpf
