// The tracer's side of the memory that it shares with tracees (call_buffer.h).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "backends/ptrace/call_buffer.h"
#include "core/base/result.h"
#include "core/base/unique_fd.h"
#include "core/syscall/memory_view.h"

namespace polytap {

class CallAreas {
 public:
  // STRING_LIMIT: how many bytes of buffers are wanted. Calls in EXCEPT are not buffered, nor those that WANTED leaves
  // out (empty: all are wanted). An error where the processor or the kernel cannot do it.
  static Result<std::unique_ptr<CallAreas>> create(uint32_t string_limit, const std::vector<uint32_t>& wanted,
                                                   const std::vector<uint32_t>& except);
  ~CallAreas();
  CallAreas(const CallAreas&) = delete;
  CallAreas& operator=(const CallAreas&) = delete;

  // Under which name a tracee opens it.
  const std::string& path() const { return path_; }
  bool can_buffer(uint64_t number) const { return number < kBufferedCalls && recipes()[number].possible != 0; }
  // Null when all are taken.
  CallArea* take();
  void release(CallArea* area);
  // Where AREA is in the tracee.
  uint64_t address_of(const CallArea* area) const;

 private:
  CallAreas(UniqueFd fd, std::byte* base);
  CaptureRecipe* recipes() const { return reinterpret_cast<CaptureRecipe*>(base_ + kBufferCodeBytes); }

  UniqueFd fd_;
  std::byte* base_;
  std::string path_;
  std::vector<uint32_t> free_;
};

// The memory that a record holds. What the tracee may have written is never trusted.
class RecordMemory final : public MemoryView {
 public:
  // AT_EXIT: what the call has overwritten is seen as it was then. FALLBACK: for what was not captured (the tracee is
  // stopped); may be null.
  RecordMemory(const std::byte* segments, size_t bytes, bool at_exit, const MemoryView* fallback)
      : segments_(segments), bytes_(bytes), at_exit_(at_exit), fallback_(fallback) {}
  size_t read(uint64_t address, std::span<std::byte> out) const override;

 private:
  const std::byte* segments_;
  size_t bytes_;
  bool at_exit_;
  const MemoryView* fallback_;
};

}  // namespace polytap
