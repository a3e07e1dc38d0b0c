// The machine code with which a probed user function begins, as far as it matters to the kernel.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "core/base/unique_fd.h"
#include "core/probe/site.h"

namespace polytap {

// What stands at a probe site in its file; where the file ends earlier, zeros.
using SiteCode = std::array<uint8_t, 4>;

// Reads the code at sites; keeps the last file open.
class SiteCodeReader {
 public:
  // nullopt when the site's file cannot be read there.
  std::optional<SiteCode> read(const ProbeSite& site);

 private:
  std::string path_;
  UniqueFd file_;
};

// Whether CODE is `push %rbp` or `endbr64`: by these the kernel knows that a probed function was just entered and has
// no frame yet, and adds the caller to the user stack itself (is_uprobe_at_func_entry() in arch/x86/events/core.c;
// since Linux 6.12, and in some older kernels' corrections, 6.1.170 for one).
bool starts_frame(const SiteCode& code);

}  // namespace polytap
