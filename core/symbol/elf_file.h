// What symbolization needs of an ELF file: segments, function symbols, build-id, debug link.
#pragma once

#include <cstdint>
#include <functional>
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

// An entry of a symbol table that is code.
struct FunctionSymbol {
  std::string_view name;  // without its version; valid as long as the file
  uint64_t address = 0;   // in the file's own address space
  uint64_t size = 0;      // 0: not told
  SymbolBinding binding = SymbolBinding::kGlobal;
  bool indirect = false;  // STT_GNU_IFUNC: what lies there picks the function that will be called
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
  // Every function of .symtab or .dynsym, in their order. NAME, when it is not empty: only those of that name, which
  // costs a few nanoseconds for each of the others.
  enum class SymbolTable : uint8_t { kSymtab, kDynsym };
  void for_each_function(SymbolTable table, std::string_view name,
                         const std::function<void(const FunctionSymbol&)>& visit) const;
  std::string soname() const;                                            // DT_SONAME; empty when there is none
  std::string section(std::string_view name) const;                      // its bytes; empty when there is none
  std::string_view bytes(uint64_t offset, uint64_t size) const;          // of the file; valid as long as this
  std::optional<uint64_t> section_address(std::string_view name) const;  // in the file's own address space
  // A data symbol or function of .symtab, or else of .dynsym.
  std::optional<uint64_t> symbol_address(std::string_view name) const;
  bool has_section(std::string_view name) const;
  int fd() const { return fd_.get(); }
  Elf* handle() const { return elf_.get(); }  // for libdw; belongs to this

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
