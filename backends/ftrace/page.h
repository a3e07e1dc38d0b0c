// Reads one page of a ring buffer (a "sub-buffer"), as per_cpu/cpuN/trace_pipe_raw delivers it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace polytap::ftrace {

// A record as the event wrote it: common_type and its fellows first.
struct RawRecord {
  uint64_t time = 0;                // in the buffer's trace_clock
  std::span<const std::byte> data;  // up to three bytes longer than the event wrote: lengths are multiples of four
};

// Walks over the events of a page. Whatever the bytes are, it stays inside of them and ends.
class PageReader {
 public:
  PageReader() = default;
  // PAGE must outlive the reader.
  explicit PageReader(std::span<const std::byte> page);

  // False at the end of the page.
  bool next(RawRecord& record);
  // The page contradicts itself: what follows the last record was not read.
  bool broken() const { return broken_; }
  // Events were overwritten between the page before and this one.
  bool follows_gap() const { return follows_gap_; }

 private:
  uint32_t word(size_t at) const;

  const std::byte* data_ = nullptr;  // behind the page's header
  size_t end_ = 0;
  size_t at_ = 0;
  uint64_t time_ = 0;
  bool broken_ = false;
  bool follows_gap_ = false;
};

}  // namespace polytap::ftrace
