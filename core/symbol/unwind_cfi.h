// Call frame information (DWARF 5, 6.4; .eh_frame: Linux Standard Base Core, 10.6): how the registers of a function's
// caller are found, for each of its instructions.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace polytap {

// DWARF's numbers of the x86-64 registers (System V ABI, figure 3.36).
inline constexpr uint32_t kDwarfRbx = 3;
inline constexpr uint32_t kDwarfRbp = 6;
inline constexpr uint32_t kDwarfRsp = 7;
inline constexpr uint32_t kDwarfReturnAddress = 16;
inline constexpr uint32_t kUnwindRegisters = 17;

struct RegisterRule {
  enum class Kind : uint8_t {
    kSame,             // as it is, also when nothing is said
    kUndefined,        // lost; of the return address: there is no caller
    kOffset,           // lies in memory at the CFA + offset
    kValueOffset,      // is the CFA + offset
    kRegister,         // is in register `offset`
    kExpression,       // lies in memory where the expression says
    kValueExpression,  // is what the expression says
  };
  Kind kind = Kind::kSame;
  int64_t offset = 0;
  std::string_view expression;  // points into the section
};

// What holds from `begin` to before `end`.
struct CfiRow {
  uint64_t begin = 0;
  uint64_t end = 0;
  bool signal_frame = false;  // the caller was interrupted: its program counter is no return address
  // The canonical frame address: the stack pointer before the call.
  bool cfa_is_expression = false;
  uint32_t cfa_register = kUnwindRegisters;  // kUnwindRegisters: not told
  int64_t cfa_offset = 0;
  std::string_view cfa_expression;
  std::array<RegisterRule, kUnwindRegisters> registers;
};

struct FrameSection {
  std::string bytes;
  uint64_t address = 0;  // where it is loaded, in the file's own address space
  bool is_debug_frame = false;
};

// One function's entry.
struct FrameEntry {
  uint64_t begin = 0;
  uint64_t end = 0;
  int64_t data_alignment = 1;
  uint64_t code_alignment = 1;
  uint8_t pointer_encoding = 0;
  bool signal_frame = false;
  std::string_view initial;       // instructions of the CIE; these point into the section
  std::string_view instructions;  // of the entry
  uint64_t instructions_address = 0;
};

// The entry at OFFSET of SECTION; nothing when there is none, or a damaged one. NEXT gets the offset behind it: of any
// entry, also a CIE; 0 when that cannot be told.
std::optional<FrameEntry> read_frame_entry(const FrameSection& section, uint64_t offset, uint64_t& next);

// Calls VISIT for each row of ENTRY in order, until it returns false. False: the instructions are damaged, or use what
// x86-64 has not; the rows before were right.
bool visit_rows(const FrameEntry& entry, const std::function<bool(const CfiRow&)>& visit);

}  // namespace polytap
