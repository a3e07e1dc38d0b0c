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
#include "backends/ebpf/kernel_objects.h"
#include "core/base/clock.h"

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

Result<Ring> Ring::create(const char* name, uint32_t size, uint32_t longest) {
  Ring ring;
  ring.size_ = size;
  ring.page_ = static_cast<size_t>(sysconf(_SC_PAGESIZE));
  ring.fd_ = create_map({.type = BPF_MAP_TYPE_RINGBUF, .name = name, .key_size = 0, .entries = size});
  if (!ring.fd_.valid()) return Error::from_errno("create a BPF ring buffer (they exist since Linux 5.8)");
  void* consumer = mmap(nullptr, ring.page_, PROT_READ | PROT_WRITE, MAP_SHARED, ring.fd_.get(), 0);
  if (consumer == MAP_FAILED) return Error::from_errno("map a BPF ring buffer");
  ring.consumer_ = static_cast<std::byte*>(consumer);
  // The kernel maps the data twice in a row, so that a record across its end can be read in one piece. Mapped pages
  // count as this process's memory: no more of the second are taken than a record needs.
  const size_t overlap =
      std::min<size_t>(size, (longest + BPF_RINGBUF_HDR_SZ + ring.page_ - 1) / ring.page_ * ring.page_);
  ring.mapped_ = ring.page_ + size + overlap;
  void* producer = mmap(nullptr, ring.mapped_, PROT_READ, MAP_SHARED, ring.fd_.get(), static_cast<off_t>(ring.page_));
  if (producer == MAP_FAILED) return Error::from_errno("map a BPF ring buffer's data");
  ring.producer_ = static_cast<std::byte*>(producer);
  return ring;
}

Ring::Ring(Ring&& other) noexcept
    : fd_(std::move(other.fd_)),
      size_(other.size_),
      consumer_(std::exchange(other.consumer_, nullptr)),
      producer_(std::exchange(other.producer_, nullptr)),
      mapped_(other.mapped_),
      page_(other.page_),
      read_(other.read_),
      last_(std::move(other.last_)) {}

Ring::~Ring() {
  if (consumer_ != nullptr) munmap(consumer_, page_);
  if (producer_ != nullptr) munmap(producer_, mapped_);
}

// The records of one firing are numbered by adding 1 to its time; the numbers in between are those that went through
// the other ring. Firings of one CPU are farther apart: entering a program alone takes longer.
uint64_t Ring::start_of(const RingRecord& record) {
  constexpr uint64_t kNextNumbers = 32;
  if (record.cpu == 0) return record.time_ns;
  if (last_.size() <= record.cpu) last_.resize(record.cpu + 1);
  LastRecord& last = last_[record.cpu];
  const bool continues = record.time_ns > last.time_ns && record.time_ns - last.time_ns <= kNextNumbers;
  last = {record.time_ns, continues ? last.start_ns : record.time_ns};
  return last.start_ns;
}

