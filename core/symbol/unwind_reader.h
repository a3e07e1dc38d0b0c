// Reads the encodings of .eh_frame and .debug_frame out of bytes that may be damaged.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

namespace polytap {

// How a pointer of .eh_frame is encoded (DW_EH_PE_*, Linux Standard Base Core, 10.5.1).
inline constexpr uint8_t kPointerOmitted = 0xff;
inline constexpr uint8_t kPointerAbsolute = 0x00;
inline constexpr uint8_t kPointerUleb128 = 0x01;
inline constexpr uint8_t kPointerUnsigned2 = 0x02;
inline constexpr uint8_t kPointerUnsigned4 = 0x03;
inline constexpr uint8_t kPointerUnsigned8 = 0x04;
inline constexpr uint8_t kPointerSleb128 = 0x09;
inline constexpr uint8_t kPointerSigned2 = 0x0a;
inline constexpr uint8_t kPointerSigned4 = 0x0b;
inline constexpr uint8_t kPointerSigned8 = 0x0c;
inline constexpr uint8_t kPointerRelativeToItself = 0x10;
inline constexpr uint8_t kPointerRelativeToData = 0x30;
inline constexpr uint8_t kPointerIndirect = 0x80;

// Takes values off the front. Behind the end everything is zero and ok() is false, for good.
class UnwindReader {
 public:
  explicit UnwindReader(std::string_view bytes) : bytes_(bytes) {}

  template <typename T>
  T take() {
    T value{};
    if (bytes_.size() - position_ < sizeof value) {
      fail();
      return value;
    }
    std::memcpy(&value, bytes_.data() + position_, sizeof value);
    position_ += sizeof value;
    return value;
  }
  uint8_t byte() { return take<uint8_t>(); }
  uint64_t uleb() {
    uint64_t value = 0;
    for (unsigned shift = 0;; shift += 7) {
      const uint8_t next = byte();
      if (shift < 64) value |= uint64_t{next & 0x7fU} << shift;
      if ((next & 0x80) == 0) return value;
    }
  }
  int64_t sleb() {
    uint64_t value = 0;
    unsigned shift = 0;
    uint8_t next = 0;
    do {
      next = byte();
      if (shift < 64) value |= uint64_t{next & 0x7fU} << shift;
      shift += 7;
    } while ((next & 0x80) != 0);
    if (shift < 64 && (next & 0x40) != 0) value |= ~uint64_t{0} << shift;
    return static_cast<int64_t>(value);
  }
  std::string_view take_bytes(uint64_t length) {
    if (length > bytes_.size() - position_) {
      fail();
      return {};
    }
    const std::string_view taken = bytes_.substr(position_, length);
    position_ += length;
    return taken;
  }
  // Up to a NUL, which is taken too.
  std::string_view text() {
    const size_t end = bytes_.find('\0', position_);
    if (end == std::string_view::npos) {
      fail();
      return {};
    }
    const std::string_view taken = bytes_.substr(position_, end - position_);
    position_ = end + 1;
    return taken;
  }
  // A pointer; ADDRESS is where the first byte of these bytes is loaded, DATA what kPointerRelativeToData means. What
  // is indirect lies in memory, where this cannot look: it fails.
  uint64_t pointer(uint8_t encoding, uint64_t address, uint64_t data = 0) {
    const uint64_t here = address + position_;
    const uint64_t value = plain(encoding & 0x0f);
    switch (encoding & 0xf0) {
      case 0:
        return value;
      case kPointerRelativeToItself:
        return value + here;
      case kPointerRelativeToData:
        return value + data;
      default:
        fail();
        return 0;
    }
  }

  void skip_to(size_t position) {
    if (position > bytes_.size()) {
      fail();
    } else {
      position_ = position;
    }
  }
  size_t position() const { return position_; }
  bool at_end() const { return position_ == bytes_.size(); }
  bool ok() const { return ok_; }

 private:
  void fail() {
    ok_ = false;
    position_ = bytes_.size();
  }
  uint64_t plain(uint8_t form) {
    switch (form) {
      case kPointerAbsolute:
      case kPointerUnsigned8:
      case kPointerSigned8:
        return take<uint64_t>();
      case kPointerUleb128:
        return uleb();
      case kPointerSleb128:
        return static_cast<uint64_t>(sleb());
      case kPointerUnsigned2:
        return take<uint16_t>();
      case kPointerSigned2:
        return static_cast<uint64_t>(int64_t{take<int16_t>()});
      case kPointerUnsigned4:
        return take<uint32_t>();
      case kPointerSigned4:
        return static_cast<uint64_t>(int64_t{take<int32_t>()});
      default:
        fail();
        return 0;
    }
  }

  std::string_view bytes_;
  size_t position_ = 0;
  bool ok_ = true;
};

}  // namespace polytap
