#include "backends/ftrace/page.h"

#include <algorithm>
#include <cstring>

namespace polytap::ftrace {
namespace {

// kernel/trace/ring_buffer.c, struct buffer_data_page: u64 time_stamp, local_t commit, data. 64-bit kernels only.
constexpr size_t kCommitOffset = 8;
constexpr size_t kDataOffset = 16;
constexpr uint64_t kMissedEvents = 1U << 31;
constexpr uint64_t kCommitMask = (1U << 30) - 1;  // bit 30: a count of the missed events follows the data

// include/linux/ring_buffer.h, enum ring_buffer_type. Smaller values are the data's length in words.
constexpr uint32_t kPadding = 29;
constexpr uint32_t kTimeExtend = 30;
constexpr uint32_t kTimeStamp = 31;
constexpr unsigned kDeltaBits = 27;

// An absolute time stamp has 59 bits; the others are those of the time before.
constexpr unsigned kStampBits = 59;
constexpr uint64_t kStampMask = (uint64_t{1} << kStampBits) - 1;

}  // namespace

PageReader::PageReader(std::span<const std::byte> page) {
  if (page.size() < kDataOffset) {
    broken_ = !page.empty();
    return;
  }
  uint64_t commit = 0;
  std::memcpy(&time_, page.data(), sizeof time_);
  std::memcpy(&commit, page.data() + kCommitOffset, sizeof commit);
  follows_gap_ = (commit & kMissedEvents) != 0;
  data_ = page.data() + kDataOffset;
  end_ = std::min<size_t>(commit & kCommitMask, page.size() - kDataOffset);
  broken_ = end_ != (commit & kCommitMask);
}

uint32_t PageReader::word(size_t at) const {
  uint32_t value = 0;
  std::memcpy(&value, data_ + at, sizeof value);
  return value;
}

bool PageReader::next(RawRecord& record) {
  while (end_ - at_ >= 4) {
    const uint32_t header = word(at_);
    const uint32_t type = header & 31;
    const uint64_t delta = header >> 5;
    if (type == kPadding && delta == 0) break;  // nothing was written behind it
    const bool has_word = type == 0 || type >= kPadding;
    if (has_word && end_ - at_ < 8) {
      broken_ = true;
      break;
    }
    const uint64_t extra = has_word ? word(at_ + 4) : 0;
    if (type == kTimeExtend) {
      time_ += delta + (extra << kDeltaBits);
      at_ += 8;
      continue;
    }
    if (type == kTimeStamp) {
      uint64_t stamp = (time_ & ~kStampMask) | (((extra << kDeltaBits) | delta) & kStampMask);
      if (stamp < time_) stamp += uint64_t{1} << kStampBits;
      time_ = stamp;
      at_ += 8;
      continue;
    }
    // A discarded event (padding with a length) has taken its time like any other.
    time_ += delta;
    const size_t begin = at_ + (has_word ? 8 : 4);
    // With a length word: it counts itself.
    const size_t length = has_word ? size_t{extra} - std::min<uint64_t>(extra, 4) : size_t{type} * 4;
    if (length > end_ - begin || (has_word && extra < 4)) {
      broken_ = true;
      break;
    }
    at_ = std::min(end_, begin + ((length + 3) & ~size_t{3}));
    if (type == kPadding) continue;
    record = {time_, {data_ + begin, length}};
    return true;
  }
  end_ = at_;
  return false;
}

}  // namespace polytap::ftrace
