#include "core/probe/function_code.h"

#include <fcntl.h>
#include <unistd.h>

namespace polytap {

std::optional<SiteCode> SiteCodeReader::read(const ProbeSite& site) {
  if (site.module != path_) {
    path_ = site.module;
    file_ = UniqueFd(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
  }
  SiteCode code{};
  if (!file_.valid() || pread(file_.get(), code.data(), code.size(), static_cast<off_t>(site.file_offset)) < 1) {
    return std::nullopt;
  }
  return code;
}

bool starts_frame(const SiteCode& code) {
  constexpr SiteCode kEndbr64 = {0xf3, 0x0f, 0x1e, 0xfa};
  constexpr uint8_t kPushRbp = 0x55;
  return code[0] == kPushRbp || code == kEndbr64;
}

}  // namespace polytap
