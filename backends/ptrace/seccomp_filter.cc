#include "backends/ptrace/seccomp_filter.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>

#include <algorithm>
#include <bit>

namespace polytap {
namespace {

struct Range {
  uint32_t first = 0;
  uint32_t last = 0;
};

std::vector<Range> to_ranges(std::span<const uint32_t> numbers) {
  std::vector<uint32_t> sorted(numbers.begin(), numbers.end());
  std::ranges::sort(sorted);
  std::vector<Range> ranges;
  for (uint32_t number : sorted) {
    if (!ranges.empty() && number <= ranges.back().last + 1) {
      ranges.back().last = number;
    } else {
      ranges.push_back({number, number});
    }
  }
  return ranges;
}

// A binary search over the ranges: a filter runs at every system call of the tracee, and the kernel (since 5.11) caches
// only calls that a filter always allows.
class FilterBuilder {
 public:
  void statement(int code, uint32_t k) { add(code, 0, 0, k); }

  // Allows the call at once when the accumulator holds anything but VALUE.
  void require(uint32_t value) {
    add(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, value);
    statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }

  // The same, but traces it.
  void require_or_trace(uint32_t value) {
    add(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, value);
    statement(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
  }

  // The accumulator holds the number.
  void fail(uint32_t number, uint16_t error) {
    add(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, number);
    statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error);
  }

  // Traces the call, unless its instruction pointer is FREE (0: always).
  void trace(uint64_t free) {
    if (free == 0) return statement(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
    const auto low = static_cast<uint32_t>(free);
    statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, instruction_pointer));
    add(BPF_JMP | BPF_JEQ | BPF_K, 0, 3, low);
    statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, instruction_pointer) + sizeof low);
    add(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, static_cast<uint32_t>(free >> 32));
    statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    statement(BPF_RET | BPF_K, SECCOMP_RET_TRACE);
  }

  // The accumulator holds the number; a match lies in RANGES if anywhere.
  void search(std::span<const Range> ranges, uint64_t free) {
    if (ranges.size() == 1) {
      const uint8_t trace_length = free == 0 ? 1 : 6;
      // Past the end, before the start -> allow.
      add(BPF_JMP | BPF_JGT | BPF_K, static_cast<uint8_t>(trace_length + 1), 0, ranges[0].last);
      add(BPF_JMP | BPF_JGE | BPF_K, 0, trace_length, ranges[0].first);
      trace(free);
      statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
      return;
    }
    const size_t half = ranges.size() / 2;
    // A conditional jump reaches 255 instructions, which a half of many ranges exceeds: JA reaches all.
    add(BPF_JMP | BPF_JGE | BPF_K, 0, 1, ranges[half].first);
    const size_t jump = program_.size();
    add(BPF_JMP | BPF_JA, 0, 0, 0);
    search(ranges.first(half), free);
    program_[jump].k = static_cast<uint32_t>(program_.size() - jump - 1);
    search(ranges.subspan(half), free);
  }

  std::vector<uint64_t> packed() const {
    std::vector<uint64_t> words;
    for (const sock_filter& instruction : program_) words.push_back(std::bit_cast<uint64_t>(instruction));
    return words;
  }

 private:
  void add(int code, uint8_t if_true, uint8_t if_false, uint32_t k) {
    program_.push_back({static_cast<uint16_t>(code), if_true, if_false, k});
  }
  std::vector<sock_filter> program_;
};

}  // namespace

std::vector<uint64_t> make_seccomp_filter(std::span<const uint32_t> numbers) {
  const std::vector<Range> ranges = to_ranges(numbers);
  FilterBuilder filter;
  if (!ranges.empty()) {
    filter.statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
    filter.require(AUDIT_ARCH_X86_64);
    filter.statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
    // x32 calls carry the architecture of x86-64 and bit 30 in their number, which is past every range.
    filter.search(ranges, 0);
  } else {
    filter.statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  }
  return filter.packed();
}

std::vector<uint64_t> make_tracing_filter(std::span<const uint32_t> numbers, uint64_t free,
                                          std::span<const CallTraceOptions::SilentFault> faults) {
  FilterBuilder filter;
  if (!faults.empty()) {
    filter.statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
    filter.require_or_trace(AUDIT_ARCH_X86_64);
    filter.statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
    for (const CallTraceOptions::SilentFault& fault : faults) filter.fail(fault.number, fault.error);
  }
  const std::vector<Range> ranges = to_ranges(numbers);
  if (!ranges.empty()) {
    filter.statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
    filter.require_or_trace(AUDIT_ARCH_X86_64);
    filter.statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
    filter.search(ranges, free);
  } else {
    filter.trace(free);
  }
  return filter.packed();
}

}  // namespace polytap
