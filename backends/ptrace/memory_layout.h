// What is mapped where in a tracee, read anew from /proc.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace polytap {

struct MappedRange {
  uint64_t start = 0;
  uint64_t end = 0;
  uint64_t offset = 0;
  uint64_t device = 0;
  uint64_t inode = 0;  // 0: no file
  bool executable = false;
  bool writable = false;
  std::string path;  // as /proc/PID/maps has it; only of executable ones
};

class MemoryLayout {
 public:
  // Empty when the process is gone.
  static MemoryLayout read(pid_t pid);

  const std::vector<MappedRange>& ranges() const { return ranges_; }  // in order of address
  // Executable files' mappings and the vDSO, whose last pages may have room.
  std::vector<const MappedRange*> executable() const;
  // A gap of SIZE bytes as near as can be to ADDRESS, below it if possible: above a program grows its heap. None within
  // DISTANCE.
  std::optional<uint64_t> find_gap(uint64_t address, uint64_t size, uint64_t distance) const;

 private:
  std::vector<MappedRange> ranges_;
};

}  // namespace polytap
