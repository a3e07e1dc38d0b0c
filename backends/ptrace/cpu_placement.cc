#include "backends/ptrace/cpu_placement.h"

#include "backends/ptrace/proc_entries.h"

namespace polytap {

CpuPlacement::CpuPlacement() {
  CPU_ZERO(&allowed_);
  sched_getaffinity(0, sizeof allowed_, &allowed_);
}

void CpuPlacement::look() {
  const bool one_thread = changes_ <= kFewChanges;
  stops_ = 0;
  changes_ = 0;
  const int cpu = one_thread ? last_cpu_of(last_) : -1;
  pin(cpu >= 0 && CPU_ISSET(cpu, &allowed_) ? cpu : -1);
}

void CpuPlacement::pin(int cpu) {
  if (cpu == pinned_) return;
  cpu_set_t set = allowed_;
  if (cpu >= 0) {
    CPU_ZERO(&set);
    CPU_SET(cpu, &set);
  }
  if (sched_setaffinity(0, sizeof set, &set) == 0) pinned_ = cpu;
}

int last_cpu_of(pid_t tid) {
  constexpr size_t kProcessorField = 39;  // proc(5), counted from 1
  return static_cast<int>(read_stat_field(tid, kProcessorField).value_or(-1));
}

}  // namespace polytap
