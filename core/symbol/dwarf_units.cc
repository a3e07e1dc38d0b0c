#include "core/symbol/dwarf_units.h"

#include <algorithm>

namespace polytap {
namespace {

// Damaged files have had sets with millions of empty units.
constexpr size_t kMaxUnits = 1 << 20;

}  // namespace

DwarfUnit* DwarfUnits::at(uint64_t offset) {
  const auto it = units_.find(offset);
  if (it != units_.end()) return it->second.get();
  auto header = DwarfUnit::read_header(sections_, offset);
  if (!header) return nullptr;
  return units_.emplace(offset, std::make_unique<DwarfUnit>(std::move(*header))).first->second.get();
}

const std::vector<uint64_t>& DwarfUnits::offsets() {
  if (offsets_) return *offsets_;
  offsets_.emplace();
  for (uint64_t offset = 0; offset < sections_.info.size() && offsets_->size() < kMaxUnits;) {
    const auto header = DwarfUnit::read_header(sections_, offset);
    if (!header || header->end <= offset) break;
    offsets_->push_back(offset);
    offset = header->end;
  }
  return *offsets_;
}

DwarfUnit* DwarfUnits::around(uint64_t offset) {
  const auto& all = offsets();
  const auto after = std::ranges::upper_bound(all, offset);
  if (after == all.begin()) return nullptr;
  DwarfUnit* unit = at(*std::prev(after));
  return unit != nullptr && offset >= unit->first_entry && offset < unit->end ? unit : nullptr;
}

// Of ranges that overlap (which no linker makes) the one that begins last is found.
void DwarfUnits::Ranges::finish() {
  std::ranges::sort(
      ranges, [](const Range& a, const Range& b) { return a.begin != b.begin ? a.begin < b.begin : a.unit < b.unit; });
}

std::optional<uint64_t> DwarfUnits::Ranges::find(uint64_t address) const {
  const auto after = std::ranges::upper_bound(ranges, address, {}, &Range::begin);
  if (after == ranges.begin() || address >= std::prev(after)->end) return std::nullopt;
  return std::prev(after)->unit;
}

void DwarfUnits::read_aranges() {
  from_aranges_.emplace();
  SectionData& section = sections_.aranges;
  if (section.load_all()) {
    DwarfCursor cursor(section.data(), 0, section.size());
    while (!cursor.at_end() && read_set_of_aranges(cursor)) {
    }
  }
  from_aranges_->finish();
  std::ranges::sort(in_aranges_);
}

bool DwarfUnits::read_set_of_aranges(DwarfCursor& section) {
  const uint64_t begin = section.offset();
  unsigned offset_size = 4;
  uint64_t length = section.u32();
  if (length == 0xffffffff) {
    offset_size = 8;
    length = section.u64();
  }
  const uint64_t end = section.offset() + length;
  if (!section.ok() || length > section.left()) return false;
  const uint16_t version = section.u16();
  const uint64_t unit = section.sized(offset_size);
  const uint8_t address_size = section.u8();
  const uint8_t segment_size = section.u8();
  if (version == 2 && address_size == 8 && segment_size == 0) {
    // Tuples stand at multiples of their size from the set's start.
    const uint64_t header = section.offset() - begin;
    section.skip((16 - header % 16) % 16);
    bool any = false;
    while (section.ok() && section.offset() + 16 <= end) {
      const uint64_t address = section.u64();
      const uint64_t size = section.u64();
      if (address == 0 && size == 0) break;
      if (address == 0 || address + size <= address) continue;  // left out by the linker
      from_aranges_->ranges.push_back({address, address + size, unit});
      any = true;
    }
    if (any) in_aranges_.push_back(unit);
  }
  section.seek(end);
  return section.ok();
}

void DwarfUnits::read_roots() {
  from_roots_.emplace();
  std::vector<AddressRange> ranges;
  for (const uint64_t offset : offsets()) {
    if (std::ranges::binary_search(in_aranges_, offset)) continue;
    DwarfUnit* unit = at(offset);
    if (unit == nullptr || unit->is_types || !unit->read_root()) continue;
    ranges.clear();
    unit->append_ranges(unit->root, ranges);
    const bool tells = unit->root.has(DwarfAttribute::kRanges) || unit->root.has(DwarfAttribute::kHighPc);
    if (ranges.empty() && !tells && unit->id == 0) {
      // Not even the root entry tells: old compilers, with functions in sections of their own.
      unit->functions = std::make_unique<DwarfFunctions>(*unit);
      for (const auto& range : unit->functions->ranges()) ranges.push_back({range.begin, range.end});
    }
    for (const AddressRange& range : ranges) from_roots_->ranges.push_back({range.begin, range.end, offset});
  }
  from_roots_->finish();
}

DwarfUnit* DwarfUnits::with_address(uint64_t address) {
  if (!from_aranges_) read_aranges();
  auto unit = from_aranges_->find(address);
  if (!unit) {
    if (!from_roots_) read_roots();
    unit = from_roots_->find(address);
  }
  return unit ? at(*unit) : nullptr;
}

}  // namespace polytap
