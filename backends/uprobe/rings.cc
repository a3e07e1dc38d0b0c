#include "backends/uprobe/rings.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstring>
#include <limits>
#include <utility>

namespace polytap::uprobe {
namespace {

// What follows the time in sample_id of the probes' events: CPU and identifier.
constexpr size_t kIdWords = 2;
constexpr size_t kTaskBytes = size_t{512} << 10;

size_t page_size() { return static_cast<size_t>(sysconf(_SC_PAGESIZE)); }

}  // namespace

size_t Rings::sample_bytes() {
  constexpr size_t kAll = size_t{256} << 20;  // of all CPUs together
  const auto cpus = static_cast<size_t>(std::max(sysconf(_SC_NPROCESSORS_CONF), 1L));
  return std::bit_floor(std::clamp(kAll / cpus, size_t{1} << 20, size_t{8} << 20));
}

// nullopt: the CPU is offline.
Result<std::optional<Rings::Ring>> Rings::Ring::create(int cpu, bool tasks, size_t data_bytes) {
  perf_event_attr attributes{};
  attributes.type = PERF_TYPE_SOFTWARE;
  attributes.size = sizeof attributes;
  attributes.config = PERF_COUNT_SW_DUMMY;
  attributes.sample_type = PERF_SAMPLE_TIME;
  attributes.sample_id_all = 1;
  attributes.disabled = 1;
  attributes.use_clockid = 1;
  attributes.clockid = CLOCK_MONOTONIC;
  attributes.watermark = 1;
  attributes.wakeup_watermark = static_cast<uint32_t>(data_bytes / 2);
  if (tasks) {
    attributes.mmap = 1;  // executable mappings only
    attributes.mmap2 = 1;
    attributes.comm = 1;
    attributes.comm_exec = 1;
    attributes.task = 1;
  }
  Ring ring;
  ring.cpu_ = cpu;
  ring.tasks_ = tasks;
  ring.event_ =
      UniqueFd(static_cast<int>(syscall(SYS_perf_event_open, &attributes, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC)));
  if (!ring.event_.valid()) {
    if (errno == ENODEV) return std::optional<Ring>();
    return Error::from_errno(fmt::format("open a perf event on CPU {}", cpu));
  }
  void* memory = mmap(nullptr, page_size() + data_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, ring.event_.get(), 0);
  if (memory == MAP_FAILED) return Error::from_errno("map perf's ring buffer");
  ring.memory_ = static_cast<std::byte*>(memory);
  ring.data_bytes_ = data_bytes;
  return std::optional<Ring>(std::move(ring));
}

Rings::Ring::Ring(Ring&& other) noexcept
    : event_(std::move(other.event_)),
      cpu_(other.cpu_),
      tasks_(other.tasks_),
      memory_(std::exchange(other.memory_, nullptr)),
      data_bytes_(other.data_bytes_),
      head_(other.head_),
      tail_(other.tail_),
      has_current_(std::exchange(other.has_current_, false)),
      current_(other.current_),
      straight_(std::move(other.straight_)) {}

Rings::Ring::~Ring() {
  if (memory_ != nullptr) munmap(memory_, page_size() + data_bytes_);
}

void Rings::Ring::refresh() { head_ = std::atomic_ref(page().data_head).load(std::memory_order_acquire); }

Bytes Rings::Ring::bytes(uint64_t from, size_t length) {
  const std::byte* data = memory_ + page_size();
  const uint64_t at = from & (data_bytes_ - 1);
  if (at + length <= data_bytes_) return {data + at, length};
  const size_t first = data_bytes_ - at;
  straight_.resize(length);
  std::memcpy(straight_.data(), data + at, first);
  std::memcpy(straight_.data() + first, data, length - first);
  return straight_;
}

const Record* Rings::Ring::current(uint64_t& broken) {
  if (has_current_) return &current_;
  if (tail_ >= head_) return nullptr;
  // Records are multiples of 8 bytes, and so a header never wraps.
  std::memcpy(&current_.header, bytes(tail_, sizeof current_.header).data(), sizeof current_.header);
  const size_t size = current_.header.size;
  if (size >= sizeof current_.header && size <= head_ - tail_) {
    current_.body = bytes(tail_, size).subspan(sizeof current_.header);
    if (const auto time = record_time(current_.header, current_.body, tasks_ ? 0 : kIdWords)) {
      current_.time = *time;
      current_.about_tasks = tasks_;
      has_current_ = true;
      return &current_;
    }
  }
  broken++;
  tail_ = head_;
  std::atomic_ref(page().data_tail).store(tail_, std::memory_order_release);
  return nullptr;
}

void Rings::Ring::consume() {
  has_current_ = false;
  tail_ += current_.header.size;
  std::atomic_ref(page().data_tail).store(tail_, std::memory_order_release);
}

Result<Rings> Rings::create() {
  Rings rings;
  const long cpus = sysconf(_SC_NPROCESSORS_CONF);
  for (int cpu = 0; cpu < cpus; ++cpu) {
    for (const bool tasks : {true, false}) {
      ASSIGN_OR_RETURN(auto ring, Ring::create(cpu, tasks, tasks ? kTaskBytes : sample_bytes()));
      if (ring) rings.rings_.push_back(std::move(*ring));
    }
  }
  return rings;
}

std::vector<int> Rings::cpus() const {
  std::vector<int> cpus;
  for (const Ring& ring : rings_) {
    if (!ring.tasks()) cpus.push_back(ring.cpu());
  }
  return cpus;
}

int Rings::output(int cpu) const {
  const auto found = std::ranges::find_if(rings_, [&](const Ring& ring) { return ring.cpu() == cpu && !ring.tasks(); });
  return found == rings_.end() ? -1 : found->fd();
}

std::vector<int> Rings::descriptors() const {
  std::vector<int> fds;
  for (const Ring& ring : rings_) fds.push_back(ring.fd());
  return fds;
}

Status Rings::watch_tasks(bool on) const {
  for (const Ring& ring : rings_) {
    if (!ring.tasks()) continue;
    if (ioctl(ring.fd(), on ? PERF_EVENT_IOC_ENABLE : PERF_EVENT_IOC_DISABLE, 0) != 0) {
      return Error::from_errno("enable the perf event that reports tasks");
    }
  }
  return {};
}

void Rings::refresh() {
  if (taken_ != nullptr) taken_->consume();
  taken_ = nullptr;
  leader_ = nullptr;
  for (Ring& ring : rings_) ring.refresh();
}

bool Rings::next(uint64_t limit, Record& record) {
  if (taken_ != nullptr) taken_->consume();
  taken_ = nullptr;
  const Record* current = leader_ == nullptr ? nullptr : leader_->current(broken_);
  if (current == nullptr || current->time > lead_until_) {
    leader_ = nullptr;
    lead_until_ = std::numeric_limits<uint64_t>::max();
    uint64_t earliest = lead_until_;
    for (Ring& ring : rings_) {
      const Record* other = ring.current(broken_);
      if (other == nullptr) continue;
      if (leader_ == nullptr || other->time < earliest) {
        if (leader_ != nullptr) lead_until_ = earliest;
        leader_ = &ring;
        earliest = other->time;
        current = other;
      } else {
        lead_until_ = std::min(lead_until_, other->time);
      }
    }
  }
  if (leader_ == nullptr || current->time > limit) return false;
  taken_ = leader_;
  record = *current;
  return true;
}

}  // namespace polytap::uprobe
