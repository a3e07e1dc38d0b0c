#include "core/symbol/dwarf_unit.h"

#include <dwarf.h>

#include <algorithm>
#include <limits>

namespace polytap {
namespace {

// What a table or list is read in, when nothing tells how long it is; then four times as much, and so on.
constexpr uint64_t kFirstWindow = 4096;
constexpr uint64_t kMaxRanges = 1 << 20;

// READ gets a cursor at OFFSET over a part of the section, and says whether that was enough. False when nothing is.
template <typename Read>
bool read_in_windows(SectionData& section, uint64_t offset, Read read) {
  if (offset >= section.size()) return false;
  for (uint64_t window = kFirstWindow;; window *= 4) {
    const uint64_t end = window < section.size() - offset ? offset + window : section.size();
    if (!section.load(offset, end)) return false;
    if (read(DwarfCursor(section.data(), offset, end))) return true;
    if (end == section.size()) return false;
  }
}

std::optional<uint64_t> number_at(SectionData& section, uint64_t base, uint64_t index, uint64_t size) {
  if (index > std::numeric_limits<uint32_t>::max()) return std::nullopt;
  const uint64_t at = base + index * size;
  if (at < base || !section.load(at, at + size)) return std::nullopt;
  return DwarfCursor(section.data(), at, at + size).sized(static_cast<unsigned>(size));
}

bool is_address_form(uint16_t form) {
  switch (form) {
    case DW_FORM_addr:
    case DW_FORM_addrx:
    case DW_FORM_addrx1:
    case DW_FORM_addrx2:
    case DW_FORM_addrx3:
    case DW_FORM_addrx4:
    case DW_FORM_GNU_addr_index:
      return true;
    default:
      return false;
  }
}

void append(std::vector<AddressRange>& ranges, uint64_t begin, uint64_t end) {
  // Linkers give 0, or the greatest numbers, as the address of what they left out.
  if (begin == 0 || begin >= end || begin >= UINT64_MAX - 1) return;
  ranges.push_back({begin, end});
}

}  // namespace

std::optional<DwarfUnit> DwarfUnit::read_header(DwarfSections& sections, uint64_t offset) {
  constexpr uint64_t kLongestHeader = 12 + 2 + 1 + 1 + 8 + 8 + 8;
  SectionData& info = sections.info;
  if (offset >= info.size()) return std::nullopt;
  const uint64_t header_end = std::min(info.size(), offset + kLongestHeader);
  if (!info.load(offset, header_end)) return std::nullopt;
  DwarfCursor cursor(info.data(), offset, header_end);
  DwarfUnit unit;
  unit.sections = &sections;
  unit.offset = offset;
  uint64_t length = cursor.u32();
  if (length == 0xffffffff) {
    unit.encoding.offset_size = 8;
    length = cursor.u64();
  }
  if (length > info.size() - cursor.offset()) return std::nullopt;
  unit.end = cursor.offset() + length;
  unit.encoding.version = cursor.u16();
  if (unit.encoding.version < 2 || unit.encoding.version > 5) return std::nullopt;
  if (unit.encoding.version >= 5) {
    const uint8_t type = cursor.u8();
    unit.encoding.address_size = cursor.u8();
    unit.abbreviations_offset = cursor.sized(unit.encoding.offset_size);
    if (type == DW_UT_skeleton || type == DW_UT_split_compile) unit.id = cursor.u64();
    unit.is_types = type == DW_UT_type || type == DW_UT_split_type;
    if (unit.is_types) cursor.skip(8U + unit.encoding.offset_size);
  } else {
    unit.abbreviations_offset = cursor.sized(unit.encoding.offset_size);
    unit.encoding.address_size = cursor.u8();
  }
  unit.first_entry = cursor.offset();
  if (!cursor.ok() || unit.first_entry > unit.end || unit.encoding.address_size != 8) return std::nullopt;
  return unit;
}

bool DwarfUnit::read_root() {
  if (has_root || damaged) return !damaged;
  damaged = true;
  if (!sections->info.load(offset, end)) return false;
  const bool complete = read_in_windows(sections->abbrev, abbreviations_offset, [this](DwarfCursor table) {
    const auto made = std::make_shared<const DwarfAbbreviations>(table, encoding);
    if (!made->complete()) return false;
    abbreviations = made;
    return true;
  });
  if (!complete) return false;
  DwarfCursor at = cursor(first_entry);
  if (!abbreviations->read(at, root) || root.code == 0) return false;
  if (const DwarfValue base = root[DwarfAttribute::kStrOffsetsBase]) str_offsets_base = base.number;
  if (const DwarfValue base = root[DwarfAttribute::kRnglistsBase]) rnglists_base = base.number;
  addr_base = root[DwarfAttribute::kAddrBase].number;
  if (const DwarfValue dwo_id = root[DwarfAttribute::kDwoId]) id = dwo_id.number;
  has_root = true;
  damaged = false;
  low_pc = address(root[DwarfAttribute::kLowPc]).value_or(0);
  return true;
}

DwarfCursor DwarfUnit::cursor(uint64_t at) const {
  if (at < first_entry || at > end) return {};
  return DwarfCursor(sections->info.data(), at, end);
}

std::string_view DwarfUnit::indexed_string(uint64_t index) const {
  // Without a base, in split units: behind the header that the section has since version 5.
  const uint64_t header = encoding.version < 5 ? 0 : encoding.offset_size == 8 ? 16 : 8;
  const auto at = number_at(sections->str_offsets, str_offsets_base.value_or(header), index, encoding.offset_size);
  return at ? sections->str.string_at(*at) : std::string_view();
}

std::string_view DwarfUnit::string(DwarfValue value, DwarfSections* alternate) const {
  switch (value.form) {
    case DW_FORM_string:
      return cursor(value.number).string();
    case DW_FORM_strp:
      return sections->str.string_at(value.number);
    case DW_FORM_line_strp:
      return sections->line_str.string_at(value.number);
    case DW_FORM_strp_sup:
    case DW_FORM_GNU_strp_alt:
      return alternate != nullptr ? alternate->str.string_at(value.number) : std::string_view();
    case DW_FORM_strx:
    case DW_FORM_strx1:
    case DW_FORM_strx2:
    case DW_FORM_strx3:
    case DW_FORM_strx4:
    case DW_FORM_GNU_str_index:
      return indexed_string(value.number);
    default:
      return {};
  }
}

std::optional<uint64_t> DwarfUnit::indexed_address(uint64_t index) const {
  const DwarfUnit& owner = skeleton != nullptr ? *skeleton : *this;
  return number_at(owner.sections->addr, owner.addr_base, index, encoding.address_size);
}

std::optional<uint64_t> DwarfUnit::address(DwarfValue value) const {
  if (value.form == DW_FORM_addr) return value.number;
  if (is_address_form(value.form)) return indexed_address(value.number);
  return std::nullopt;
}

void DwarfUnit::append_ranges(const DwarfEntry& entry, std::vector<AddressRange>& ranges) const {
  if (const DwarfValue high = entry[DwarfAttribute::kHighPc]) {
    const auto low = address(entry[DwarfAttribute::kLowPc]);
    if (!low) return;
    const auto end_address = is_address_form(high.form) ? address(high) : *low + high.number;
    if (end_address) append(ranges, *low, *end_address);
    return;
  }
  const DwarfValue list = entry[DwarfAttribute::kRanges];
  if (!list) return;
  if (encoding.version < 5) {
    // Split units of version 4 have their ranges in the program's file, from the skeleton's base on.
    const uint64_t base = skeleton != nullptr ? skeleton->rnglists_base.value_or(0) : 0;
    append_old_ranges(base + list.number, ranges);
    return;
  }
  if (list.form != DW_FORM_rnglistx) return append_range_list(list.number, ranges);
  const uint64_t header = encoding.offset_size == 8 ? 20 : 12;
  const uint64_t base = rnglists_base.value_or(header);
  if (const auto at = number_at(sections->rnglists, base, list.number, encoding.offset_size)) {
    append_range_list(base + *at, ranges);
  }
}

void DwarfUnit::append_old_ranges(uint64_t at, std::vector<AddressRange>& ranges) const {
  const DwarfUnit& owner = skeleton != nullptr ? *skeleton : *this;
  const size_t before = ranges.size();
  read_in_windows(owner.sections->ranges, at, [&](DwarfCursor list) {
    ranges.resize(before);
    uint64_t base = owner.low_pc;
    for (uint64_t count = 0; count < kMaxRanges; ++count) {
      const uint64_t begin = list.u64();
      const uint64_t end_offset = list.u64();
      if (!list.ok()) return false;
      if (begin == 0 && end_offset == 0) return true;
      if (begin == UINT64_MAX) {
        base = end_offset;
      } else {
        append(ranges, base + begin, base + end_offset);
      }
    }
    return true;
  });
}

void DwarfUnit::append_range_list(uint64_t at, std::vector<AddressRange>& ranges) const {
  const size_t before = ranges.size();
  read_in_windows(sections->rnglists, at, [&](DwarfCursor list) {
    ranges.resize(before);
    uint64_t base = skeleton != nullptr ? skeleton->low_pc : low_pc;
    for (uint64_t count = 0; count < kMaxRanges && append_range_entry(list, base, ranges); ++count) {
    }
    return list.ok();
  });
}

// False at the end of the list.
bool DwarfUnit::append_range_entry(DwarfCursor& list, uint64_t& base, std::vector<AddressRange>& ranges) const {
  switch (list.u8()) {
    case DW_RLE_base_addressx:
      base = indexed_address(list.uleb()).value_or(0);
      return list.ok();
    case DW_RLE_startx_endx: {
      const uint64_t begin = indexed_address(list.uleb()).value_or(0);
      append(ranges, begin, indexed_address(list.uleb()).value_or(0));
      return list.ok();
    }
    case DW_RLE_startx_length: {
      const uint64_t begin = indexed_address(list.uleb()).value_or(0);
      append(ranges, begin, begin + list.uleb());
      return list.ok();
    }
    case DW_RLE_offset_pair: {
      const uint64_t begin = list.uleb();
      const uint64_t end_offset = list.uleb();
      // What is relative to code that the linker left out is left out, too; a base of 0 alone is none.
      append(ranges, base + begin, base + end_offset);
      return list.ok();
    }
    case DW_RLE_base_address:
      base = list.u64();
      return list.ok();
    case DW_RLE_start_end: {
      const uint64_t begin = list.u64();
      append(ranges, begin, list.u64());
      return list.ok();
    }
    case DW_RLE_start_length: {
      const uint64_t begin = list.u64();
      append(ranges, begin, begin + list.uleb());
      return list.ok();
    }
    default:
      return false;
  }
}

std::optional<DwarfUnit::Reference> DwarfUnit::reference(DwarfValue value) const {
  switch (value.form) {
    case DW_FORM_ref1:
    case DW_FORM_ref2:
    case DW_FORM_ref4:
    case DW_FORM_ref8:
    case DW_FORM_ref_udata:
      if (value.number > end - offset) return std::nullopt;
      return Reference{offset + value.number, false};
    case DW_FORM_ref_addr:
      return Reference{value.number, false};
    case DW_FORM_GNU_ref_alt:
    case DW_FORM_ref_sup4:
    case DW_FORM_ref_sup8:
      return Reference{value.number, true};
    default:
      return std::nullopt;
  }
}

}  // namespace polytap
