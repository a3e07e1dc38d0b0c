// Files stored in a ZIP archive, as Android loads libraries from an APK: where they lie in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/base/result.h"

namespace polytap {

struct ZipMember {
  uint64_t offset = 0;  // of its bytes in the archive
  uint64_t size = 0;
};

// An error: no archive, no such member, or one that is compressed, which nothing can be loaded from.
Result<ZipMember> find_zip_member(const std::string& archive, std::string_view name);

}  // namespace polytap
