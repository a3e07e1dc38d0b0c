// Kinds of values that the tables of video devices' structures share.
#pragma once

#include "core/syscall/tables_ioctl_video.h"
#include "core/syscall/value_kinds.h"

namespace polytap::video_kinds {

// 1/25: struct v4l2_fract.
inline void put_fraction(CallText& text, std::span<const std::byte> bytes, std::span<const std::byte>) {
  text.print("{}/{}", number_in(bytes.first(4)), number_in(bytes.subspan(4, 4)));
}
inline constexpr ValueKind kFraction = value_kinds::printed_by(put_fraction, 8);
inline constexpr ValueKind kBufferType = value_kinds::one_of(kVideoBufferTypes);

template <typename T>
std::span<const std::byte> bytes_of(const T& object) {
  return std::as_bytes(std::span(&object, 1));
}

}  // namespace polytap::video_kinds
