#include "backends/ebpf/ring.h"

#include <bpf/bpf.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <limits>
#include <utility>

#include "backends/ebpf/function_compiler.h"

namespace polytap::ebpf {
namespace {

// Space is given back in steps of this many bytes: each release touches a cache line that programs read.
constexpr uint64_t kReleaseStep = 256 << 10;
// A record that is being written is done within a fraction of a microsecond, unless its CPU was interrupted.
constexpr int kBusyRetries = 200;

uint64_t load_position(const std::byte* at) {
  return std::atomic_ref(*reinterpret_cast<uint64_t*>(const_cast<std::byte*>(at))).load(std::memory_order_acquire);
}

}  // namespace

Result<Ring> Ring::create(const char* name, uint32_t size) {
  Ring ring;
  ring.size_ = size;
  ring.page_ = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  ring.fd_ = UniqueFd(bpf_map_create(BPF_MAP_TYPE_RINGBUF, name, 0, 0, size, nullptr));
  if (!ring.fd_.valid()) return Error::from_errno("create a BPF ring buffer (they exist since Linux 5.8)");
  void* consumer = mmap(nullptr, ring.page_, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd_.get(), 0);
  if (consumer == MAP_FAILED) return Error::from_errno("map a BPF ring buffer");
  ring.consumer_ = static_cast<std::byte*>(consumer);
  void* producer = mmap(nullptr, ring.page_ + size_t{2} * size, PROT_READ, MAP_SHARED, ring.fd_.get(),
                        static_cast<off_t>(ring.page_));
  if (producer == MAP_FAILED) return Error::from_errno("map a BPF ring buffer's data");
  ring.producer_ = static_cast<std::byte*>(producer);
  return ring;
}

Ring::Ring(Ring&& other) noexcept
    : fd_(std::move(other.fd_)),
      size_(other.size_),
      consumer_(std::exchange(other.consumer_, nullptr)),
      producer_(std::exchange(other.producer_, nullptr)),
      page_(other.page_),
      read_(other.read_) {}

Ring::~Ring() {
  if (consumer_ != nullptr) munmap(consumer_, page_);
  if (producer_ != nullptr) munmap(producer_, page_ + size_t{2} * size_);
}

bool Ring::collect(std::vector<RingRecord>& records) {
  const uint64_t end = load_position(producer_);
  const std::byte* data = producer_ + page_;
  while (read_ < end) {
    const std::byte* at = data + (read_ & (size_ - 1));
    const uint32_t length = std::atomic_ref(*reinterpret_cast<uint32_t*>(const_cast<std::byte*>(at))).load();
    if ((length & BPF_RINGBUF_BUSY_BIT) != 0) return false;
    const uint32_t bytes = length & ~BPF_RINGBUF_DISCARD_BIT;
    read_ += (uint64_t{bytes} + BPF_RINGBUF_HDR_SZ + 7) & ~uint64_t{7};
    if ((length & BPF_RINGBUF_DISCARD_BIT) != 0 || bytes < kRecordHeader) continue;
    RingRecord record;
    const std::byte* header = at + BPF_RINGBUF_HDR_SZ;
    std::memcpy(&record.emit, header, 4);
    std::memcpy(&record.site, header + 4, 4);
    std::memcpy(&record.time_ns, header + 8, 8);
    record.payload = {header + kRecordHeader, bytes - kRecordHeader};
    record.end = read_;
    records.push_back(record);
  }
  return true;
}

void Ring::release(uint64_t position) {
  std::atomic_ref(*reinterpret_cast<uint64_t*>(consumer_)).store(position, std::memory_order_release);
}

void sort_by_time(std::vector<RingRecord>& records, std::vector<size_t>& cuts) {
  cuts.clear();
  const auto older = [](const RingRecord& a, const RingRecord& b) { return a.time_ns < b.time_ns; };
  std::vector<uint64_t> least_behind(records.size() + 1, std::numeric_limits<uint64_t>::max());
  for (size_t i = records.size(); i-- > 0;) least_behind[i] = std::min(least_behind[i + 1], records[i].time_ns);
  size_t begin = 0;
  uint64_t most = 0;
  for (size_t i = 0; i < records.size(); ++i) {
    most = std::max(most, records[i].time_ns);
    if (most > least_behind[i + 1]) continue;
    if (i > begin) {
      // Space is released by position, so the end of a sorted stretch is that of its last record in the ring.
      const uint64_t end = records[i].end;
      std::stable_sort(records.begin() + static_cast<std::ptrdiff_t>(begin),
                       records.begin() + static_cast<std::ptrdiff_t>(i) + 1, older);
      records[i].end = end;
    }
    cuts.push_back(i + 1);
    begin = i + 1;
  }
}

void RecordMerger::deliver(const RingRecord& record, EventSink& sink) {
  if (record.emit != kExitRecord) {
    sink.record({record.emit, record.site, record.time_ns, record.payload});
    return;
  }
  if (exit_delivered_) return;
  exit_delivered_ = true;
  int64_t code = 0;
  std::memcpy(&code, record.payload.data(), std::min<size_t>(sizeof code, record.payload.size()));
  sink.exit_requested(static_cast<int>(code));
}

void RecordMerger::collect_controls() {
  collected_.clear();
  control_->collect(collected_);
  for (const RingRecord& record : collected_) {
    Control control{record, {record.payload.begin(), record.payload.end()}};
    control.record.payload = control.payload;
    controls_.push_back(std::move(control));
  }
  if (!collected_.empty()) control_->release_all();
}

void RecordMerger::deliver_controls(uint64_t before, EventSink& sink) {
  while (next_control_ < controls_.size() && controls_[next_control_].record.time_ns < before) {
    deliver(controls_[next_control_++].record, sink);
  }
}

// Control records newer than CONTROL_LIMIT stay.
void RecordMerger::deliver_data(EventSink& sink, uint64_t control_limit) {
  size_t i = 0;
  uint64_t released = 0;
  for (const size_t cut : cuts_) {
    for (; i < cut; ++i) {
      deliver_controls(std::min(records_[i].time_ns, control_limit), sink);
      deliver(records_[i], sink);
    }
    if (records_[cut - 1].end - released >= kReleaseStep || cut == records_.size()) {
      released = records_[cut - 1].end;
      data_->release(released);
    }
  }
}

// What a CPU emitted before a control record is in the data ring when the control record is read: so the control ring
// is read first. It is read again behind the data ring, so that no data record overtakes an earlier control record; of
// those, the ones younger than all data read wait for the next time.
void RecordMerger::drain(EventSink& sink) {
  constexpr uint64_t kForever = std::numeric_limits<uint64_t>::max();
  collect_controls();
  const size_t first_controls = controls_.size();
  uint64_t limit = kForever;  // controls before this time may go
  records_.clear();
  cuts_.clear();
  if (data_ != nullptr) {
    bool complete = data_->collect(records_);
    for (int i = 0; !complete && i < kBusyRetries; ++i) complete = data_->collect(records_);
    sort_by_time(records_, cuts_);
    collect_controls();
    if (!complete) {
      limit = 0;  // all controls wait for the record that is being written
    } else if (controls_.size() != first_controls) {
      limit = records_.empty() ? 0 : records_.back().time_ns + 1;
      for (size_t i = 0; i < first_controls; ++i) limit = std::max(limit, controls_[i].record.time_ns + 1);
    }
  }
  std::stable_sort(controls_.begin(), controls_.end(),
                   [](const Control& a, const Control& b) { return a.record.time_ns < b.record.time_ns; });
  next_control_ = 0;
  deliver_data(sink, limit);
  deliver_controls(limit, sink);
  controls_.erase(controls_.begin(), controls_.begin() + static_cast<std::ptrdiff_t>(next_control_));
}

}  // namespace polytap::ebpf
