#include "core/symbol/dwarf_functions.h"

#include <dwarf.h>

#include <algorithm>

#include "core/symbol/dwarf_unit.h"

namespace polytap {
namespace {

// Deeper nesting is not of a compiler's making.
constexpr size_t kMaxDepth = 4096;

// Where an entry's next sibling is, when it says so; a sibling before what was read would never end.
std::optional<uint64_t> sibling_of(const DwarfUnit& unit, const DwarfEntry& entry, uint64_t behind) {
  if (!entry.has(DwarfAttribute::kSibling)) return std::nullopt;
  const auto reference = unit.reference(entry[DwarfAttribute::kSibling]);
  if (!reference || reference->alternate || reference->offset < behind || reference->offset > unit.end) {
    return std::nullopt;
  }
  return reference->offset;
}

void skip_children(const DwarfUnit& unit, DwarfCursor& cursor, DwarfEntry& entry) {
  if (!entry.has_children) return;
  if (const auto sibling = sibling_of(unit, entry, cursor.offset())) return cursor.seek(*sibling);
  for (size_t depth = 1; depth > 0 && unit.abbreviations->read(cursor, entry);) {
    if (entry.code == 0) {
      --depth;
    } else if (entry.has_children) {
      if (const auto sibling = sibling_of(unit, entry, cursor.offset())) {
        cursor.seek(*sibling);
      } else {
        ++depth;
      }
    }
  }
}

uint32_t number_of(const DwarfEntry& entry, DwarfAttribute attribute) {
  return static_cast<uint32_t>(std::min<uint64_t>(entry[attribute].number, UINT32_MAX));
}

bool holds_functions(int tag) {
  return tag == DW_TAG_namespace || tag == DW_TAG_module || tag == DW_TAG_compile_unit || tag == DW_TAG_partial_unit ||
         tag == DW_TAG_skeleton_unit;
}

}  // namespace

DwarfFunctions::DwarfFunctions(const DwarfUnit& unit) : unit_(unit) {
  scan(false);
  sort();
}

// GCC puts functions into namespaces at most, and tells of everything else where it ends. What others write has to be
// read anyway, so functions are found anywhere in it (Rust's are within types).
void DwarfFunctions::scan(bool everywhere) {
  DwarfCursor cursor = unit_.cursor(unit_.first_entry);
  DwarfEntry entry;
  std::vector<AddressRange> ranges;
  size_t depth = 0;
  while (unit_.abbreviations->read(cursor, entry)) {
    if (entry.code == 0) {
      if (depth <= 1) return;
      --depth;
      continue;
    }
    if (entry.tag == DW_TAG_subprogram && (entry.has(DwarfAttribute::kLowPc) || entry.has(DwarfAttribute::kRanges))) {
      ranges.clear();
      unit_.append_ranges(entry, ranges);
      for (const AddressRange& range : ranges) ranges_.push_back({range.begin, range.end, entry.offset});
    }
    if (!entry.has_children) {
      if (depth == 0) return;
      continue;
    }
    if (!everywhere && !holds_functions(entry.tag)) {
      if (const auto sibling = sibling_of(unit_, entry, cursor.offset())) {
        cursor.seek(*sibling);
        continue;
      }
    }
    if (++depth > kMaxDepth) return;
  }
}

void DwarfFunctions::sort() {
  std::ranges::sort(ranges_, [](const Range& a, const Range& b) {
    return a.begin != b.begin ? a.begin < b.begin : a.end != b.end ? a.end > b.end : a.function < b.function;
  });
  greatest_end_.clear();
  uint64_t greatest = 0;
  for (const Range& range : ranges_) {
    greatest = std::max(greatest, range.end);
    greatest_end_.push_back(greatest);
  }
}

std::optional<uint64_t> DwarfFunctions::look_up(uint64_t address) const {
  auto i = static_cast<size_t>(std::ranges::upper_bound(ranges_, address, {}, &Range::begin) - ranges_.begin());
  for (; i-- > 0 && greatest_end_[i] > address;) {
    if (ranges_[i].end > address) return ranges_[i].function;
  }
  return std::nullopt;
}

std::optional<uint64_t> DwarfFunctions::find(uint64_t address) {
  auto found = look_up(address);
  if (!found && !scanned_everywhere_) {
    scanned_everywhere_ = true;
    ranges_.clear();
    scan(true);
    sort();
    found = look_up(address);
  }
  return found;
}

const DwarfInlines& DwarfFunctions::inlines(uint64_t function) {
  auto& made = inlines_[function];
  if (!made) made = std::make_unique<DwarfInlines>(unit_, function);
  return *made;
}

DwarfInlines::DwarfInlines(const DwarfUnit& unit, uint64_t function) {
  DwarfCursor cursor = unit.cursor(function);
  DwarfEntry entry;
  if (!unit.abbreviations->read(cursor, entry) || !entry.has_children) return;
  constexpr uint32_t kNone = UINT32_MAX;
  std::vector<uint32_t> open = {kNone};  // the call that each open list of children belongs to
  while (!open.empty() && open.size() < kMaxDepth && unit.abbreviations->read(cursor, entry)) {
    if (entry.code == 0) {
      if (open.back() != kNone) calls_[open.back()].next = static_cast<uint32_t>(calls_.size());
      open.pop_back();
    } else if (entry.tag == DW_TAG_inlined_subroutine) {
      add(unit, entry);
      if (entry.has_children) open.push_back(static_cast<uint32_t>(calls_.size() - 1));
    } else if (entry.tag == DW_TAG_lexical_block || entry.tag == DW_TAG_try_block || entry.tag == DW_TAG_catch_block) {
      if (entry.has_children) open.push_back(kNone);
    } else {
      skip_children(unit, cursor, entry);
    }
  }
  for (const uint32_t call : open) {  // only of a damaged tree
    if (call != kNone) calls_[call].next = static_cast<uint32_t>(calls_.size());
  }
  calls_.shrink_to_fit();
  ranges_.shrink_to_fit();
}

void DwarfInlines::add(const DwarfUnit& unit, const DwarfEntry& entry) {
  Call call;
  call.next = static_cast<uint32_t>(calls_.size() + 1);
  call.first_range = static_cast<uint32_t>(ranges_.size());
  unit.append_ranges(entry, ranges_);
  call.ranges = static_cast<uint32_t>(ranges_.size()) - call.first_range;
  call.file = number_of(entry, DwarfAttribute::kCallFile);
  call.line = number_of(entry, DwarfAttribute::kCallLine);
  call.column = number_of(entry, DwarfAttribute::kCallColumn);
  call.origin = entry[DwarfAttribute::kOrigin];
  calls_.push_back(call);
}

bool DwarfInlines::contains(const Call& call, uint64_t address) const {
  for (uint32_t i = 0; i < call.ranges; ++i) {
    if (ranges_[call.first_range + i].contains(address)) return true;
  }
  return false;
}

void DwarfInlines::find(uint64_t address, std::vector<const Call*>& calls) const {
  auto end = static_cast<uint32_t>(calls_.size());
  for (uint32_t i = 0; i < end;) {
    const Call& call = calls_[i];
    if (contains(call, address)) {
      calls.push_back(&call);
      end = call.next;
      ++i;
    } else {
      i = call.next;
    }
  }
}

}  // namespace polytap
