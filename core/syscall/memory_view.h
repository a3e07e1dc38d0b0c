// The memory of a traced process, as a decoder sees it: a live process, or bytes that were captured earlier.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <vector>

namespace polytap {

class MemoryView {
 public:
  virtual ~MemoryView() = default;
  // As many bytes from ADDRESS on as can be read, up to OUT's size.
  virtual size_t read(uint64_t address, std::span<std::byte> out) const = 0;

  template <typename T>
  bool read_object(uint64_t address, T& object) const {
    return read(address, std::as_writable_bytes(std::span(&object, 1))) == sizeof(T);
  }
};

// A live process; the caller holds it stopped. Reads by process_vm_readv(2), and through /proc/PID/mem where that call
// is filtered out.
class LiveMemory final : public MemoryView {
 public:
  explicit LiveMemory(pid_t pid) : pid_(pid) {}
  size_t read(uint64_t address, std::span<std::byte> out) const override;
  // All of BYTES through /proc/PID/mem, page protections notwithstanding.
  bool write(uint64_t address, std::span<const std::byte> bytes) const;

 private:
  pid_t pid_;
};

// Segments that were captured, or made up for a test.
class CapturedMemory final : public MemoryView {
 public:
  void add(uint64_t address, std::span<const std::byte> bytes) {
    segments_[address].assign(bytes.begin(), bytes.end());
  }
  size_t read(uint64_t address, std::span<std::byte> out) const override;

 private:
  std::map<uint64_t, std::vector<std::byte>> segments_;
};

}  // namespace polytap
