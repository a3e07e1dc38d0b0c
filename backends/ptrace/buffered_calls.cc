#include "backends/ptrace/buffered_calls.h"

#include <linux/audit.h>
#include <sys/ptrace.h>
#include <x86intrin.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "core/base/clock.h"

namespace polytap {
namespace {

const std::byte* data_of(const CallArea* area) { return reinterpret_cast<const std::byte*>(area) + kAreaHeadBytes; }

uint32_t load(const uint32_t& shared) { return __atomic_load_n(&shared, __ATOMIC_ACQUIRE); }

// The record at OFFSET of AREA, whose finished data ends at END; nothing when there is none that makes sense.
std::optional<CallRecord> record_at(const CallArea* area, uint32_t offset, uint32_t end) {
  CallRecord record;
  if (end > kAreaDataBytes || offset + sizeof record > end) return std::nullopt;
  memcpy(&record, data_of(area) + offset, sizeof record);
  if (record.bytes < sizeof record || record.bytes > end - offset) return std::nullopt;
  return record;
}

}  // namespace

BufferedCalls::BufferedCalls(std::unique_ptr<CallAreas> areas, CallObserver& observer)
    : areas_(std::move(areas)), observer_(observer), first_tsc_(__rdtsc()), first_ns_(clock_ns(CLOCK_MONOTONIC)) {}

Result<std::unique_ptr<BufferedCalls>> BufferedCalls::create(const CallTraceOptions& options, CallObserver& observer) {
  ASSIGN_OR_RETURN(auto areas,
                   CallAreas::create(options.string_limit, options.filtered_calls, options.unbuffered_calls));
  return std::unique_ptr<BufferedCalls>(new BufferedCalls(std::move(areas), observer));
}

void BufferedCalls::on_new(BufferedThread& thread, std::shared_ptr<CallSites> sites) {
  thread.sites = std::move(sites);
  errno = 0;
  const auto gs_base =
      static_cast<uint64_t>(ptrace(PTRACE_PEEKUSER, thread.tid, offsetof(user_regs_struct, gs_base), nullptr));
  // A child begins with its parent's.
  if (errno == 0 && gs_base >= kBufferBase && gs_base < kBufferBase + kBufferBytes) {
    ptrace(PTRACE_POKEUSER, thread.tid, offsetof(user_regs_struct, gs_base), 0);
  }
  if (!thread.sites->attached) return;
  equip(thread);
  const auto at = static_cast<uint64_t>(ptrace(PTRACE_PEEKUSER, thread.tid, offsetof(user_regs_struct, rip), nullptr));
  leave_patched_site(thread, at);
}

void BufferedCalls::retire(BufferedThread& thread) {
  thread.retired = true;
  if (thread.area == nullptr) return;
  ptrace(PTRACE_POKEUSER, thread.tid, offsetof(user_regs_struct, gs_base), 0);
  on_end(thread);
}

void BufferedCalls::equip(BufferedThread& thread) {
  if (!thread.sites->attached || thread.area != nullptr || thread.retired) return;
  CallArea* area = areas_->take();
  if (area == nullptr) return;
  const uint64_t address = areas_->address_of(area);
  if (ptrace(PTRACE_POKEUSER, thread.tid, offsetof(user_regs_struct, gs_base), address) != 0) {
    areas_->release(area);
    return;
  }
  thread.area = area;
  thread.read = 0;
  thread.entry_shown = false;
  threads_.push_back(&thread);
}

void BufferedCalls::on_exec(BufferedThread& thread) {
  on_end(thread);
  thread.sites = std::make_shared<CallSites>();
}

void BufferedCalls::on_end(BufferedThread& thread) {
  if (thread.area == nullptr) return;
  report();
  std::erase(threads_, &thread);
  areas_->release(thread.area);
  thread.area = nullptr;
}

void BufferedCalls::look_at_clocks() {
  now_tsc_ = __rdtsc();
  now_ns_ = clock_ns(CLOCK_MONOTONIC);
  now_realtime_ns_ = clock_ns(CLOCK_REALTIME);
}

uint64_t BufferedCalls::monotonic_of(uint64_t tsc) const {
  if (tsc >= now_tsc_ || now_tsc_ == first_tsc_) return now_ns_;
  const double ns_per_tick = static_cast<double>(now_ns_ - first_ns_) / static_cast<double>(now_tsc_ - first_tsc_);
  return now_ns_ - static_cast<uint64_t>(static_cast<double>(now_tsc_ - tsc) * ns_per_tick);
}

CallStop BufferedCalls::stop_of(const BufferedThread& thread, const CallRecord& record) const {
  CallStop stop;
  stop.tid = thread.tid;
  stop.tgid = thread.tgid;
  stop.architecture = AUDIT_ARCH_X86_64;
  stop.call.number = record.number;
  std::copy(std::begin(record.arguments), std::end(record.arguments), stop.call.arguments.begin());
  const CallSite* site = thread.sites->with_back(record.back);
  stop.instruction_pointer = site != nullptr ? site->address + 2 : record.back;
  return stop;
}

void BufferedCalls::report_entry(BufferedThread& thread, const CallRecord& record, const std::byte* segments) {
  const RecordMemory memory(segments, record.bytes - sizeof record, false, nullptr);
  CallStop stop = stop_of(thread, record);
  stop.memory = &memory;
  stop.monotonic_ns = monotonic_of(record.entry_tsc);
  stop.time_ns = now_realtime_ns_ - (now_ns_ - stop.monotonic_ns);
  observer_.on_entry(stop);
}

void BufferedCalls::report_exit(BufferedThread& thread, const CallRecord& record, const std::byte* segments,
                                const MemoryView* fallback) {
  const RecordMemory memory(segments, record.bytes - sizeof record, true, fallback);
  CallStop stop = stop_of(thread, record);
  stop.memory = &memory;
  stop.monotonic_ns = monotonic_of(record.exit_tsc);
  stop.time_ns = now_realtime_ns_ - (now_ns_ - stop.monotonic_ns);
  // These calls do not wait: what they took was CPU time in the kernel.
  stop.system_ns = stop.monotonic_ns - monotonic_of(record.entry_tsc);
  stop.call.result = record.result;
  constexpr int64_t kMaxErrno = 4095;
  stop.call.failed = record.result < 0 && record.result >= -kMaxErrno;
  observer_.on_exit(stop);
}

void BufferedCalls::report() {
  finished_.clear();
  size_t sources = 0;
  for (BufferedThread* thread : threads_) {
    const uint32_t end = load(thread->area->used);
    if (end == thread->read) continue;
    sources++;
    while (thread->read < end) {
      const auto record = record_at(thread->area, thread->read, end);
      if (!record) {
        thread->read = end;
        break;
      }
      finished_.push_back({thread, *record, data_of(thread->area) + thread->read + sizeof *record});
      thread->read += record->bytes;
    }
  }
  if (finished_.empty()) return;
  look_at_clocks();
  if (sources > 1) std::ranges::stable_sort(finished_, {}, [](const Finished& each) { return each.record.exit_tsc; });
  for (const Finished& each : finished_) {
    if (!each.thread->entry_shown) report_entry(*each.thread, each.record, each.segments);
    each.thread->entry_shown = false;
    report_exit(*each.thread, each.record, each.segments, nullptr);
  }
}

void BufferedCalls::rewind(BufferedThread& thread) {
  if (thread.area == nullptr || thread.area->phase != kBufferIdle || thread.read == 0) return;
  thread.area->used = 0;
  thread.read = 0;
}

std::optional<CallRecord> BufferedCalls::begun_record(const BufferedThread& thread, const std::byte*& segments) const {
  if (thread.area == nullptr || load(thread.area->phase) != kBufferCalling) return std::nullopt;
  const uint32_t offset = load(thread.area->begun);
  if (offset != thread.read) return std::nullopt;
  const auto record = record_at(thread.area, offset, kAreaDataBytes);
  // Meanwhile it may have returned.
  if (load(thread.area->phase) != kBufferCalling || load(thread.area->used) != offset) return std::nullopt;
  segments = data_of(thread.area) + offset + sizeof(CallRecord);
  return record;
}

void BufferedCalls::report_begun() {
  constexpr uint64_t kLongNs = 20'000'000;
  look_at_clocks();
  for (BufferedThread* thread : threads_) {
    const std::byte* segments = nullptr;
    const auto record = begun_record(*thread, segments);
    if (!record || thread->entry_shown || now_ns_ - monotonic_of(record->entry_tsc) < kLongNs) continue;
    report_entry(*thread, *record, segments);
    thread->entry_shown = true;
  }
}

void BufferedCalls::report_unfinished(BufferedThread& thread) {
  const std::byte* segments = nullptr;
  const auto record = begun_record(thread, segments);
  if (!record || thread.entry_shown) return;
  look_at_clocks();
  report_entry(thread, *record, segments);
  thread.entry_shown = true;
}

}  // namespace polytap
