// The memory that a stack is unwound from: a copy of its innermost part, and behind it, while the thread holds still,
// the process itself.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace polytap {

class UnwindMemory {
 public:
  // A snapshot: BYTES lay at ADDRESS. They must stay.
  UnwindMemory(uint64_t address, std::span<const std::byte> bytes) : begin_(address), bytes_(bytes) {}
  // Of thread TID, which holds still. Read a few pages at a time, into BUFFER.
  UnwindMemory(pid_t tid, std::vector<std::byte>& buffer) : tid_(tid), buffer_(&buffer) {}

  bool read(uint64_t address, uint64_t& word) {
    if (!holds(address) && !fetch(address)) return false;
    std::memcpy(&word, bytes_.data() + (address - begin_), sizeof word);
    return true;
  }
  bool is_live() const { return tid_ != 0; }

 private:
  bool holds(uint64_t address) const {
    return address - begin_ < bytes_.size() && bytes_.size() - (address - begin_) >= 8;
  }
  bool fetch(uint64_t address);

  uint64_t begin_ = 0;
  std::span<const std::byte> bytes_;
  pid_t tid_ = 0;
  std::vector<std::byte>* buffer_ = nullptr;
};

}  // namespace polytap
