// Values, keys and record payloads as core/ir/ir.h lays them out, written by hand for tests.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <span>
#include <string_view>
#include <vector>

namespace polytap::test {

// Bytes of one value, key or list of them.
class Encoded {
 public:
  Encoded& word(uint64_t value) { return raw(&value, sizeof value); }
  Encoded& words(std::initializer_list<uint64_t> values) {
    for (const uint64_t value : values) word(value);
    return *this;
  }
  // A string in storage: zero padded to CAPACITY rounded up to 8.
  Encoded& string(std::string_view text, size_t capacity) {
    raw(text.data(), std::min(text.size(), capacity));
    return pad((capacity + 7) / 8 * 8 - std::min(text.size(), capacity));
  }
  // A buffer in storage: its length, then its bytes.
  Encoded& buffer(std::string_view content, size_t capacity) {
    word(content.size());
    return string(content, capacity);
  }
  Encoded& raw(const void* data, size_t size) {
    const auto* bytes = static_cast<const std::byte*>(data);
    bytes_.insert(bytes_.end(), bytes, bytes + size);
    return *this;
  }
  Encoded& pad(size_t size) {
    bytes_.resize(bytes_.size() + size);
    return *this;
  }

  operator std::vector<std::byte>() const { return bytes_; }      // NOLINT(google-explicit-constructor)
  operator std::span<const std::byte>() const { return bytes_; }  // NOLINT(google-explicit-constructor)
  const std::vector<std::byte>& bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

// The payload of one record: words and bytes in order, then the strings, packed.
class Payload {
 public:
  Payload& word(uint64_t value) {
    fixed_.word(value);
    return *this;
  }
  Payload& bytes(const Encoded& value) {
    fixed_.raw(value.bytes().data(), value.bytes().size());
    return *this;
  }
  Payload& string(std::string_view text) {
    fixed_.word(text.size());
    strings_.raw(text.data(), text.size());
    return *this;
  }
  std::vector<std::byte> encode() const {
    Encoded all = fixed_;
    return all.raw(strings_.bytes().data(), strings_.bytes().size());
  }

 private:
  Encoded fixed_;
  Encoded strings_;
};

}  // namespace polytap::test
