// One file that code was mapped from: opened early, read when the first address in it is asked for.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/base/unique_fd.h"
#include "core/symbol/debug_files.h"
#include "core/symbol/elf_file.h"
#include "core/symbol/symbol_index.h"

namespace polytap {

// Thread-safe.
class MappedFile {
 public:
  // Owns the descriptor until the file has been read.
  MappedFile(UniqueFd fd, DebugFileSearch search);
  // An ELF image that is no file: the vdso.
  explicit MappedFile(std::string image);

  // The address in the file's own address space of what is at this offset; nothing when no segment is loaded from
  // there (or the file is not ELF).
  std::optional<uint64_t> address_at(uint64_t file_offset);
  std::optional<SymbolIndex::Hit> find(uint64_t address);
  // Reads it now, and closes it.
  void read();
  bool holds_descriptor() const { return holds_descriptor_; }

 private:
  void load(const ElfFile& file);

  std::once_flag read_;
  std::atomic<bool> holds_descriptor_;
  UniqueFd fd_;
  std::string image_;
  DebugFileSearch search_;
  std::vector<LoadSegment> segments_;
  SymbolIndex symbols_;
};

}  // namespace polytap
