#include "core/symbol/dwarf_entry.h"

#include <dwarf.h>

#include <algorithm>
#include <utility>

namespace polytap {
namespace {

// Codes are given from 1 on without gaps by all compilers.
constexpr uint64_t kMaxNearCode = 1 << 16;
// A damaged table must not fill the memory.
constexpr size_t kMaxDeclarations = 1 << 18;

std::optional<DwarfAttribute> attribute_of(uint64_t name) {
  switch (name) {
    case DW_AT_sibling:
      return DwarfAttribute::kSibling;
    case DW_AT_low_pc:
      return DwarfAttribute::kLowPc;
    case DW_AT_high_pc:
      return DwarfAttribute::kHighPc;
    case DW_AT_ranges:
      return DwarfAttribute::kRanges;
    case DW_AT_name:
      return DwarfAttribute::kName;
    case DW_AT_linkage_name:
    case DW_AT_MIPS_linkage_name:
      return DwarfAttribute::kLinkageName;
    case DW_AT_abstract_origin:
    case DW_AT_specification:
      return DwarfAttribute::kOrigin;
    case DW_AT_call_file:
      return DwarfAttribute::kCallFile;
    case DW_AT_call_line:
      return DwarfAttribute::kCallLine;
    case DW_AT_call_column:
      return DwarfAttribute::kCallColumn;
    case DW_AT_stmt_list:
      return DwarfAttribute::kStmtList;
    case DW_AT_comp_dir:
      return DwarfAttribute::kCompDir;
    case DW_AT_dwo_name:
    case DW_AT_GNU_dwo_name:
      return DwarfAttribute::kDwoName;
    case DW_AT_GNU_dwo_id:
      return DwarfAttribute::kDwoId;
    case DW_AT_str_offsets_base:
      return DwarfAttribute::kStrOffsetsBase;
    case DW_AT_addr_base:
    case DW_AT_GNU_addr_base:
      return DwarfAttribute::kAddrBase;
    case DW_AT_rnglists_base:
    case DW_AT_GNU_ranges_base:
      return DwarfAttribute::kRnglistsBase;
    default:
      return std::nullopt;
  }
}

DwarfValue read_block(DwarfCursor& cursor, uint64_t size, uint64_t form) {
  const DwarfValue value{cursor.offset(), static_cast<uint16_t>(form)};
  cursor.skip(size);
  return value;
}

}  // namespace

std::optional<unsigned> fixed_form_size(uint64_t form, DwarfEncoding encoding) {
  switch (form) {
    case DW_FORM_flag_present:
    case DW_FORM_implicit_const:
      return 0;
    case DW_FORM_data1:
    case DW_FORM_ref1:
    case DW_FORM_flag:
    case DW_FORM_strx1:
    case DW_FORM_addrx1:
      return 1;
    case DW_FORM_data2:
    case DW_FORM_ref2:
    case DW_FORM_strx2:
    case DW_FORM_addrx2:
      return 2;
    case DW_FORM_strx3:
    case DW_FORM_addrx3:
      return 3;
    case DW_FORM_data4:
    case DW_FORM_ref4:
    case DW_FORM_ref_sup4:
    case DW_FORM_strx4:
    case DW_FORM_addrx4:
      return 4;
    case DW_FORM_data8:
    case DW_FORM_ref8:
    case DW_FORM_ref_sig8:
    case DW_FORM_ref_sup8:
      return 8;
    case DW_FORM_data16:
      return 16;
    case DW_FORM_addr:
      return encoding.address_size;
    case DW_FORM_ref_addr:  // was an address in DWARF 2
      return encoding.version <= 2 ? encoding.address_size : encoding.offset_size;
    case DW_FORM_strp:
    case DW_FORM_line_strp:
    case DW_FORM_strp_sup:
    case DW_FORM_sec_offset:
    case DW_FORM_GNU_ref_alt:
    case DW_FORM_GNU_strp_alt:
      return encoding.offset_size;
    default:
      return std::nullopt;
  }
}

DwarfValue read_form(DwarfCursor& cursor, uint64_t form, DwarfEncoding encoding) {
  const auto form16 = static_cast<uint16_t>(form);
  switch (form) {
    case DW_FORM_flag_present:
      return {1, form16};
    case DW_FORM_strx3:
    case DW_FORM_addrx3:
      return {cursor.u24(), form16};
    case DW_FORM_data16:
      return read_block(cursor, 16, form);
    case DW_FORM_sdata:
      return {static_cast<uint64_t>(cursor.sleb()), form16};
    case DW_FORM_udata:
    case DW_FORM_ref_udata:
    case DW_FORM_strx:
    case DW_FORM_addrx:
    case DW_FORM_loclistx:
    case DW_FORM_rnglistx:
    case DW_FORM_GNU_addr_index:
    case DW_FORM_GNU_str_index:
      return {cursor.uleb(), form16};
    case DW_FORM_string: {
      const DwarfValue value{cursor.offset(), form16};
      cursor.string();
      return value;
    }
    case DW_FORM_block1:
      return read_block(cursor, cursor.u8(), form);
    case DW_FORM_block2:
      return read_block(cursor, cursor.u16(), form);
    case DW_FORM_block4:
      return read_block(cursor, cursor.u32(), form);
    case DW_FORM_block:
    case DW_FORM_exprloc:
      return read_block(cursor, cursor.uleb(), form);
    case DW_FORM_indirect: {
      const uint64_t actual = cursor.uleb();
      // implicit_const has no value here, and an indirection to itself no end.
      if (actual == DW_FORM_indirect || actual == DW_FORM_implicit_const) {
        cursor.fail();
        return {};
      }
      return read_form(cursor, actual, encoding);
    }
    default:
      break;
  }
  const auto size = fixed_form_size(form, encoding);
  if (!size || *size == 0) {
    cursor.fail();
    return {};
  }
  return {cursor.sized(*size), form16};
}

DwarfAbbreviations::DwarfAbbreviations(DwarfCursor table, DwarfEncoding encoding) : encoding_(encoding) {
  for (size_t count = 0; count < kMaxDeclarations && read_declaration(table); ++count) {
  }
  std::ranges::sort(far_ones_, {}, &std::pair<uint64_t, Declaration>::first);
}

bool DwarfAbbreviations::read_declaration(DwarfCursor& table) {
  const uint64_t code = table.uleb();
  if (code == 0) {
    complete_ = table.ok();
    return false;
  }
  Declaration declaration;
  declaration.tag = static_cast<uint16_t>(table.uleb());
  declaration.has_children = table.u8() != 0;
  declaration.known = true;
  declaration.first_step = static_cast<uint32_t>(steps_.size());
  while (table.ok()) {
    const uint64_t name = table.uleb();
    const uint64_t form = table.uleb();
    const int64_t constant = form == DW_FORM_implicit_const ? table.sleb() : 0;
    if (name == 0 && form == 0) break;
    add_attribute(declaration, name, form, constant);
  }
  const size_t steps = steps_.size() - declaration.first_step;
  if (!table.ok() || steps > UINT16_MAX) return false;
  declaration.steps = static_cast<uint16_t>(steps);
  if (code <= kMaxNearCode) {
    if (declarations_.size() <= code) declarations_.resize(code + 1);
    if (!declarations_[code].known) declarations_[code] = declaration;
  } else {
    far_ones_.emplace_back(code, declaration);
  }
  return true;
}

void DwarfAbbreviations::add_attribute(Declaration& declaration, uint64_t name, uint64_t form, int64_t constant) {
  const auto size = fixed_form_size(form, encoding_);
  const auto attribute = attribute_of(name);
  if (!attribute) {
    if (size == 0U) return;
    const bool extends = steps_.size() > declaration.first_step && steps_.back().action == Action::kSkip;
    if (size && extends) {
      steps_.back().amount += *size;
    } else if (size) {
      steps_.push_back({Action::kSkip, DwarfAttribute::kCount, 0, *size});
    } else {
      steps_.push_back({Action::kSkipForm, DwarfAttribute::kCount, static_cast<uint16_t>(form), 0});
    }
    return;
  }
  Step step{Action::kRead, *attribute, static_cast<uint16_t>(form), 0};
  if (form == DW_FORM_implicit_const) {
    step.amount = static_cast<uint32_t>(constants_.size());
    constants_.push_back(constant);
  }
  if (size == 4U) {
    step.action = Action::kRead4;
  } else if (size == 1U || size == 2U || size == 8U) {
    step.action = Action::kReadFixed;
    step.amount = *size;
  }
  // An abstract origin leads to more than a specification: a subprogram that has both is asked for the origin.
  if (name == DW_AT_specification && (declaration.present >> static_cast<unsigned>(*attribute) & 1) != 0) {
    step.action = Action::kSkipForm;
  }
  declaration.present |= 1U << static_cast<unsigned>(*attribute);
  steps_.push_back(step);
}

const DwarfAbbreviations::Declaration* DwarfAbbreviations::find(uint64_t code) const {
  if (code < declarations_.size()) return declarations_[code].known ? &declarations_[code] : nullptr;
  const auto it = std::ranges::lower_bound(far_ones_, code, {}, &std::pair<uint64_t, Declaration>::first);
  return it != far_ones_.end() && it->first == code ? &it->second : nullptr;
}

bool DwarfAbbreviations::read(DwarfCursor& info, DwarfEntry& entry) const {
  entry.offset = info.offset();
  const uint64_t code = info.uleb();
  entry.code = static_cast<uint32_t>(code);
  if (code == 0) {
    entry.present = 0;
    entry.has_children = false;
    return info.ok();
  }
  const Declaration* declaration = find(code);
  if (declaration == nullptr) {
    info.fail();
    return false;
  }
  entry.tag = declaration->tag;
  entry.has_children = declaration->has_children;
  entry.present = declaration->present;
  const Step* step = steps_.data() + declaration->first_step;
  for (const Step* end = step + declaration->steps; step != end; ++step) {
    switch (step->action) {
      case Action::kSkip:
        info.skip(step->amount);
        break;
      case Action::kSkipForm:
        if (step->form != DW_FORM_implicit_const) read_form(info, step->form, encoding_);
        break;
      case Action::kRead4:
        entry.values[static_cast<size_t>(step->attribute)] = {info.u32(), step->form};
        break;
      case Action::kReadFixed:
        entry.values[static_cast<size_t>(step->attribute)] = {info.sized(step->amount), step->form};
        break;
      case Action::kRead:
        entry.values[static_cast<size_t>(step->attribute)] =
            step->form == DW_FORM_implicit_const
                ? DwarfValue{static_cast<uint64_t>(constants_[step->amount]), step->form}
                : read_form(info, step->form, encoding_);
        break;
    }
  }
  return info.ok();
}

}  // namespace polytap
