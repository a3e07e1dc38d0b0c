#include <linux/perf_event.h>

#include "family.h"

static long perf(const void* attr, int pid, int cpu, int group, unsigned long flags) {
  return syscall(SYS_perf_event_open, attr, pid, cpu, group, flags);
}

int main(void) {
  struct perf_event_attr attr;
  memset(&attr, 0, sizeof attr);
  attr.type = PERF_TYPE_SOFTWARE;
  attr.size = sizeof attr;
  attr.config = PERF_COUNT_SW_CPU_CLOCK;
  perf(&attr, 0, -1, -1, PERF_FLAG_FD_CLOEXEC);
  perf(NULL, 0, -1, -1, 0);
  perf(BAD, -1, 0, 3, 0xff);
  for (unsigned type = 0; type < 8; type++) {
    for (unsigned config = 0; config < 14; config++) {
      attr.type = type;
      attr.config = config;
      perf(at_page_end(&attr, sizeof attr), -5, 7, -1, 0);
    }
  }
  attr.type = PERF_TYPE_HW_CACHE;
  attr.config = 0x10203;
  perf(&attr, -5, 7, -1, 0);
  attr.config = 0x1ff0203;
  perf(&attr, -5, 7, -1, 0);
  attr.type = PERF_TYPE_BREAKPOINT;
  for (unsigned kind = 0; kind < 6; kind++) {
    attr.bp_type = kind;
    attr.bp_addr = 0x1234;
    attr.bp_len = 4;
    perf(&attr, -5, 7, -1, 0);
  }
  for (unsigned bit = 0; bit < 64; bit++) {
    memset(&attr, 0, sizeof attr);
    attr.type = PERF_TYPE_HARDWARE;
    attr.size = sizeof attr;
    ((uint64_t*)&attr)[5] = 1ULL << bit;  // the bit fields
    attr.wakeup_events = bit;
    perf(&attr, -5, 7, -1, 0);
  }
  for (unsigned size = 0; size <= sizeof attr + 8; size += 4) {
    memcpy(&attr, pattern(sizeof attr), sizeof attr);
    attr.size = size;
    perf(at_page_end(&attr, sizeof attr), -5, 7, -1, 0);
    attr.freq = 1;
    attr.watermark = 1;
    attr.sample_type = ~0ULL;
    attr.read_format = ~0ULL;
    attr.branch_sample_type = ~0ULL;
    perf(at_page_end(&attr, sizeof attr), -5, 7, -1, 0);
    attr.size = sizeof attr;
    if (size < sizeof attr) perf(at_page_end(&attr, size), -5, 7, -1, 0);
  }
  return 0;
}
