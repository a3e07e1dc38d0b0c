// Reads DWARF's encodings from a range of bytes, never past its end.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace polytap {

// After the first read past the end everything reads as 0, and ok() is false. Little-endian.
class DwarfCursor {
 public:
  DwarfCursor() = default;
  // [BEGIN, END) of what starts at BASE: offsets count from there.
  DwarfCursor(const uint8_t* base, uint64_t begin, uint64_t end) : base_(base), at_(base + begin), end_(base + end) {}

  bool ok() const { return ok_; }
  bool at_end() const { return at_ >= end_; }
  uint64_t offset() const { return static_cast<uint64_t>(at_ - base_); }
  uint64_t left() const { return static_cast<uint64_t>(end_ - at_); }
  // Forwards or backwards; an error beyond the end.
  void seek(uint64_t offset) {
    if (offset > static_cast<uint64_t>(end_ - base_)) return fail();
    at_ = base_ + offset;
  }
  void skip(uint64_t count) {
    if (count > left()) return fail();
    at_ += count;
  }

  uint8_t u8() { return fixed<uint8_t>(); }
  uint16_t u16() { return fixed<uint16_t>(); }
  uint32_t u24() {
    const uint32_t low = u16();
    return low | static_cast<uint32_t>(u8()) << 16;
  }
  uint32_t u32() { return fixed<uint32_t>(); }
  uint64_t u64() { return fixed<uint64_t>(); }
  uint64_t sized(unsigned size) {
    switch (size) {
      case 1:
        return u8();
      case 2:
        return u16();
      case 4:
        return u32();
      case 8:
        return u64();
      default:
        fail();
        return 0;
    }
  }
  uint64_t uleb() {
    if (at_ < end_ && *at_ < 0x80) return *at_++;
    uint64_t value = 0;
    for (unsigned shift = 0; at_ < end_; shift += 7) {
      const uint8_t byte = *at_++;
      if (shift < 64) value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    fail();
    return 0;
  }
  int64_t sleb() {
    uint64_t value = 0;
    for (unsigned shift = 0; at_ < end_;) {
      const uint8_t byte = *at_++;
      if (shift < 64) value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      shift += 7;
      if (byte >= 0x80) continue;
      if (shift < 64 && (byte & 0x40) != 0) value |= ~uint64_t{0} << shift;
      return static_cast<int64_t>(value);
    }
    fail();
    return 0;
  }
  std::string_view string() {
    const void* nul = at_ < end_ ? std::memchr(at_, 0, left()) : nullptr;
    if (nul == nullptr) {
      fail();
      return {};
    }
    const std::string_view text(reinterpret_cast<const char*>(at_),
                                static_cast<size_t>(static_cast<const uint8_t*>(nul) - at_));
    at_ += text.size() + 1;
    return text;
  }
  void fail() {
    ok_ = false;
    at_ = end_;
  }

 private:
  template <typename T>
  T fixed() {
    T value = 0;
    if (left() < sizeof value) {
      fail();
      return 0;
    }
    std::memcpy(&value, at_, sizeof value);
    at_ += sizeof value;
    return value;
  }

  const uint8_t* base_ = nullptr;
  const uint8_t* at_ = nullptr;
  const uint8_t* end_ = nullptr;
  bool ok_ = true;
};

}  // namespace polytap
