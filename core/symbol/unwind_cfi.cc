#include "core/symbol/unwind_cfi.h"

#include <dwarf.h>

#include <vector>

#include "core/symbol/unwind_reader.h"

namespace polytap {
namespace {

// DW_CFA_remember_state within each other. Compilers use one or two.
constexpr size_t kMaxRemembered = 64;

struct Header {
  uint64_t length = 0;  // of what follows the length
  uint64_t end = 0;     // offset
  uint64_t id = 0;
  uint64_t id_offset = 0;
  bool wide = false;
};

std::optional<Header> read_header(const FrameSection& section, uint64_t offset) {
  UnwindReader reader(section.bytes);
  reader.skip_to(offset);
  Header header;
  header.length = reader.take<uint32_t>();
  header.wide = header.length == UINT32_MAX;
  if (header.wide) header.length = reader.take<uint64_t>();
  if (!reader.ok() || header.length > section.bytes.size() - reader.position()) return std::nullopt;
  header.end = reader.position() + header.length;
  header.id_offset = reader.position();
  // .eh_frame's ids are always of 4 bytes.
  const bool wide_id = header.wide && section.is_debug_frame;
  if (header.length < (wide_id ? 8U : 4U)) return header;
  header.id = wide_id ? reader.take<uint64_t>() : reader.take<uint32_t>();
  return header;
}

bool is_cie(const FrameSection& section, const Header& header) {
  if (!section.is_debug_frame) return header.id == 0;
  return header.id == (header.wide ? UINT64_MAX : uint64_t{UINT32_MAX});
}

// What of the CIE at OFFSET matters to its entries.
std::optional<FrameEntry> read_cie(const FrameSection& section, uint64_t offset, bool& augmented) {
  const auto header = read_header(section, offset);
  if (!header || header->length == 0 || !is_cie(section, *header)) return std::nullopt;
  UnwindReader reader(std::string_view(section.bytes).substr(0, header->end));
  reader.skip_to(header->id_offset + (header->wide && section.is_debug_frame ? 8 : 4));
  const uint8_t version = reader.byte();
  if (version != 1 && version != 3 && version != 4) return std::nullopt;
  std::string_view augmentation = reader.text();
  if (version == 4) {
    const uint8_t address_size = reader.byte();
    const uint8_t segment_size = reader.byte();
    if (address_size != 8 || segment_size != 0) return std::nullopt;
  }
  FrameEntry entry;
  entry.code_alignment = reader.uleb();
  entry.data_alignment = reader.sleb();
  const uint64_t return_column = version == 1 ? reader.byte() : reader.uleb();
  if (return_column != kDwarfReturnAddress) return std::nullopt;
  augmented = augmentation.starts_with('z');
  if (augmented) {
    const uint64_t length = reader.uleb();
    const size_t begin = reader.position();
    for (const char letter : augmentation.substr(1)) {
      if (letter == 'R') {
        entry.pointer_encoding = reader.byte();
      } else if (letter == 'L') {
        reader.byte();
      } else if (letter == 'P') {
        const uint8_t encoding = reader.byte();
        reader.pointer(encoding & 0x7f, section.address);
      } else if (letter == 'S') {
        entry.signal_frame = true;
      } else {
        break;  // the length tells where the instructions are
      }
    }
    if (!reader.ok() || length > header->end - begin) return std::nullopt;
    reader.skip_to(begin + length);
  } else if (!augmentation.empty()) {
    return std::nullopt;
  }
  if (!reader.ok()) return std::nullopt;
  entry.initial = reader.take_bytes(header->end - reader.position());
  return entry;
}

class Machine {
 public:
  Machine(const FrameEntry& entry, const std::function<bool(const CfiRow&)>& visit) : entry_(entry), visit_(visit) {
    row_.begin = entry.begin;
    row_.signal_frame = entry.signal_frame;
    row_.registers[kDwarfReturnAddress].kind = RegisterRule::Kind::kUndefined;
  }

  bool run() {
    if (!execute(entry_.initial, true)) return false;
    initial_ = row_;
    if (!execute(entry_.instructions, false)) return false;
    if (!stopped_) emit(entry_.end);
    return true;
  }

