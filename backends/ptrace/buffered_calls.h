// System calls without stops: hot call sites of the tracees are led to the buffering code, and what it wrote down is
// reported to the observer as if there had been stops (docs/adr/ptrace-call-buffer.md).
#pragma once

#include <signal.h>
#include <sys/types.h>
#include <sys/user.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "backends/ptrace/call_areas.h"
#include "backends/ptrace/call_sites.h"
#include "core/syscall/trace.h"

namespace polytap {

// A thread's part. Its address stays the same while it is known to BufferedCalls.
struct BufferedThread {
  pid_t tid = 0;
  pid_t tgid = 0;
  std::shared_ptr<CallSites> sites;  // shared by threads that share memory
  CallArea* area = nullptr;
  uint32_t read = 0;         // bytes of the area's data that were reported
  bool entry_shown = false;  // of the call that it is in
  bool retired = false;      // it must not be buffered any more
};

class BufferedCalls {
 public:
  static Result<std::unique_ptr<BufferedCalls>> create(const CallTraceOptions& options, CallObserver& observer);

  bool can_buffer(uint64_t number) const { return areas_->can_buffer(number); }
  // At the first stop of a thread that has the memory of SITES.
  void on_new(BufferedThread& thread, std::shared_ptr<CallSites> sites);
  // From now on all calls of THREAD (stopped) stop.
  void retire(BufferedThread& thread);
  void on_exec(BufferedThread& thread);
  void on_end(BufferedThread& thread);

  // Reports what all threads wrote down, in the order in which the calls ended.
  void report();
  // Calls that go on for long are shown as begun.
  void report_begun();
  // The same at once, for a thread that will not come back.
  void report_unfinished(BufferedThread& thread);
  // THREAD is stopped, and everything reported: its area can be used from the start again.
  void rewind(BufferedThread& thread);
  // Whether some thread may be making calls without stops.
  bool is_active() const { return !threads_.empty(); }

  // Makes the shared memory known to THREAD, which is between two system calls. The wait status of an end (or
  // PTRACE_EVENT_EXIT) that came in the way.
  std::optional<int> attach(BufferedThread& thread);
  // Gives THREAD (stopped) an area, if its memory has the code.
  void equip(BufferedThread& thread);
  // THREAD is behind a call: when that was made by an instruction that is a jump now, it goes on in the slot.
  static bool leave_patched_site(const BufferedThread& thread, uint64_t instruction_pointer);
  // Before a signal is delivered: THREAD is taken out of the buffering code. False: it was that code's own fault (a bad
  // pointer), and the program is not to see it.
  bool before_signal(BufferedThread& thread, const siginfo_t& info);
  // Where the program is while THREAD is in a slot.
  static uint64_t program_address(const BufferedThread& thread, uint64_t instruction_pointer);

 private:
  struct Finished {
    BufferedThread* thread;
    CallRecord record;
    const std::byte* segments;
  };
  BufferedCalls(std::unique_ptr<CallAreas> areas, CallObserver& observer);
  CallStop stop_of(const BufferedThread& thread, const CallRecord& record) const;
  void report_entry(BufferedThread& thread, const CallRecord& record, const std::byte* segments);
  void report_exit(BufferedThread& thread, const CallRecord& record, const std::byte* segments,
                   const MemoryView* fallback);
  std::optional<CallRecord> begun_record(const BufferedThread& thread, const std::byte*& segments) const;
  void roll_back(BufferedThread& thread, user_regs_struct& registers);
  void roll_forward(BufferedThread& thread, user_regs_struct& registers, int64_t result);
  bool leave_code(BufferedThread& thread, user_regs_struct& registers, const siginfo_t& info);
  uint64_t monotonic_of(uint64_t tsc) const;
  void look_at_clocks();

  std::unique_ptr<CallAreas> areas_;
  CallObserver& observer_;
  std::vector<BufferedThread*> threads_;  // with an area
  std::vector<Finished> finished_;
  uint64_t first_tsc_ = 0;
  uint64_t first_ns_ = 0;
  uint64_t now_tsc_ = 0;
  uint64_t now_ns_ = 0;
  uint64_t now_realtime_ns_ = 0;
};

}  // namespace polytap
