// tseries: values by the interval of time in which they came.
#include "backends/ebpf/function_compiler.h"
#include "backends/ebpf/helpers.h"

namespace polytap::ebpf {

// r0: the value of this CPU, places of three words: number + 1, value, weight (core/ir/ir.h).
void FunctionCompiler::take_into_series(const Aggregation& aggregation, ir::Temp value) {
  constexpr int32_t kPlace = 24;
  const Label in_range = code_.new_label();
  const Label same = code_.new_label();
  code_.store(8, Reg::kFrame, kWork1, Reg::k0);
  code_.call(helper::kTimeMonotonic);
  // r0: now. r1: the interval. r3: its place.
  code_.move(Reg::k1, Reg::k0);
  code_.load_constant(Reg::k2, static_cast<int64_t>(aggregation.interval_ns));
  code_.alu(Alu::kDiv, Reg::k1, Reg::k2);
  code_.move(Reg::k2, Reg::k1);
  code_.alu(Alu::kMod, Reg::k2, static_cast<int32_t>(aggregation.intervals));
  code_.jump_if(Jump::kLess, Reg::k2, static_cast<int32_t>(aggregation.intervals), in_range);
  code_.move(Reg::k2, 0);  // never taken; it tells the verifier the bounds
  code_.bind(in_range);
  code_.alu(Alu::kMul, Reg::k2, kPlace);
  code_.load(8, Reg::k3, Reg::kFrame, kWork1);
  code_.alu(Alu::kAdd, Reg::k3, Reg::k2);
  code_.alu(Alu::kAdd, Reg::k1, 1);
  code_.load(8, Reg::k4, Reg::k3, 0);
  code_.jump_if(Jump::kEqual, Reg::k4, Reg::k1, same);
  code_.store(8, Reg::k3, 0, Reg::k1);
  code_.store(8, Reg::k3, 8, 0);
  code_.store(8, Reg::k3, 16, 0);
  code_.bind(same);

  // operand() may need a base of its own, which is not r3.
  const Reg taken = operand(value, Reg::k5);
  code_.load(8, Reg::k1, Reg::k3, 8);
  switch (aggregation.each) {
    case SeriesKind::kLast:
      code_.store(8, Reg::k3, 8, taken);
      code_.store(8, Reg::k3, 16, Reg::k0);
      return;
    case SeriesKind::kSum:
    case SeriesKind::kAvg:
      code_.alu(Alu::kAdd, Reg::k1, taken);
      code_.store(8, Reg::k3, 8, Reg::k1);
      break;
    case SeriesKind::kMin:
    case SeriesKind::kMax: {
      const Label set = code_.new_label();
      const Label kept = code_.new_label();
      const bool is_min = aggregation.each == SeriesKind::kMin;
      const Jump keeps = aggregation.is_signed ? (is_min ? Jump::kSignedGreaterEqual : Jump::kSignedLessEqual)
                                               : (is_min ? Jump::kGreaterEqual : Jump::kLessEqual);
      code_.load(8, Reg::k2, Reg::k3, 16);
      code_.jump_if(Jump::kEqual, Reg::k2, 0, set);
      code_.jump_if(keeps, taken, Reg::k1, kept);
      code_.bind(set);
      code_.store(8, Reg::k3, 8, taken);
      code_.bind(kept);
      break;
    }
  }
  code_.load(8, Reg::k2, Reg::k3, 16);
  code_.alu(Alu::kAdd, Reg::k2, 1);
  code_.store(8, Reg::k3, 16, Reg::k2);
}

}  // namespace polytap::ebpf