 private:
  // The row holds up to ADDRESS. False: enough.
  bool emit(uint64_t address) {
    if (address > entry_.end) address = entry_.end;
    if (address <= row_.begin) return true;
    row_.end = address;
    if (!visit_(row_)) {
      stopped_ = true;
      return false;
    }
    row_.begin = address;
    return true;
  }

  bool advance(uint64_t delta) {
    const uint64_t distance = delta * entry_.code_alignment;
    if (distance > entry_.end - row_.begin) {
      // Rows behind the end are nobody's.
      emit(entry_.end);
      stopped_ = true;
      return false;
    }
    return emit(row_.begin + distance);
  }

  void set(uint64_t number, RegisterRule::Kind kind, int64_t offset, std::string_view expression = {}) {
    // Vector registers and the like are not followed.
    if (number < kUnwindRegisters) row_.registers[number] = {kind, offset, expression};
  }
  void restore(uint64_t number) {
    if (number < kUnwindRegisters) row_.registers[number] = initial_.registers[number];
  }
  bool define_cfa(uint64_t number, int64_t offset) {
    if (number >= kDwarfReturnAddress) return false;
    row_.cfa_is_expression = false;
    row_.cfa_register = static_cast<uint32_t>(number);
    row_.cfa_offset = offset;
    return true;
  }
  int64_t scaled(int64_t factored) const {
    return static_cast<int64_t>(static_cast<uint64_t>(factored) * static_cast<uint64_t>(entry_.data_alignment));
  }

  bool execute(std::string_view instructions, bool initial);
  bool execute_extended(uint8_t opcode, UnwindReader& reader, bool initial);
  bool restore_state();

