// The functions of one ELF file: by name, by pattern, by address. No index is built: one question reads the symbol
// tables once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/symbol/elf_file.h"

namespace polytap {

class FunctionFile {
 public:
  // "archive.zip!/member": a file in a ZIP archive. An error: there is no such file, it may not be read, or it is not
  // an ELF file of x86-64.
  // DEBUG_DIRECTORIES: see DebugFileSearch::more_directories.
  static Result<FunctionFile> open(const std::string& path, const std::vector<std::string>& debug_directories = {});

  struct Function {
    std::string name;      // as the symbol table has it, without its version
    uint64_t address = 0;  // in the file's own address space
    uint64_t size = 0;     // 0: not told
    bool indirect = false;
  };
  // Every function called NAME, one for each address, in order of address. Several: static functions of different
  // source files, or versions of one symbol.
  std::vector<Function> named(std::string_view name) const;
  // Every function whose name PREDICATE takes, in order of name, one name for each address: global before weak before
  // local, then the shortest, then the first.
  std::vector<Function> matching(const std::function<bool(std::string_view)>& predicate) const;
  // The function around an address; nullopt between functions.
  std::optional<Function> around(uint64_t address) const;

  // Where in the file the code at ADDRESS lies; nullopt when there is no code.
  std::optional<uint64_t> file_offset(uint64_t address) const;
  // The same for anything that is loaded from the file: data too.
  std::optional<uint64_t> data_offset(uint64_t address) const;
  bool has_symtab() const;  // of its own or in a separate debug file: static functions are known
  const std::string& soname() const { return soname_; }
  const std::string& path() const { return path_; }
  // The file that the offsets count in: the archive that PATH is in.
  const std::string& container() const { return container_; }
  const ElfFile& elf() const { return elf_; }
  // The separate debug file, where a stripped file has one.
  const ElfFile* debug_file() const;

 private:
  static Result<FunctionFile> open_member(const std::string& path, size_t mark);
  FunctionFile(std::string path, ElfFile elf);
  void for_each(std::string_view name, const std::function<void(const FunctionSymbol&)>& visit) const;

  std::string path_;
  std::string container_;
  uint64_t container_offset_ = 0;  // of the file in it
  ElfFile elf_;
  std::string soname_;
  std::vector<LoadSegment> segments_;
  std::vector<std::string> debug_directories_;
  // Opened by the first question that .dynsym does not answer.
  struct Separate;
  std::unique_ptr<Separate> separate_;
  const Separate& separate() const;

 public:
  FunctionFile(FunctionFile&&) noexcept;
  FunctionFile& operator=(FunctionFile&&) noexcept;
  ~FunctionFile();
};

}  // namespace polytap
