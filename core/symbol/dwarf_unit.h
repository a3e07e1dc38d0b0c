// One unit of .debug_info: how its values are read.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/symbol/dwarf_entry.h"
#include "core/symbol/dwarf_functions.h"
#include "core/symbol/dwarf_lines.h"
#include "core/symbol/dwarf_sections.h"

namespace polytap {

struct DwarfUnit {
  DwarfSections* sections = nullptr;
  uint64_t offset = 0;       // of its header in .debug_info
  uint64_t first_entry = 0;  // of the root entry
  uint64_t end = 0;
  DwarfEncoding encoding;
  uint64_t abbreviations_offset = 0;
  uint64_t id = 0;  // of a skeleton and its split unit; 0: it is neither
  bool is_types = false;

  // From the root entry, by read_root().
  bool has_root = false;
  bool damaged = false;
  std::shared_ptr<const DwarfAbbreviations> abbreviations;
  DwarfEntry root;
  uint64_t low_pc = 0;
  std::optional<uint64_t> str_offsets_base;
  uint64_t addr_base = 0;
  std::optional<uint64_t> rnglists_base;
  // Of a split unit: the one in the program's own file, which has its addresses and its line table.
  DwarfUnit* skeleton = nullptr;

  // Made when asked for.
  bool looked_for_split = false;
  DwarfUnit* split = nullptr;
  std::unique_ptr<DwarfLines> lines;
  std::unique_ptr<DwarfFunctions> functions;

  // The header at OFFSET; nullopt when it makes no sense.
  static std::optional<DwarfUnit> read_header(DwarfSections& sections, uint64_t offset);
  // Loads the unit's bytes and reads its root entry; at first call only. False: damaged.
  bool read_root();

  DwarfCursor cursor(uint64_t at) const;
  std::string_view string(DwarfValue value, DwarfSections* alternate) const;
  std::optional<uint64_t> address(DwarfValue value) const;
  // The code of an entry: [low_pc, high_pc), or DW_AT_ranges. Without what the linker left out.
  void append_ranges(const DwarfEntry& entry, std::vector<AddressRange>& ranges) const;

  // Where a reference leads.
  struct Reference {
    uint64_t offset = 0;
    bool alternate = false;
  };
  std::optional<Reference> reference(DwarfValue value) const;

 private:
  std::optional<uint64_t> indexed_address(uint64_t index) const;
  void append_old_ranges(uint64_t at, std::vector<AddressRange>& ranges) const;
  void append_range_list(uint64_t at, std::vector<AddressRange>& ranges) const;
  bool append_range_entry(DwarfCursor& list, uint64_t& base, std::vector<AddressRange>& ranges) const;
  std::string_view indexed_string(uint64_t index) const;
};

}  // namespace polytap