  const FrameEntry& entry_;
  const std::function<bool(const CfiRow&)>& visit_;
  CfiRow row_;
  CfiRow initial_;
  std::vector<CfiRow> remembered_;
  bool stopped_ = false;
};

bool Machine::execute(std::string_view instructions, bool initial) {
  using Kind = RegisterRule::Kind;
  UnwindReader reader(instructions);
  while (!reader.at_end() && !stopped_) {
    const uint8_t opcode = reader.byte();
    const uint8_t low = opcode & 0x3f;
    switch (opcode & 0xc0) {
      case DW_CFA_advance_loc:
        if (initial) return false;
        if (!advance(low)) return true;
        break;
      case DW_CFA_offset:
        set(low, Kind::kOffset, scaled(static_cast<int64_t>(reader.uleb())));
        break;
      case DW_CFA_restore:
        restore(low);
        break;
      default:
        if (!execute_extended(opcode, reader, initial)) return stopped_;
    }
    if (!reader.ok()) return false;
  }
  return true;
}

bool Machine::restore_state() {
  if (remembered_.empty()) return false;
  const uint64_t begin = row_.begin;
  row_ = remembered_.back();
  row_.begin = begin;
  remembered_.pop_back();
  return true;
}

bool Machine::execute_extended(uint8_t opcode, UnwindReader& reader, bool initial) {
  using Kind = RegisterRule::Kind;
  switch (opcode) {
    case DW_CFA_nop:
      return true;
    case DW_CFA_set_loc: {
      const uint64_t at = entry_.instructions_address;
      const uint64_t to = reader.pointer(entry_.pointer_encoding, at);
      return !initial && reader.ok() && to >= row_.begin && emit(to);
    }
    case DW_CFA_advance_loc1:
      return !initial && advance(reader.take<uint8_t>());
    case DW_CFA_advance_loc2:
      return !initial && advance(reader.take<uint16_t>());
    case DW_CFA_advance_loc4:
      return !initial && advance(reader.take<uint32_t>());
    case DW_CFA_offset_extended: {
      const uint64_t number = reader.uleb();
      set(number, Kind::kOffset, scaled(static_cast<int64_t>(reader.uleb())));
      return true;
    }
    case DW_CFA_offset_extended_sf: {
      const uint64_t number = reader.uleb();
      set(number, Kind::kOffset, scaled(reader.sleb()));
      return true;
    }
    case DW_CFA_GNU_negative_offset_extended: {
      const uint64_t number = reader.uleb();
      set(number, Kind::kOffset, scaled(-static_cast<int64_t>(reader.uleb() & INT64_MAX)));
      return true;
    }
    case DW_CFA_val_offset: {
      const uint64_t number = reader.uleb();
      set(number, Kind::kValueOffset, scaled(static_cast<int64_t>(reader.uleb())));
      return true;
    }
    case DW_CFA_val_offset_sf: {
      const uint64_t number = reader.uleb();
      set(number, Kind::kValueOffset, scaled(reader.sleb()));
      return true;
    }
    case DW_CFA_restore_extended:
      restore(reader.uleb());
      return true;
    case DW_CFA_undefined:
      set(reader.uleb(), Kind::kUndefined, 0);
      return true;
    case DW_CFA_same_value:
      set(reader.uleb(), Kind::kSame, 0);
      return true;
    case DW_CFA_register: {
      const uint64_t number = reader.uleb();
      const uint64_t source = reader.uleb();
      set(number, source < kUnwindRegisters ? Kind::kRegister : Kind::kUndefined, static_cast<int64_t>(source));
      return true;
    }
    case DW_CFA_remember_state:
      if (remembered_.size() >= kMaxRemembered) return false;
      remembered_.push_back(row_);
      return true;
    case DW_CFA_restore_state:
      return restore_state();
    case DW_CFA_def_cfa: {
      const uint64_t number = reader.uleb();
      return define_cfa(number, static_cast<int64_t>(reader.uleb()));
    }
    case DW_CFA_def_cfa_sf: {
      const uint64_t number = reader.uleb();
      return define_cfa(number, scaled(reader.sleb()));
    }
    case DW_CFA_def_cfa_register:
      return define_cfa(reader.uleb(), row_.cfa_offset);
    case DW_CFA_def_cfa_offset:
      row_.cfa_offset = static_cast<int64_t>(reader.uleb());
      return true;
    case DW_CFA_def_cfa_offset_sf:
      row_.cfa_offset = scaled(reader.sleb());
      return true;
    case DW_CFA_def_cfa_expression:
      row_.cfa_is_expression = true;
      row_.cfa_expression = reader.take_bytes(reader.uleb());
      return true;
    case DW_CFA_expression: {
      const uint64_t number = reader.uleb();
      set(number, Kind::kExpression, 0, reader.take_bytes(reader.uleb()));
      return true;
    }
    case DW_CFA_val_expression: {
      const uint64_t number = reader.uleb();
      set(number, Kind::kValueExpression, 0, reader.take_bytes(reader.uleb()));
      return true;
    }
    case DW_CFA_GNU_args_size:
      reader.uleb();
      return true;
    default:
      return false;
  }
}

}  // namespace

std::optional<FrameEntry> read_frame_entry(const FrameSection& section, uint64_t offset, uint64_t& next) {
  next = 0;
  const auto header = read_header(section, offset);
  if (!header) return std::nullopt;
  // A length of zero ends .eh_frame, though linkers may leave one within it too.
  next = header->end;
  if (header->length < 4 || is_cie(section, *header)) return std::nullopt;
  const uint64_t cie = section.is_debug_frame ? header->id : header->id_offset - header->id;
  if (cie >= section.bytes.size()) return std::nullopt;
  bool augmented = false;
  auto entry = read_cie(section, cie, augmented);
  if (!entry) return std::nullopt;
  UnwindReader reader(std::string_view(section.bytes).substr(0, header->end));
  reader.skip_to(header->id_offset + (header->wide && section.is_debug_frame ? 8 : 4));
  entry->begin = reader.pointer(entry->pointer_encoding, section.address);
  const uint64_t length = reader.pointer(entry->pointer_encoding & 0x0f, 0);
  if (!reader.ok() || length == 0 || entry->begin + length < entry->begin) return std::nullopt;
  entry->end = entry->begin + length;
  if (augmented) reader.take_bytes(reader.uleb());
  entry->instructions_address = section.address + reader.position();
  entry->instructions = reader.take_bytes(header->end - reader.position());
  if (!reader.ok()) return std::nullopt;
  return entry;
}

bool visit_rows(const FrameEntry& entry, const std::function<bool(const CfiRow&)>& visit) {
  return Machine(entry, visit).run();
}

}  // namespace polytap
