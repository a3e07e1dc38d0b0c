#include "core/symbol/unwind_rows.h"

#include <dwarf.h>

#include <algorithm>
#include <optional>

#include "core/symbol/unwind_reader.h"

namespace polytap {
namespace {

// Padding between functions, where no program counter is.
constexpr uint64_t kPadding = 16;

// EXPRESSION is REGISTER + offset, and behind that DW_OP_deref if DEREFERENCED.
std::optional<int64_t> register_offset_of(std::string_view expression, uint32_t number, bool dereferenced) {
  UnwindReader reader(expression);
  if (reader.byte() != DW_OP_breg0 + number) return std::nullopt;
  const int64_t offset = reader.sleb();
  if (dereferenced && reader.byte() != DW_OP_deref) return std::nullopt;
  if (!reader.ok() || !reader.at_end()) return std::nullopt;
  return offset;
}

bool is_signal_frame(const CfiRow& row) {
  const auto at_rsp = [&](uint32_t number, int64_t offset) {
    const RegisterRule& rule = row.registers[number];
    return rule.kind == RegisterRule::Kind::kExpression &&
           register_offset_of(rule.expression, kDwarfRsp, false) == offset;
  };
  return row.cfa_is_expression && register_offset_of(row.cfa_expression, kDwarfRsp, true) == kSignalRsp &&
         at_rsp(kDwarfReturnAddress, kSignalRip) && at_rsp(kDwarfRbp, kSignalRbp);
}

template <typename T>
bool fits(int64_t value) {
  return value == static_cast<T>(value);
}

}  // namespace

UnwindRule reduce(const CfiRow& row) {
  using Kind = RegisterRule::Kind;
  UnwindRule rule;
  rule.cfa = CfaRule::kOther;
  const RegisterRule& caller = row.registers[kDwarfReturnAddress];
  const RegisterRule& rbp = row.registers[kDwarfRbp];
  if (caller.kind == Kind::kUndefined) {
    rule.cfa = CfaRule::kOutermost;
    return rule;
  }
  if (row.signal_frame) {
    if (is_signal_frame(row)) rule.cfa = CfaRule::kSignalFrame;
    return rule;
  }
  if (caller.kind != Kind::kOffset || caller.offset != -8) return rule;
  if (row.registers[kDwarfRsp].kind != Kind::kSame) return rule;
  if (rbp.kind == Kind::kOffset && fits<int16_t>(rbp.offset)) {
    rule.rbp = FramePointerRule::kAtCfa;
    rule.rbp_offset = static_cast<int16_t>(rbp.offset);
  } else if (rbp.kind == Kind::kExpression) {
    const auto offset = register_offset_of(rbp.expression, kDwarfRbp, false);
    if (!offset || !fits<int16_t>(*offset)) return rule;
    rule.rbp = FramePointerRule::kAtFramePointer;
    rule.rbp_offset = static_cast<int16_t>(*offset);
  } else if (rbp.kind != Kind::kSame && rbp.kind != Kind::kUndefined) {
    return rule;
  }
  int64_t offset = row.cfa_offset;
  CfaRule cfa = CfaRule::kOther;
  if (row.cfa_is_expression) {
    const auto saved = register_offset_of(row.cfa_expression, kDwarfRbp, true);
    if (saved) cfa = CfaRule::kSavedPointer;
    offset = saved.value_or(0);
  } else if (row.cfa_register == kDwarfRsp) {
    cfa = CfaRule::kStackPointer;
  } else if (row.cfa_register == kDwarfRbp) {
    cfa = CfaRule::kFramePointer;
  }
  if (cfa == CfaRule::kOther || !fits<int32_t>(offset)) return rule;
  rule.cfa = cfa;
  rule.cfa_offset = static_cast<int32_t>(offset);
  return rule;
}

std::vector<UnwindRowWord> unwind_rows(const UnwindFile& file) {
  std::vector<UnwindRowWord> rows;
  rows.reserve(file.functions() * 4);
  uint64_t end = 0;
  const auto add = [&](uint64_t begin, uint64_t rule) {
    if (rows.empty() || rows.back().rule != rule) rows.push_back({begin, rule});
  };
  file.for_each_row([&](const CfiRow& row) {
    if (row.begin < end) return;  // functions that overlap: the first one is believed
    if (!rows.empty() && row.begin - end >= kPadding) add(end, UnwindRule().packed());
    add(row.begin, reduce(row).packed());
    end = row.end;
  });
  if (!rows.empty()) add(end, UnwindRule().packed());
  return rows;
}

}  // namespace polytap
