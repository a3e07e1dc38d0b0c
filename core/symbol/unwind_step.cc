#include "core/symbol/unwind_step.h"

#include <limits>

namespace polytap {
namespace {

bool fits(int64_t offset) {
  return offset >= std::numeric_limits<int16_t>::min() && offset <= std::numeric_limits<int16_t>::max();
}

}  // namespace

UnwindStep make_step(const CfiRow& row) {
  using Kind = RegisterRule::Kind;
  UnwindStep step;
  step.signal_frame = row.signal_frame;
  const RegisterRule& caller = row.registers[kDwarfReturnAddress];
  if (caller.kind == Kind::kUndefined) {
    step.kind = UnwindStep::Kind::kOutermost;
    return step;
  }
  step.kind = UnwindStep::Kind::kElaborate;
  const bool plain_cfa = !row.cfa_is_expression && row.cfa_register < kDwarfReturnAddress &&
                         row.cfa_offset >= INT32_MIN && row.cfa_offset <= INT32_MAX;
  if (!plain_cfa || caller.kind != Kind::kOffset || !fits(caller.offset)) return step;
  step.cfa_register = static_cast<uint8_t>(row.cfa_register);
  step.cfa_offset = static_cast<int32_t>(row.cfa_offset);
  step.return_address = static_cast<int16_t>(caller.offset);
  for (uint32_t number = 0; number < kDwarfReturnAddress; ++number) {
    const RegisterRule& rule = row.registers[number];
    // What is lost is left as it is: nobody who is right asks for it.
    if (rule.kind == Kind::kSame || rule.kind == Kind::kUndefined) continue;
    size_t index = 0;
    while (index < UnwindStep::kSaved.size() && UnwindStep::kSaved[index] != number) ++index;
    if (rule.kind != Kind::kOffset || !fits(rule.offset) || index == UnwindStep::kSaved.size()) return step;
    step.saved_mask |= static_cast<uint8_t>(1U << index);
    step.saved[index] = static_cast<int16_t>(rule.offset);
  }
  step.kind = UnwindStep::Kind::kPlain;
  return step;
}

}  // namespace polytap
