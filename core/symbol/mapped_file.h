// One file that code was mapped from: opened early, read when the first address in it is asked for.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/unique_fd.h"
#include "core/symbol/debug_files.h"
#include "core/symbol/debug_info.h"
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
  // Whether ADDRESS is in code that makes rt_sigreturn: where signal handlers return to.
  bool is_signal_return(uint64_t address);
  const std::string& build_id();  // the bytes; empty when there is none
  // What DWARF says of the address (in a file that was not linked: the offset in .text): frames with texts that live as
  // long as this. False: nothing. WHY: what is missing, also of what was found.
  bool find_source(uint64_t address, bool inlines, std::vector<SourceFrame>& frames, std::string& why);
  // Why find() may have found nothing: which symbol tables there were.
  std::string_view symbols_missing();
  // Reads the symbols now, and closes it (but for DWARF, when SEARCH.lines asks for that).
  void read();
  bool holds_descriptor() const { return holds_descriptor_; }

 private:
  void load_segments();
  void find_signal_returns();
  void open_debug_info();

  const bool is_image_ = false;
  std::once_flag segments_read_;
  std::once_flag read_;
  std::mutex debug_mutex_;
  bool looked_for_debug_ = false;
  UniqueFd debug_fd_;
  std::unique_ptr<DebugInfo> debug_;
  uint64_t debug_base_ = 0;  // where the DWARF has address 0
  std::string debug_missing_;
  std::atomic<bool> holds_descriptor_;
  UniqueFd fd_;
  std::string image_;
  std::optional<ElfFile> elf_;  // between the first look at the segments and the reading of the symbols
  DebugFileSearch search_;
  std::vector<LoadSegment> segments_;
  std::string build_id_;
  SymbolIndex symbols_;
  std::vector<uint64_t> signal_returns_;
};

}  // namespace polytap
