#include "core/symbol/dwarf_lines.h"

#include <dwarf.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/symbol/dwarf_entry.h"

namespace polytap {
namespace {

// A damaged count must not fill the memory.
constexpr uint64_t kMaxFiles = 1 << 20;
constexpr size_t kMaxRows = size_t{1} << 26;

template <typename To>
To clamped(uint64_t value) {
  return static_cast<To>(std::min<uint64_t>(value, std::numeric_limits<To>::max()));
}

}  // namespace

struct DwarfLines::Header {
  DwarfEncoding encoding;
  uint64_t end = 0;
  uint64_t program = 0;
  uint8_t minimum_instruction_length = 1;
  int8_t line_base = 0;
  uint8_t line_range = 1;
  uint8_t opcode_base = 1;
  std::vector<uint8_t> operand_counts;
};

struct DwarfLines::State {
  uint64_t address = 0;
  uint64_t file = 1;
  uint64_t line = 1;
  uint64_t column = 0;
  uint64_t begin = 0;  // of the sequence
  uint64_t last = 0;   // the last row's address
  bool in_sequence = false;
  uint32_t first_row = 0;
};

DwarfLines::DwarfLines(SectionData& section, uint64_t offset, std::string_view unit_name, std::string_view directory,
                       uint8_t address_size, LineStrings strings)
    : directory_(directory), unit_name_(unit_name) {
  if (!section.load(offset, std::min(section.size(), offset + 12))) {
    damaged_ = "the line table lies outside of .debug_line";
    return;
  }
  DwarfCursor cursor(section.data(), offset, std::min(section.size(), offset + 12));
  Header header;
  header.encoding.address_size = address_size;
  uint64_t length = cursor.u32();
  if (length == 0xffffffff) {
    header.encoding.offset_size = 8;
    length = cursor.u64();
  }
  header.end = cursor.offset() + length;
  if (!cursor.ok() || length > section.size() || !section.load(offset, header.end)) {
    damaged_ = "the line table is cut off";
    return;
  }
  cursor = DwarfCursor(section.data(), cursor.offset(), header.end);
  if (!read_header(cursor, header) || (version_ >= 5 && !read_tables_of_5(cursor, header, strings))) {
    if (damaged_.empty()) damaged_ = "the line table's header makes no sense";
    return;
  }
  if (version_ < 5) read_tables_before_5(cursor);
  cursor.seek(header.program);
  run(cursor, header);
  if (!cursor.ok()) damaged_ = "the line program makes no sense";
  rows_.shrink_to_fit();
  std::ranges::stable_sort(sequences_, {}, &Sequence::begin);
}

bool DwarfLines::read_header(DwarfCursor& cursor, Header& header) {
  version_ = cursor.u16();
  header.encoding.version = static_cast<uint16_t>(version_);
  if (version_ < 2 || version_ > 5) {
    damaged_ = "the line table is of an unknown version";
    return false;
  }
  if (version_ >= 5) {
    header.encoding.address_size = cursor.u8();
    cursor.u8();  // segment selectors
  }
  const uint64_t length = cursor.sized(header.encoding.offset_size);
  if (!cursor.ok() || length > cursor.left()) return false;
  header.program = cursor.offset() + length;
  header.minimum_instruction_length = cursor.u8();
  if (version_ >= 4) cursor.u8();  // operations per instruction: more than one only on VLIW machines
  cursor.u8();                     // default_is_stmt
  header.line_base = static_cast<int8_t>(cursor.u8());
  header.line_range = cursor.u8();
  header.opcode_base = cursor.u8();
  for (unsigned i = 1; i < header.opcode_base; ++i) header.operand_counts.push_back(cursor.u8());
  return cursor.ok() && header.line_range != 0 && header.opcode_base != 0;
}

void DwarfLines::read_tables_before_5(DwarfCursor& cursor) {
  directories_.push_back(directory_);
  files_.push_back({unit_name_, 0});
  for (std::string_view name = cursor.string(); !name.empty(); name = cursor.string()) directories_.push_back(name);
  for (std::string_view name = cursor.string(); !name.empty(); name = cursor.string()) {
    const uint64_t directory = cursor.uleb();
    cursor.uleb();  // time
    cursor.uleb();  // size
    files_.push_back({name, directory});
  }
}

bool DwarfLines::read_tables_of_5(DwarfCursor& cursor, const Header& header, LineStrings strings) {
  return read_table_of_5(cursor, header, strings, true) && read_table_of_5(cursor, header, strings, false);
}

bool DwarfLines::read_table_of_5(DwarfCursor& cursor, const Header& header, LineStrings strings, bool directories) {
  std::vector<std::pair<uint64_t, uint64_t>> format(cursor.u8());
  for (auto& [content, form] : format) {
    content = cursor.uleb();
    form = cursor.uleb();
  }
  const uint64_t count = cursor.uleb();
  if (!cursor.ok() || count > kMaxFiles || (format.empty() && count > 0)) return false;
  for (uint64_t i = 0; i < count && cursor.ok(); ++i) {
    File file;
    for (const auto& [content, form] : format) {
      const DwarfValue value = read_form(cursor, form, header.encoding);
      if (content == DW_LNCT_directory_index) file.directory = value.number;
      if (content != DW_LNCT_path) continue;
      if (value.form == DW_FORM_line_strp && strings.line_str != nullptr) {
        file.name = strings.line_str->string_at(value.number);
      } else if (value.form == DW_FORM_strp && strings.str != nullptr) {
        file.name = strings.str->string_at(value.number);
      } else if (value.form == DW_FORM_string) {
        DwarfCursor text = cursor;
        text.seek(value.number);
        file.name = text.string();
      }
    }
    if (directories) {
      directories_.push_back(file.name);
    } else {
      files_.push_back(file);
    }
  }
  return cursor.ok();
}

void DwarfLines::add_row(State& state) {
  if (!state.in_sequence) {
    state.in_sequence = true;
    state.begin = state.address;
    state.last = state.address;
    state.first_row = static_cast<uint32_t>(rows_.size());
  }
  const uint64_t offset = state.address - state.begin;
  // Addresses only grow within a sequence.
  if (state.address < state.last || offset > UINT32_MAX || rows_.size() >= kMaxRows) return;
  state.last = state.address;
  const Row row{static_cast<uint32_t>(offset), clamped<uint32_t>(state.line), clamped<uint16_t>(state.file),
                clamped<uint16_t>(state.column)};
  const bool has_previous = rows_.size() > state.first_row;
  // Of several rows for one address the last one counts.
  if (has_previous && rows_.back().offset == row.offset) {
    rows_.back() = row;
  } else if (!has_previous || rows_.back().line != row.line || rows_.back().file != row.file ||
             rows_.back().column != row.column) {
    rows_.push_back(row);
  }
}

void DwarfLines::end_sequence(State& state) {
  const auto rows = static_cast<uint32_t>(rows_.size() - state.first_row);
  // Code that the linker left out begins at 0 (or, of newer linkers, at the address space's end).
  const bool real =
      state.in_sequence && state.begin != 0 && state.address > state.begin && rows > 0 && state.begin < UINT64_MAX - 1;
  if (real) {
    sequences_.push_back({state.begin, state.address, state.first_row, rows});
  } else if (state.in_sequence) {
    rows_.resize(state.first_row);
  }
  state = State();
}

bool DwarfLines::run_extended(DwarfCursor& cursor, const Header& header, State& state) {
  const uint64_t length = cursor.uleb();
  if (length == 0 || length > cursor.left()) {
    cursor.fail();
    return false;
  }
  const uint64_t next = cursor.offset() + length;
  switch (cursor.u8()) {
    case DW_LNE_end_sequence:
      end_sequence(state);
      break;
    case DW_LNE_set_address:
      state.address = cursor.sized(length - 1 <= 8 ? static_cast<unsigned>(length - 1) : header.encoding.address_size);
      break;
    case DW_LNE_define_file: {
      const std::string_view name = cursor.string();
      files_.push_back({name, cursor.uleb()});
      break;
    }
    default:
      break;
  }
  cursor.seek(next);
  return cursor.ok();
}

bool DwarfLines::run_standard(DwarfCursor& cursor, const Header& header, State& state, uint8_t opcode) {
  switch (opcode) {
    case DW_LNS_copy:
      add_row(state);
      break;
    case DW_LNS_advance_pc:
      state.address += cursor.uleb() * header.minimum_instruction_length;
      break;
    case DW_LNS_advance_line:
      state.line = static_cast<uint32_t>(state.line + static_cast<uint64_t>(cursor.sleb()));
      break;
    case DW_LNS_set_file:
      state.file = cursor.uleb();
      break;
    case DW_LNS_set_column:
      state.column = cursor.uleb();
      break;
    case DW_LNS_const_add_pc:
      state.address += (255U - header.opcode_base) / header.line_range * header.minimum_instruction_length;
      break;
    case DW_LNS_fixed_advance_pc:
      state.address += cursor.u16();
      break;
    default:
      // The others have no effect here; those of the future tell how many operands they have.
      for (unsigned i = 0; i < header.operand_counts[opcode - 1U]; ++i) cursor.uleb();
  }
  return cursor.ok();
}

void DwarfLines::run(DwarfCursor& cursor, const Header& header) {
  // A row takes 3 to 4 bytes.
  rows_.reserve(cursor.left() / 4);
  State state;
  while (!cursor.at_end()) {
    const uint8_t opcode = cursor.u8();
    if (opcode >= header.opcode_base) {
      const unsigned adjusted = static_cast<unsigned>(opcode) - header.opcode_base;
      state.address += uint64_t{adjusted / header.line_range} * header.minimum_instruction_length;
      state.line = static_cast<uint32_t>(static_cast<int64_t>(state.line) + header.line_base +
                                         static_cast<int64_t>(adjusted % header.line_range));
      add_row(state);
    } else if (opcode == 0) {
      if (!run_extended(cursor, header, state)) return;
    } else if (!run_standard(cursor, header, state, opcode)) {
      return;
    }
  }
}

std::optional<DwarfLines::Place> DwarfLines::find(uint64_t address) const {
  const auto after = std::ranges::upper_bound(sequences_, address, {}, &Sequence::begin);
  if (after == sequences_.begin()) return std::nullopt;
  const Sequence& sequence = *std::prev(after);
  if (address >= sequence.end) return std::nullopt;
  const auto first = rows_.begin() + sequence.first_row;
  const auto row = std::ranges::upper_bound(first, first + sequence.rows, address - sequence.begin, {}, &Row::offset);
  if (row == first) return std::nullopt;
  const Row& found = *std::prev(row);
  return Place{found.file, found.line, found.column};
}

std::string DwarfLines::file_path(uint64_t number) const {
  if (number >= files_.size()) return {};
  const File& file = files_[number];
  if (file.name.starts_with('/') || file.name.empty()) return std::string(file.name);
  std::string_view directory = file.directory < directories_.size() ? directories_[file.directory] : std::string_view();
  std::string path;
  if (!directory.starts_with('/') && !directory_.empty() && directory != directory_) {
    path = fmt::format("{}/", directory_);
  }
  if (!directory.empty()) path += fmt::format("{}/", directory);
  return path.append(file.name);
}

}  // namespace polytap
