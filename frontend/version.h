#pragma once

namespace polytap {
inline constexpr const char* kVersion = POLYTAP_VERSION;
}  // namespace polytap
