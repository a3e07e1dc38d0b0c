// Files that were not linked, such as kernel modules: their sections have no addresses yet, and their DWARF has
// relocations.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/symbol/dwarf_sections.h"
#include "core/symbol/elf_file.h"

namespace polytap {

// A section with code, and where it is taken to be: one behind the other, .text first, none at 0 (which DWARF takes for
// "left out").
struct PlacedSection {
  std::string name;
  uint64_t index = 0;  // in the file
  uint64_t address = 0;
  uint64_t size = 0;
};

bool is_unlinked(const ElfFile& file);
std::vector<PlacedSection> place_code_sections(const ElfFile& file);
// Reads the sections that have relocations whole and carries those out, for code at place_code_sections(). False when
// the file is damaged or of another machine than x86-64 and aarch64; SECTIONS are of no use then.
bool relocate(const ElfFile& file, DwarfSections& sections);

}  // namespace polytap
