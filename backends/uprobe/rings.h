// perf's ring buffers: two for each CPU, one for what probes sample and one for what happens to tasks, so that a flood
// of samples leaves the tasks known. Read in order of time across all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "backends/uprobe/perf_records.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace polytap::uprobe {

struct Record {
  perf_event_header header{};
  uint64_t time = 0;
  Bytes body;                // behind the header
  bool about_tasks = false;  // from a ring of tasks
};

class Rings {
 public:
  static Result<Rings> create();
  Rings(Rings&& other) noexcept = default;
  Rings& operator=(Rings&&) = delete;
  Rings(const Rings&) = delete;
  Rings& operator=(const Rings&) = delete;
  ~Rings() = default;

  // Memory of the ring of samples of each CPU.
  static size_t sample_bytes();

  std::vector<int> cpus() const;
  // The events of CPU send their samples to this descriptor's ring (PERF_EVENT_IOC_SET_OUTPUT).
  int output(int cpu) const;
  // To wait for: readable when a ring is half full.
  std::vector<int> descriptors() const;
  // Begins and ends the reports about tasks.
  Status watch_tasks(bool on) const;

  // Begins a pass over what is there now.
  void refresh();
  // The earliest record, if it is not younger than LIMIT. Its bytes are valid until the next call. False: none, in this
  // pass.
  bool next(uint64_t limit, Record& record);
  // Records that contradicted their own lengths; the rest of their ring was dropped with them.
  uint64_t broken() const { return broken_; }

 private:
  // A mapped ring and the event that owns it.
  class Ring {
   public:
    static Result<std::optional<Ring>> create(int cpu, bool tasks, size_t data_bytes);
    Ring(Ring&& other) noexcept;
    Ring& operator=(Ring&&) = delete;
    ~Ring();
    int fd() const { return event_.get(); }
    int cpu() const { return cpu_; }
    bool tasks() const { return tasks_; }
    void refresh();
    // The record at the ring's tail; null when the pass has come to its end. Counts into BROKEN.
    const Record* current(uint64_t& broken);
    void consume();

   private:
    Ring() = default;
    perf_event_mmap_page& page() const { return *reinterpret_cast<perf_event_mmap_page*>(memory_); }
    Bytes bytes(uint64_t from, size_t length);

    UniqueFd event_;
    int cpu_ = 0;
    bool tasks_ = false;
    std::byte* memory_ = nullptr;
    size_t data_bytes_ = 0;
    uint64_t head_ = 0;
    uint64_t tail_ = 0;
    bool has_current_ = false;
    Record current_;
    std::vector<std::byte> straight_;  // of a record that wraps around the ring's end
  };

  Rings() = default;
  std::vector<Ring> rings_;
  Ring* taken_ = nullptr;    // whose current record was given out
  Ring* leader_ = nullptr;   // has the earliest record, until its time passes `lead_until_`
  uint64_t lead_until_ = 0;  // the earliest record of the others
  uint64_t broken_ = 0;
};

}  // namespace polytap::uprobe
