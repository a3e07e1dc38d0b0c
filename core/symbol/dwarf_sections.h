// The DWARF sections of one ELF file.
#pragma once

#include <optional>
#include <string>

#include "core/symbol/dwarf_package.h"
#include "core/symbol/elf_file.h"
#include "core/symbol/section_data.h"

namespace polytap {

struct DwarfSections {
  SectionData info;
  SectionData abbrev;
  SectionData line;
  SectionData line_str;
  SectionData str;
  SectionData str_offsets;
  SectionData ranges;
  SectionData rnglists;
  SectionData addr;
  SectionData aranges;
  SectionData cu_index;  // of a package of split units
  // .gnu_debugaltlink: the file that dwz moved common entries to, and its build-id.
  std::string alternate_path;
  std::string alternate_id;
  std::string unreadable;  // what of it cannot be read, and why; empty: nothing

  // Reads from FILE, which must live longer. PARTS: only one unit of a package.
  static DwarfSections of(const ElfFile& file, const UnitParts* parts = nullptr);
};

}  // namespace polytap