bool Ring::collect(std::vector<RingRecord>& records) {
  const uint64_t end = load_position(producer_);
  const std::byte* data = producer_ + page_;
  while (read_ < end) {
    const std::byte* at = data + (read_ & (size_ - 1));
    const uint32_t length = std::atomic_ref(*reinterpret_cast<uint32_t*>(const_cast<std::byte*>(at))).load();
    if ((length & BPF_RINGBUF_BUSY_BIT) != 0) return false;
    const uint32_t bytes = length & ~BPF_RINGBUF_DISCARD_BIT;
    const uint64_t begin = read_;
    read_ += (uint64_t{bytes} + BPF_RINGBUF_HDR_SZ + 7) & ~uint64_t{7};
    if ((length & BPF_RINGBUF_DISCARD_BIT) != 0 || bytes < kRecordHeader) continue;
    RingRecord record;
    const std::byte* header = at + BPF_RINGBUF_HDR_SZ;
    uint16_t emit = 0;
    uint16_t cpu = 0;
    std::memcpy(&emit, header + kEmitOffset, 2);
    std::memcpy(&cpu, header + kCpuOffset, 2);
    record.emit = emit;
    record.cpu = cpu;
    std::memcpy(&record.site, header + kSiteOffset, 4);
    std::memcpy(&record.time_ns, header + kTimeOffset, 8);
    record.start_ns = start_of(record);
    record.payload = {header + kRecordHeader, bytes - kRecordHeader};
    record.begin = begin;
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
  // Firings of two CPUs may begin in the same nanosecond.
  using Order = std::pair<uint64_t, uint32_t>;
  const auto order = [](const RingRecord& record) { return Order(record.start_ns, record.cpu); };
  const auto older = [&](const RingRecord& a, const RingRecord& b) { return order(a) < order(b); };
  std::vector<Order> least_behind(records.size() + 1, Order(std::numeric_limits<uint64_t>::max(), 0));
  for (size_t i = records.size(); i-- > 0;) least_behind[i] = std::min(least_behind[i + 1], order(records[i]));
  size_t begin = 0;
  Order most;
  for (size_t i = 0; i < records.size(); ++i) {
    most = std::max(most, order(records[i]));
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
  int64_t code = 0;
  std::memcpy(&code, record.payload.data(), std::min<size_t>(sizeof code, record.payload.size()));
  deliver_exit(static_cast<int>(code), sink);
}

void RecordMerger::deliver_exit(int code, EventSink& sink) {
  if (exit_delivered_) return;
  exit_delivered_ = true;
  sink.exit_requested(code);
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

// Those that NEXT's firing emitted before it, and those older than the firing; no younger ones than LIMIT.
void RecordMerger::deliver_controls_before(const RingRecord& next, uint64_t limit, EventSink& sink) {
  while (next_control_ < controls_.size()) {
    const RingRecord& control = controls_[next_control_].record;
    const bool same = next.cpu != 0 && control.cpu == next.cpu;
    if (control.time_ns >= std::min(same ? next.time_ns : next.start_ns, limit)) return;
    deliver(controls_[next_control_++].record, sink);
  }
}

// How many records are of firings older than BEFORE; they are in order of time.
size_t RecordMerger::ready_records(uint64_t before) const {
  const auto younger = std::partition_point(records_.begin(), records_.end(),
                                            [&](const RingRecord& record) { return record.start_ns < before; });
  return static_cast<size_t>(younger - records_.begin());
}

// The first COUNT records. Control records newer than CONTROL_LIMIT stay.
void RecordMerger::deliver_data(EventSink& sink, size_t count, uint64_t control_limit) {
  uint64_t released = 0;
  auto cut = cuts_.begin();
  for (size_t i = 0; i < count; ++i) {
    deliver_controls_before(records_[i], control_limit, sink);
    deliver(records_[i], sink);
    if (i + 1 != *cut) continue;
    ++cut;
    if (records_[i].end - released < kReleaseStep && i + 1 != records_.size()) continue;
    released = records_[i].end;
    data_->release(released);
  }
  records_.erase(records_.begin(), records_.begin() + static_cast<std::ptrdiff_t>(count));
  if (records_.empty()) return;
  data_->release(std::ranges::min(records_, {}, &RingRecord::begin).begin);
}

// What a CPU emitted before a control record is in the data ring when the control record is read: so the control ring
// is read first. It is read again behind the data ring, so that no data record overtakes an earlier control record; of
// those, the ones younger than all data read wait for the next time.
void RecordMerger::drain(EventSink& sink, bool all) {
  constexpr uint64_t kForever = std::numeric_limits<uint64_t>::max();
  // Also of one that was interrupted: programs may be preempted (5.11).
  constexpr uint64_t kLongestFiring = 20'000'000;
  const uint64_t settled = several_ && !all ? clock_ns(CLOCK_MONOTONIC) - kLongestFiring : kForever;
  collect_controls();
  const size_t first_controls = controls_.size();
  uint64_t limit = settled;  // controls before this time may go
  size_t ready = 0;
  if (data_ != nullptr) {
    bool complete = data_->collect(records_);
    for (int i = 0; !complete && i < kBusyRetries; ++i) complete = data_->collect(records_);
    sort_by_time(records_, cuts_);
    collect_controls();
    if (!complete) {
      limit = 0;  // all controls wait for the record that is being written
    } else if (controls_.size() != first_controls) {
      uint64_t known = records_.empty() ? 0 : records_.back().time_ns + 1;
      for (size_t i = 0; i < first_controls; ++i) known = std::max(known, controls_[i].record.time_ns + 1);
      limit = std::min(limit, known);
    }
    ready = ready_records(settled);
    if (ready < records_.size()) limit = std::min(limit, records_[ready].start_ns);
  }
  std::stable_sort(controls_.begin(), controls_.end(),
                   [](const Control& a, const Control& b) { return a.record.time_ns < b.record.time_ns; });
  next_control_ = 0;
  if (data_ != nullptr) deliver_data(sink, ready, limit);
  deliver_controls(limit, sink);
  controls_.erase(controls_.begin(), controls_.begin() + static_cast<std::ptrdiff_t>(next_control_));
}

}  // namespace polytap::ebpf
