// The records of all CPUs in order of time.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "backends/ftrace/instance.h"
#include "backends/ftrace/page.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace polytap::ftrace {

struct CpuRecord {
  int cpu = 0;
  RawRecord raw;
};

// Holds one page of each CPU; what waits, waits in the kernel's buffers, whose size bounds the memory.
class CpuStreams {
 public:
  static Result<CpuStreams> open(const Instance& instance);

  // Begins a pass: CPUs that were found empty are asked again.
  void refresh();
  // The earliest record, if it is not younger than LIMIT. The data is valid until the next call. False: none, in this
  // pass.
  bool next(uint64_t limit, CpuRecord& record);
  // To wait for: readable when buffer_percent of a CPU's buffer is full.
  std::vector<int> descriptors() const;
  // Pages that contradicted themselves.
  uint64_t broken_pages() const { return broken_pages_; }

 private:
  struct Stream {
    int cpu = 0;
    UniqueFd fd;
    std::vector<std::byte> page;
    PageReader reader;
    RawRecord current;
    bool has_current = false;
    bool dry = false;  // had nothing when last asked
  };
  // Makes the stream's next record current, reading a page when needed.
  void advance(Stream& stream);
  bool read_page(Stream& stream);

  std::vector<Stream> streams_;
  Stream* taken_ = nullptr;   // whose current record was given out
  Stream* leader_ = nullptr;  // has the earliest record, until its time passes `lead_until_`
  uint64_t lead_until_ = 0;   // the earliest record of the others
  uint64_t broken_pages_ = 0;
};

}  // namespace polytap::ftrace
