// What functions emitted, on its way from the thread that runs them to the main thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/probe/backend.h"

namespace polytap {

// Keeps the order in which records were pushed, control records and the exit among them. Thread-safe.
class RecordQueue {
 public:
  static constexpr size_t kDefaultCapacity = size_t{64} << 20;
  static Result<RecordQueue> create(size_t capacity = kDefaultCapacity);

  // A record that finds the queue full is dropped and counted; control records are always taken.
  void push(const EmittedRecord& record, bool control);
  void push_exit(int code);
  // Makes fd() readable.
  void wake();
  void drain(EventSink& sink);
  // Readable once there is something that should not wait for the next regular drain.
  int fd() const { return eventfd_.get(); }
  uint64_t dropped() const;

 private:
  struct Header {
    uint64_t time_ns = 0;
    uint32_t emit = 0;
    uint32_t site = 0;
    uint32_t length = 0;  // of the payload, which follows, padded to 8 bytes
    uint32_t is_exit = 0;
    int64_t exit_code = 0;
  };
  struct Shared {
    std::mutex mutex;
    std::vector<std::byte> waiting;
    uint64_t dropped = 0;
    bool woken = false;
  };

  RecordQueue(size_t capacity, UniqueFd eventfd);
  // Under the mutex.
  void append(const Header& header, std::span<const std::byte> payload);
  void wake_locked();

  size_t capacity_;
  UniqueFd eventfd_;
  std::unique_ptr<Shared> shared_;
  std::vector<std::byte> draining_;  // the main thread's; its memory goes back and forth
};

}  // namespace polytap
