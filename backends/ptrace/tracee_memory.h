// A process's memory, to be changed whatever its protection.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/base/result.h"
#include "core/base/unique_fd.h"

namespace polytap {

// The memory that the process had when this was opened: after an exec writes go nowhere.
class TraceeMemory {
 public:
  static Result<TraceeMemory> open(pid_t tid);

  bool read(uint64_t address, std::span<std::byte> out) const;
  // As many bytes as there are, up to OUT's size.
  size_t read_some(uint64_t address, std::span<std::byte> out) const;
  // Pages that may not be written get a copy of their own, as under a debugger. All or an error.
  Status write(uint64_t address, std::span<const std::byte> bytes) const;

 private:
  explicit TraceeMemory(UniqueFd fd) : fd_(std::move(fd)) {}
  UniqueFd fd_;
};

}  // namespace polytap
