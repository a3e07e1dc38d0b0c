// The functions of one unit, and what was inlined into each.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "core/symbol/dwarf_entry.h"

namespace polytap {

struct DwarfUnit;

struct AddressRange {
  uint64_t begin = 0;
  uint64_t end = 0;

  bool contains(uint64_t address) const { return address >= begin && address < end; }
};

// The tree of the inlined calls in one function, made when the function is hit first.
class DwarfInlines {
 public:
  struct Call {
    uint32_t next = 0;  // the call behind this one's own calls
    uint32_t first_range = 0;
    uint32_t ranges = 0;
    uint32_t file = 0;  // where the call stands
    uint32_t line = 0;
    uint32_t column = 0;
    DwarfValue origin;  // the function that was inlined
  };

  DwarfInlines(const DwarfUnit& unit, uint64_t function);
  // The calls around ADDRESS, outermost first.
  void find(uint64_t address, std::vector<const Call*>& calls) const;

 private:
  bool contains(const Call& call, uint64_t address) const;
  void add(const DwarfUnit& unit, const DwarfEntry& entry);

  std::vector<Call> calls_;  // each before those within it
  std::vector<AddressRange> ranges_;
};

class DwarfFunctions {
 public:
  explicit DwarfFunctions(const DwarfUnit& unit);

  // The offset of the innermost function's entry.
  std::optional<uint64_t> find(uint64_t address);
  const DwarfInlines& inlines(uint64_t function);
  // Where the unit's functions are, in order of address.
  struct Range {
    uint64_t begin = 0;
    uint64_t end = 0;
    uint64_t function = 0;
  };
  const std::vector<Range>& ranges() const { return ranges_; }

 private:
  void scan(bool everywhere);
  void sort();
  std::optional<uint64_t> look_up(uint64_t address) const;

  const DwarfUnit& unit_;
  bool scanned_everywhere_ = false;
  std::vector<Range> ranges_;
  std::vector<uint64_t> greatest_end_;  // up to each range: where the search backwards may stop
  std::unordered_map<uint64_t, std::unique_ptr<DwarfInlines>> inlines_;
};

}  // namespace polytap
