// The call frame information of one ELF file.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/symbol/elf_file.h"
#include "core/symbol/unwind_cfi.h"

namespace polytap {

// Immutable once read. Addresses are in the file's own address space.
class UnwindFile {
 public:
  explicit UnwindFile(const ElfFile& file);
  UnwindFile(FrameSection eh_frame, FrameSection debug_frame, std::vector<LoadSegment> segments);

  // The address of what is at this offset of the file; nothing when no segment is loaded from there.
  std::optional<uint64_t> address_at(uint64_t file_offset) const;
  // What holds at ADDRESS; nothing when the file does not tell.
  std::optional<CfiRow> find(uint64_t address) const;
  // All rows of .eh_frame, and of .debug_frame where that tells more, sorted by the functions' addresses.
  void for_each_row(const std::function<void(const CfiRow&)>& visit) const;
  size_t functions() const { return eh_index_.size() + debug_index_.size(); }

 private:
  struct IndexEntry {
    uint64_t begin = 0;
    uint64_t offset = 0;  // of the entry in the section
  };
  using Index = std::vector<IndexEntry>;
  static Index scan(const FrameSection& section);
  static std::optional<FrameEntry> find_entry(const FrameSection& section, const Index& index, uint64_t address);
  bool read_search_table(const std::string& header, uint64_t address);

  FrameSection eh_frame_;
  FrameSection debug_frame_;
  Index eh_index_;  // both sorted
  Index debug_index_;
  std::vector<LoadSegment> segments_;
};

}  // namespace polytap
