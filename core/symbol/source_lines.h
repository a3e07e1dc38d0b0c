// Places of source lines in programs: from DWARF's line tables.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/symbol/elf_file.h"

namespace polytap {

struct SourcePlaces {
  // Where statements of the line begin, in the file's own address space, in order: one for each function that holds the
  // line and each call that it was inlined for.
  std::vector<uint64_t> addresses;
  bool has_lines = false;  // the file has line tables
  // The source files whose paths end in what was asked for; several are ambiguous, and then there are no addresses.
  std::vector<std::string> files;
  std::optional<uint32_t> next_line;  // when the line has no code: the next one that has
};

// NAME: a source file's path, or its end from a slash on ("a.c", "src/a.c"). COLUMN 0: any.
SourcePlaces find_source_line(const ElfFile& file, std::string_view name, uint32_t line, uint32_t column);

}  // namespace polytap
