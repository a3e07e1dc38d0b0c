#include "core/symbol/unwind_memory.h"

#include <sys/uio.h>

namespace polytap {
namespace {

constexpr uint64_t kPage = 4096;
// Most stacks end within the first reading; each page costs the kernel a look-up.
constexpr uint64_t kFirstRead = 2 * kPage;
constexpr uint64_t kNextRead = 8 * kPage;

}  // namespace

// Stacks are walked upwards: what lies above ADDRESS is wanted next.
bool UnwindMemory::fetch(uint64_t address) {
  if (tid_ == 0) return false;
  const uint64_t size = bytes_.empty() ? kFirstRead : kNextRead;
  if (buffer_->size() < size) buffer_->resize(kNextRead);
  const uint64_t end = (address & ~(kPage - 1)) + size;
  iovec local{buffer_->data(), end - address};
  iovec remote{reinterpret_cast<void*>(address), end - address};
  // Copies up to the first page that is not there.
  const ssize_t got = process_vm_readv(tid_, &local, 1, &remote, 1, 0);
  if (got < 8) return false;
  begin_ = address;
  bytes_ = std::span(buffer_->data(), static_cast<size_t>(got));
  return true;
}

}  // namespace polytap
