// The consumer's side of a BPF ring buffer, and the merging of the data ring with the control ring in time order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/probe/backend.h"

namespace polytap::ebpf {

// A record in a ring; valid until the ring is released up to its end.
struct RingRecord {
  uint64_t time_ns = 0;
  uint64_t start_ns = 0;  // the time of the first record of its firing
  uint32_t cpu = 0;       // 1 + the CPU's number, of firings that may emit several records; else 0
  uint32_t emit = 0;
  uint32_t site = 0;
  std::span<const std::byte> payload;
  uint64_t begin = 0;  // the ring's position in front of it
  uint64_t end = 0;    // and behind it
};

class Ring {
 public:
  // SIZE: a power of two, at least a page. LONGEST: no record that is read has more bytes, its header included.
  static Result<Ring> create(const char* name, uint32_t size, uint32_t longest);
  Ring(Ring&& other) noexcept;
  Ring& operator=(Ring&&) = delete;
  ~Ring();

  int fd() const { return fd_.get(); }
  // Appends what was submitted since the last call, in the ring's order. False when it stopped at a record that a
  // program is still writing.
  bool collect(std::vector<RingRecord>& records);
  // Gives the space up to POSITION back to the programs.
  void release(uint64_t position);
  // Gives back all that was collected.
  void release_all() { release(read_); }

 private:
  // The last record that a CPU's firing emitted.
  struct LastRecord {
    uint64_t time_ns = 0;
    uint64_t start_ns = 0;
  };

  Ring() = default;
  uint64_t start_of(const RingRecord& record);

  UniqueFd fd_;
  uint32_t size_ = 0;
  std::byte* consumer_ = nullptr;  // one page: the consumer's position
  std::byte* producer_ = nullptr;  // one page: the producer's position; then the data and its beginning again
  size_t mapped_ = 0;              // bytes from producer_ on
  size_t page_ = 0;
  uint64_t read_ = 0;             // collected up to here
  std::vector<LastRecord> last_;  // by RingRecord::cpu
};

// Sorts records by the time of their firing in place, so that each record comes behind those that the same CPU emitted
// before, and the records of a firing behind each other. Records are nearly in order; CUTS gets the indices (one past)
// where everything before is older than everything behind.
void sort_by_time(std::vector<RingRecord>& records, std::vector<size_t>& cuts);

// Delivers the two rings' records in time order, a control record never before a data record that its CPU emitted
// earlier.
class RecordMerger {
 public:
  // DATA may be null. SEVERAL: a firing may emit several records, which are delivered together, also when the rings are
  // read in the midst of it: what is younger than 20 ms waits for the next time.
  RecordMerger(Ring* data, Ring* control, bool several) : data_(data), control_(control), several_(several) {}
  // ALL: no program runs any more, nothing waits.
  void drain(EventSink& sink, bool all);
  // Once in all, whoever asks.
  void deliver_exit(int code, EventSink& sink);

 private:
  // Control records are few; they are copied, so that their ring is free at once.
  struct Control {
    RingRecord record;
    std::vector<std::byte> payload;
  };
  void collect_controls();
  size_t ready_records(uint64_t before) const;
  void deliver_data(EventSink& sink, size_t count, uint64_t control_limit);
  void deliver_controls(uint64_t before, EventSink& sink);
  void deliver_controls_before(const RingRecord& next, uint64_t limit, EventSink& sink);
  void deliver(const RingRecord& record, EventSink& sink);

  Ring* data_;
  Ring* control_;
  bool several_;
  std::vector<RingRecord> records_;
  std::vector<RingRecord> collected_;
  std::vector<Control> controls_;
  std::vector<size_t> cuts_;
  size_t next_control_ = 0;
  bool exit_delivered_ = false;
};

}  // namespace polytap::ebpf
