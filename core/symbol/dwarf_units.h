// The units of one .debug_info, and which of them has an address.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "core/symbol/dwarf_unit.h"

namespace polytap {

class DwarfUnits {
 public:
  // SECTIONS must live longer.
  explicit DwarfUnits(DwarfSections& sections) : sections_(sections) {}

  // The one whose header is at OFFSET; null when there is none.
  DwarfUnit* at(uint64_t offset);
  // The one that has the entry at OFFSET.
  DwarfUnit* around(uint64_t offset);
  // By .debug_aranges; units that are not in it are found by the ranges of their root entries, or of their functions.
  DwarfUnit* with_address(uint64_t address);
  // Every unit's offset, in order.
  const std::vector<uint64_t>& offsets();
  DwarfSections& sections() const { return sections_; }

 private:
  struct Range {
    uint64_t begin = 0;
    uint64_t end = 0;
    uint64_t unit = 0;
  };
  // Sorted, for one of them to be found.
  struct Ranges {
    std::vector<Range> ranges;
    void finish();
    std::optional<uint64_t> find(uint64_t address) const;
  };
  void read_aranges();
  bool read_set_of_aranges(DwarfCursor& section);
  void read_roots();

  DwarfSections& sections_;
  std::map<uint64_t, std::unique_ptr<DwarfUnit>> units_;
  std::optional<std::vector<uint64_t>> offsets_;
  std::optional<Ranges> from_aranges_;
  std::vector<uint64_t> in_aranges_;  // offsets of units, sorted
  std::optional<Ranges> from_roots_;  // of the others
};

}  // namespace polytap
