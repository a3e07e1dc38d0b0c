// The records of perf's ring buffer (linux/perf_event.h describes their bodies only in comments). Pure: bytes in,
// fields out; whatever does not fit its own lengths is no record.
#pragma once

#include <linux/perf_event.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace polytap::uprobe {

using Bytes = std::span<const std::byte>;

// A record that is not a sample, of an event with sample_id_all and PERF_SAMPLE_TIME.
struct TaskRecord {
  uint32_t type = 0;  // PERF_RECORD_COMM, _FORK, _EXIT, _MMAP2; 0: another, nothing below is set
  bool exec = false;  // COMM: because of an execve
  pid_t pid = 0;
  pid_t tid = 0;
  pid_t parent_pid = 0;  // FORK
  pid_t parent_tid = 0;
  std::string_view text;  // COMM: the name; MMAP2: the path
  uint64_t start = 0;     // MMAP2
  uint64_t length = 0;
  uint64_t offset = 0;
  uint64_t device = 0;
  uint64_t inode = 0;
};
// BODY: what lies behind the header. The text points into it.
std::optional<TaskRecord> parse_task_record(const perf_event_header& header, Bytes body);

// How many records a PERF_RECORD_LOST tells of.
std::optional<uint64_t> parse_lost(Bytes body);

// What an event's samples carry. Always PERF_SAMPLE_IDENTIFIER, _TID, _TIME, _CPU and _REGS_USER.
inline constexpr uint64_t kSampleType =
    PERF_SAMPLE_IDENTIFIER | PERF_SAMPLE_TID | PERF_SAMPLE_TIME | PERF_SAMPLE_CPU | PERF_SAMPLE_REGS_USER;
struct SampleLayout {
  bool raw = false;
  bool stack = false;
  uint32_t registers = 0;  // how many are sampled

  uint64_t sample_type() const {
    return kSampleType | (raw ? uint64_t{PERF_SAMPLE_RAW} : 0) | (stack ? uint64_t{PERF_SAMPLE_STACK_USER} : 0);
  }
};

struct Sample {
  uint64_t id = 0;
  pid_t pid = 0;
  pid_t tid = 0;
  uint64_t time = 0;
  int cpu = 0;
  Bytes raw;
  Bytes registers;  // 8-byte words; empty when the thread has none to tell (it is exiting)
  Bytes stack;      // as much as could be read
};
// The event that took the sample, whose layout is needed for the rest.
std::optional<uint64_t> sample_id(Bytes body);
// Everything points into BODY.
std::optional<Sample> parse_sample(Bytes body, const SampleLayout& layout);
// When the record was written. ID_WORDS: how many 8-byte words of sample_id follow the time in records that are no
// samples.
std::optional<uint64_t> record_time(const perf_event_header& header, Bytes body, size_t id_words);

}  // namespace polytap::uprobe
