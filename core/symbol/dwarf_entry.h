// Entries of .debug_info (DIEs) as symbolization needs them: few attributes are read, all others are stepped over.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "core/symbol/dwarf_cursor.h"

namespace polytap {

// How the numbers of a unit are encoded.
struct DwarfEncoding {
  uint16_t version = 4;
  uint8_t address_size = 8;
  uint8_t offset_size = 4;  // 8 in 64-bit DWARF

  bool operator==(const DwarfEncoding&) const = default;
};

// The attributes that are read.
enum class DwarfAttribute : uint8_t {
  kSibling,
  kLowPc,
  kHighPc,
  kRanges,
  kName,
  kLinkageName,
  kOrigin,  // DW_AT_abstract_origin, else DW_AT_specification
  kCallFile,
  kCallLine,
  kCallColumn,
  kStmtList,
  kCompDir,
  kDwoName,
  kDwoId,
  kStrOffsetsBase,
  kAddrBase,
  kRnglistsBase,  // or DW_AT_GNU_ranges_base
  kCount,
};

// A value as it stands in the entry: a number, an offset into another section, or (blocks, inline strings) the place in
// .debug_info. What it means depends on the form. Form 0: the entry has no such attribute.
struct DwarfValue {
  uint64_t number = 0;
  uint16_t form = 0;

  explicit operator bool() const { return form != 0; }
};

struct DwarfEntry {
  uint64_t offset = 0;
  uint32_t code = 0;  // 0: the end of a list of children
  uint16_t tag = 0;
  bool has_children = false;
  uint32_t present = 0;  // a bit for each attribute; the values of others are undefined
  std::array<DwarfValue, static_cast<size_t>(DwarfAttribute::kCount)> values;

  bool has(DwarfAttribute attribute) const { return (present >> static_cast<unsigned>(attribute) & 1) != 0; }
  DwarfValue operator[](DwarfAttribute attribute) const {
    return has(attribute) ? values[static_cast<size_t>(attribute)] : DwarfValue();
  }
};

// A table of .debug_abbrev, compiled: what lies between the attributes that are read is skipped in one step where its
// size is known.
class DwarfAbbreviations {
 public:
  // Reads the table at the cursor.
  DwarfAbbreviations(DwarfCursor table, DwarfEncoding encoding);

  // Reads the entry at the cursor, and leaves the cursor behind it: at its first child, if it has children. False (and
  // a failed cursor) when the bytes make no sense.
  bool read(DwarfCursor& info, DwarfEntry& entry) const;
  // The table's end was found.
  bool complete() const { return complete_; }

 private:
  // kSkip: `amount` bytes. kSkipForm: a value of that form. kRead...: into the attribute's place; a number of 4 or of
  // `amount` bytes, or what the form says.
  enum class Action : uint8_t { kSkip, kSkipForm, kRead4, kReadFixed, kRead };
  struct Step {
    Action action = Action::kSkip;
    DwarfAttribute attribute = DwarfAttribute::kCount;
    uint16_t form = 0;
    uint32_t amount = 0;  // kRead of DW_FORM_implicit_const: index in constants_
  };
  struct Declaration {
    uint16_t tag = 0;
    bool has_children = false;
    bool known = false;
    uint16_t steps = 0;
    uint32_t first_step = 0;
    uint32_t present = 0;  // the attributes that its steps read
  };
  bool read_declaration(DwarfCursor& table);
  void add_attribute(Declaration& declaration, uint64_t name, uint64_t form, int64_t constant);
  const Declaration* find(uint64_t code) const;

  DwarfEncoding encoding_;
  bool complete_ = false;
  std::vector<Declaration> declarations_;                   // those with small codes, by code
  std::vector<std::pair<uint64_t, Declaration>> far_ones_;  // by code
  std::vector<Step> steps_;
  std::vector<int64_t> constants_;
};

// The size of a value of that form where it is always the same.
std::optional<unsigned> fixed_form_size(uint64_t form, DwarfEncoding encoding);
// Reads a value. Blocks and inline strings give their place; the cursor is then behind them.
DwarfValue read_form(DwarfCursor& cursor, uint64_t form, DwarfEncoding encoding);

}  // namespace polytap
