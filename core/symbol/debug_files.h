// The functions of an ELF file, also when it was stripped: from .gnu_debugdata or a separate debug file.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/symbol/elf_file.h"
#include "core/symbol/symbol_index.h"

namespace polytap {

struct DebugFileSearch {
  std::string path;                // of the file, as its process sees it; "" for none
  std::vector<std::string> roots;  // put in front of paths: "" and, for a process in a container, "/proc/PID/root"
  std::string debug_directory;     // "/usr/lib/debug"
  std::vector<std::string> more_directories = {};  // looked through before it, by build-id, path and bare name
  bool lines = false;                              // DWARF will be asked for, not only symbols
  unsigned debuginfod_timeout = 0;    // seconds for which debuginfod's servers may be asked; 0: they are not
  std::string debuginfod_cache = "";  // debuginfod's folder of what it fetched, below its build-id; "" for none
};

// A finished index of .symtab; of a stripped file, of its .dynsym, its .gnu_debugdata and its separate debug file,
// found by build-id or debug link. A debug file of another build is not taken.
SymbolIndex read_symbols(const ElfFile& file, const DebugFileSearch& search);

// The separate debug file of a stripped one, by build-id or debug link; nullopt when there is none of the same build.
std::optional<ElfFile> find_debug_file(const ElfFile& file, const DebugFileSearch& search);
// Why there is none, for the user.
std::string missing_debug_file(const ElfFile& file, const DebugFileSearch& search);
// What .gnu_debugdata holds: a compressed ELF file with the symbols that .dynsym lacks.
std::optional<ElfFile> embedded_symbols(const ElfFile& file);

// The file that dwz moved common entries of several files to (.gnu_debugaltlink), with that build-id.
std::optional<ElfFile> find_alternate_file(const std::string& path, const std::string& id,
                                           const DebugFileSearch& search);
// The split DWARF of a unit compiled in DIRECTORY.
std::optional<ElfFile> find_split_file(std::string_view name, std::string_view directory,
                                       const DebugFileSearch& search);

// The package of split DWARF beside the file, FILE.dwp.
std::optional<ElfFile> find_package(const DebugFileSearch& search);

// The bytes of an xz stream; empty when it is damaged or grows beyond LIMIT.
std::string decompress_xz(std::string_view compressed, size_t limit);

}  // namespace polytap
