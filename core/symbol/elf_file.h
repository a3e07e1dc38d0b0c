// What symbolization needs of an ELF file: segments, function symbols, build-id, debug link.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/unique_fd.h"
#include "core/symbol/symbol_index.h"

struct Elf;

namespace polytap {

// Where a part of the file is to be loaded.
struct LoadSegment {
  uint64_t offset = 0;  // in the file; neither this nor the address need be at a page boundary
  uint64_t file_size = 0;
  uint64_t address = 0;
  bool executable = false;
};

struct DebugLink {
  std::string file_name;
  uint32_t crc = 0;  // of the whole debug file
};

// Reads by pread, never by mmap: a file that shrinks while it is read gives an error, not a SIGBUS.
class ElfFile {
 public:
  static std::optional<ElfFile> open(UniqueFd fd);
  static std::optional<ElfFile> from_bytes(std::string bytes);

  std::vector<LoadSegment> load_segments() const;
  std::string build_id() const;  // the bytes; empty when there is none
  std::optional<DebugLink> debug_link() const;
  bool has_symtab() const;
  // Adds the functions of .symtab, or of .dynsym.
  void add_symtab(SymbolIndex& index) const;
  void add_dynsym(SymbolIndex& index) const;
  std::string section(std::string_view name) const;  // its bytes; empty when there is none
  int fd() const { return fd_.get(); }

 private:
  struct ElfCloser {
    void operator()(Elf* elf) const;
  };
  ElfFile() = default;
  void add_symbols(SymbolIndex& index, uint32_t section_type) const;

  UniqueFd fd_;
  std::unique_ptr<std::string> bytes_;  // its address must not change: libelf points into it
  std::unique_ptr<Elf, ElfCloser> elf_;
};

}  // namespace polytap
