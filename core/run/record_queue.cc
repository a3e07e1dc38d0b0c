#include "core/run/record_queue.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstring>
#include <utility>

namespace polytap {
namespace {

constexpr size_t kWakeBytes = size_t{1} << 20;  // worth a drain before the regular one
constexpr size_t kKeptBytes = size_t{4} << 20;  // memory that an idle queue may hold on to

}  // namespace

Result<RecordQueue> RecordQueue::create(size_t capacity) {
  UniqueFd fd(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd.valid()) return Error::from_errno("eventfd");
  return RecordQueue(capacity, std::move(fd));
}

RecordQueue::RecordQueue(size_t capacity, UniqueFd eventfd)
    : capacity_(capacity), eventfd_(std::move(eventfd)), shared_(std::make_unique<Shared>()) {}

void RecordQueue::append(const Header& header, std::span<const std::byte> payload) {
  std::vector<std::byte>& waiting = shared_->waiting;
  const size_t begin = waiting.size();
  waiting.resize(begin + sizeof header + (payload.size() + 7) / 8 * 8);
  memcpy(waiting.data() + begin, &header, sizeof header);
  if (!payload.empty()) memcpy(waiting.data() + begin + sizeof header, payload.data(), payload.size());
}

void RecordQueue::push(const EmittedRecord& record, bool control) {
  std::lock_guard lock(shared_->mutex);
  if (!control && shared_->waiting.size() + sizeof(Header) + record.payload.size() > capacity_) {
    shared_->dropped++;
    return;
  }
  append({record.time_ns, record.emit, record.site, static_cast<uint32_t>(record.payload.size()), 0, 0},
         record.payload);
  if (control || shared_->waiting.size() >= kWakeBytes) wake_locked();
}

void RecordQueue::push_exit(int code) {
  std::lock_guard lock(shared_->mutex);
  append({0, 0, 0, 0, 1, code}, {});
  wake_locked();
}

void RecordQueue::wake() {
  std::lock_guard lock(shared_->mutex);
  wake_locked();
}

void RecordQueue::wake_locked() {
  if (std::exchange(shared_->woken, true)) return;
  const uint64_t one = 1;
  // Can only fail when the counter is at its end, and then the descriptor is readable.
  [[maybe_unused]] ssize_t written = write(eventfd_.get(), &one, sizeof one);
}

void RecordQueue::drain(EventSink& sink) {
  {
    std::lock_guard lock(shared_->mutex);
    draining_.swap(shared_->waiting);
    if (std::exchange(shared_->woken, false)) {
      uint64_t count = 0;
      [[maybe_unused]] ssize_t got = read(eventfd_.get(), &count, sizeof count);
    }
  }
  for (size_t at = 0; at < draining_.size();) {
    Header header;
    memcpy(&header, draining_.data() + at, sizeof header);
    at += sizeof header;
    if (header.is_exit != 0) {
      sink.exit_requested(static_cast<int>(header.exit_code));
    } else {
      sink.record({header.emit, header.site, header.time_ns, std::span(draining_).subspan(at, header.length)});
    }
    at += (header.length + size_t{7}) / 8 * 8;
  }
  draining_.clear();
  if (draining_.capacity() > kKeptBytes) draining_.shrink_to_fit();
}

uint64_t RecordQueue::dropped() const {
  std::lock_guard lock(shared_->mutex);
  return shared_->dropped;
}

}  // namespace polytap
