// A short text that lies within its table: a table of such texts holds no pointer, so the dynamic loader need not touch
// it when the process starts (of a position-independent program each pointer is one relocation, and each page of them
// one page fault).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace polytap {

template <size_t kCapacity>
class InlineText {
 public:
  constexpr InlineText() = default;
  template <size_t kBytes>
  requires(kBytes <= kCapacity + 1) consteval InlineText(const char (&literal)[kBytes])
      : size_(kBytes - 1) {  // NOLINT: as a string_view is made
    for (size_t i = 0; i + 1 < kBytes; ++i) bytes_[i] = literal[i];
  }

  // Of a constant that is not a literal any more.
  static consteval InlineText of(std::string_view text) {
    InlineText made;
    for (const char c : text) made.bytes_[made.size_++] = c;
    return made;
  }

  constexpr operator std::string_view() const { return view(); }  // NOLINT: it is one, held elsewhere
  constexpr std::string_view view() const { return {bytes_, size_}; }
  constexpr bool empty() const { return size_ == 0; }

  friend constexpr bool operator==(const InlineText& text, std::string_view other) { return text.view() == other; }

 private:
  static_assert(kCapacity < 256);
  char bytes_[kCapacity] = {};
  uint8_t size_ = 0;
};

}  // namespace polytap
