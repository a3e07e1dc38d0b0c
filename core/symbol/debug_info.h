// DWARF of one file: from an address to functions, inlined calls, source files and lines.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/symbol/debug_files.h"
#include "core/symbol/dwarf_units.h"
#include "core/symbol/elf_file.h"

namespace polytap {

// What a frame is made of; the texts live as long as the DebugInfo.
struct SourceFrame {
  std::string_view function;  // as the linker knows it (mangled); "" when DWARF names none
  std::string_view file;      // full path; "": unknown
  uint32_t line = 0;
  uint32_t column = 0;
};

// Reads as little as each question needs, and keeps what it made of that: the table of a unit's functions, its lines,
// the calls inlined into a function. For one thread at a time.
class DebugInfo {
 public:
  // Null when FILE has no DWARF that can be read; WHY then says so. SEARCH: for files that it refers to.
  static std::unique_ptr<DebugInfo> open(ElfFile file, DebugFileSearch search, std::string& why);
  ~DebugInfo();

  // Appends the frames of an address, innermost first: all calls inlined there, or only the function. False when DWARF
  // has nothing on the address. why() tells what was missing, also of what was found; "": nothing.
  bool find(uint64_t address, bool inlines, std::vector<SourceFrame>& frames);
  const std::string& why() const { return why_; }

 private:
  struct Other;  // another file with DWARF: split units, or what dwz moved
  DebugInfo(ElfFile file, DebugFileSearch search);
  DwarfLines* lines_of(DwarfUnit& unit);
  DwarfUnit* split_of(DwarfUnit& unit);
  std::unique_ptr<Other> open_split(const DwarfUnit& unit);
  Other* alternate();
  // An entry, and what is needed to read it.
  struct Place {
    DwarfUnits* units = nullptr;
    DwarfUnit* unit = nullptr;
    uint64_t offset = 0;
  };
  std::optional<Place> follow(const Place& from, DwarfValue reference);
  std::string_view name_of(const Place& entry);
  std::string_view name_at(const Place& at, int hops);
  Place code_of(DwarfUnit& unit);
  DwarfSections* alternate_sections();
  std::string_view path_of(DwarfUnit& unit, DwarfLines& lines, uint64_t file);
  bool miss(std::string why);

  ElfFile file_;
  DebugFileSearch search_;
  DwarfSections sections_;
  DwarfUnits units_;
  bool looked_for_alternate_ = false;
  std::unique_ptr<Other> alternate_;
  std::vector<std::unique_ptr<Other>> others_;
  std::unordered_map<const uint8_t*, std::string_view> names_;  // by the entry's place in memory
  std::unordered_map<const DwarfLines*, std::vector<std::unique_ptr<const std::string>>> paths_;
  std::vector<const DwarfInlines::Call*> calls_;  // used by find()
  std::string why_;
};

}  // namespace polytap
