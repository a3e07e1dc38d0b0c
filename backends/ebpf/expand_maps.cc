// Maps and aggregations.
//
// Aggregations count into a value of this CPU's own. A change of a word is one atomic addition, because a program may
// be interrupted by another on the same CPU between any two instructions; unless all that change the map exclude each
// other.
#include "backends/ebpf/function_compiler.h"
#include "backends/ebpf/helpers.h"
#include "core/base/check.h"

namespace polytap::ebpf {

// r1: the map, r2: the key.
template <typename Prepare>
void FunctionCompiler::call_with_key(ir::MapId map, ir::Place key, int32_t which, Prepare prepare) {
  const CompileEnvironment::MapBinding& bound = binding(map);
  const auto call = [&](int fd) {
    if (bound.form.keyed) {
      address(Reg::k2, key);
    } else {
      code_.store(4, Reg::kFrame, kWork0, 0);
      code_.move(Reg::k2, Reg::kFrame);
      code_.alu(Alu::kAdd, Reg::k2, kWork0);
    }
    code_.load_map(Reg::k1, fd);
    prepare();
    code_.call(which);
  };
  const ShortKeys& keys = bound.form.short_keys;
  if (keys.key_size == 0) return call(bound.fd);
  const Label whole = code_.new_label();
  const Label done = code_.new_label();
  const Memory last = memory({key.slot, key.offset + keys.last_offset}, keys.last_size, Reg::k1);
  code_.load(keys.last_size, Reg::k1, last.base, last.offset);
  code_.jump_if(Jump::kNotEqual, Reg::k1, 0, whole);
  call(bound.short_fd);
  code_.jump(done);
  code_.bind(whole);
  call(bound.fd);
  code_.bind(done);
}

void FunctionCompiler::lookup(ir::MapId map, ir::Place key) {
  if (!binding(map).form.keyed && !binding(map).form.per_cpu) {
    code_.load_map_value(Reg::k0, binding(map).fd, 0);
    return;
  }
  call_with_key(map, key, helper::kMapLookup, [] {});
}

void FunctionCompiler::expand(const ir::MapGet& op, ir::Temp result) {
  const MapForm& form = binding(op.map).form;
  const uint32_t size = program_.maps[op.map].value_size;
  lookup(op.map, op.key);
  if (!form.keyed) {
    copy_memory(memory(op.to, size, Reg::k2), {Reg::k0, 0}, size, Reg::k1);
    if (!wants(result)) return;
    code_.load_map_value(Reg::k0, binding(op.map).fd, form.seen);
    code_.load(8, Reg::k0, Reg::k0, 0);
    set_result(result, Reg::k0);
    return;
  }
  const Label missing = code_.new_label();
  const Label done = code_.new_label();
  code_.jump_if(Jump::kEqual, Reg::k0, 0, missing);
  copy_memory(memory(op.to, size, Reg::k2), {Reg::k0, 0}, size, Reg::k1);
  set_result(result, 1);
  code_.bind(done);
  code_.defer([this, missing, done, op, size, result] {
    code_.bind(missing);
    zero_memory(memory(op.to, size, Reg::k1), size);
    set_result(result, 0);
    code_.jump(done);
  });
}

void FunctionCompiler::expand(const ir::MapSet& op, ir::Temp) {
  const MapForm& form = binding(op.map).form;
  const uint32_t size = program_.maps[op.map].value_size;
  if (!form.keyed) {
    lookup(op.map, op.key);
    copy_memory({Reg::k0, 0}, memory(op.from, size, Reg::k2), size, Reg::k1);
    code_.load_map_value(Reg::k0, binding(op.map).fd, form.seen);
    code_.store(8, Reg::k0, 0, 1);
    return;
  }
  const Label done = code_.new_label();
  const Label full = code_.new_label();
  if (size == 8 && !binding(op.map).use.short_lived) {
    // In place: cheaper than a new element where there is one mostly.
    const Label missing = code_.new_label();
    lookup(op.map, op.key);
    code_.jump_if(Jump::kEqual, Reg::k0, 0, missing);
    copy_memory({Reg::k0, 0}, memory(op.from, size, Reg::k2), size, Reg::k1);
    code_.jump(done);
    code_.bind(missing);
  }
  call_with_key(op.map, op.key, helper::kMapUpdate, [&] {
    address(Reg::k3, op.from);
    code_.move(Reg::k4, BPF_ANY);
  });
  code_.jump_if(Jump::kNotEqual, Reg::k0, 0, full);
  code_.bind(done);
  code_.defer([this, full, done] {
    code_.bind(full);
    count(GlobalsLayout::kLostUpdates);
    code_.jump(done);
  });
}

void FunctionCompiler::expand(const ir::MapAdd& op, ir::Temp result) {
  const MapForm& form = binding(op.map).form;
  const Label missing = code_.new_label();
  const Label found = code_.new_label();
  const Label done = code_.new_label();
  lookup(op.map, op.key);
  if (!form.keyed) {
    code_.store(8, Reg::k0, static_cast<int32_t>(form.seen), 1);
  } else {
    code_.jump_if(Jump::kEqual, Reg::k0, 0, missing);
  }
  code_.bind(found);
  load_temp(Reg::k1, op.delta);
  if (wants(result)) {
    code_.atomic_fetch_add(Reg::k0, 0, Reg::k1);
    set_result(result, Reg::k1);
  } else {
    code_.atomic_add(Reg::k0, 0, Reg::k1);
  }
  code_.bind(done);
  if (!form.keyed) return;
  code_.defer([this, missing, found, done, op, result] {
    const Label inserted = code_.new_label();
    code_.bind(missing);
    load_temp(Reg::k1, op.delta);
    code_.store(8, Reg::kFrame, kWork0, Reg::k1);
    call_with_key(op.map, op.key, helper::kMapUpdate, [&] {
      code_.move(Reg::k3, Reg::kFrame);
      code_.alu(Alu::kAdd, Reg::k3, kWork0);
      code_.move(Reg::k4, BPF_NOEXIST);
    });
    code_.jump_if(Jump::kEqual, Reg::k0, 0, inserted);
    // Someone else may have made the entry meanwhile.
    lookup(op.map, op.key);
    code_.jump_if(Jump::kNotEqual, Reg::k0, 0, found);
    count(GlobalsLayout::kLostUpdates);
    code_.bind(inserted);
    set_result(result, 0);
    code_.jump(done);
  });
}

void FunctionCompiler::expand(const ir::MapDelete& op, ir::Temp result) {
  const MapForm& form = binding(op.map).form;
  if (form.keyed) {
    const Label gone = code_.new_label();
    call_with_key(op.map, op.key, helper::kMapDelete, [] {});
    code_.move(Reg::k1, 1);
    code_.jump_if(Jump::kEqual, Reg::k0, 0, gone);
    code_.move(Reg::k1, 0);
    code_.bind(gone);
    set_result(result, Reg::k1);
  } else if (form.per_cpu) {
    seen_on_any_cpu(op.map, true);
    code_.load(8, Reg::k0, Reg::kFrame, kWork1);
    set_result(result, Reg::k0);
  } else {
    code_.load_map_value(Reg::k0, binding(op.map).fd, 0);
    zero_memory({Reg::k0, 0}, form.seen);
    code_.load_map_value(Reg::k0, binding(op.map).fd, form.seen);
    code_.move(Reg::k1, 0);
    code_.atomic_exchange(Reg::k0, 0, Reg::k1);
    set_result(result, Reg::k1);
  }
}

void FunctionCompiler::expand(const ir::MapHas& op, ir::Temp result) {
  if (!wants(result)) return;
  const MapForm& form = binding(op.map).form;
  if (form.keyed) {
    const Label found = code_.new_label();
    lookup(op.map, op.key);
    code_.move(Reg::k1, 1);
    code_.jump_if(Jump::kNotEqual, Reg::k0, 0, found);
    code_.move(Reg::k1, 0);
    code_.bind(found);
    set_result(result, Reg::k1);
  } else if (form.per_cpu) {
    seen_on_any_cpu(op.map, false);
    code_.load(8, Reg::k0, Reg::kFrame, kWork1);
    set_result(result, Reg::k0);
  } else {
    code_.load_map_value(Reg::k0, binding(op.map).fd, form.seen);
    code_.load(8, Reg::k0, Reg::k0, 0);
    set_result(result, Reg::k0);
  }
}

// The kernel keeps no count; the helper returns how many entries it called the (empty) callback for.
void FunctionCompiler::expand(const ir::MapLength& op, ir::Temp result) {
  if (!wants(result)) return;
  if (!binding(op.map).form.keyed) {
    expand(ir::MapHas{op.map, {}}, result);
    return;
  }
  if (!callback_) callback_ = code_.new_label();
  const Label counted = code_.new_label();
  code_.load_map(Reg::k1, binding(op.map).fd);
  code_.load_function(Reg::k2, *callback_);
  code_.move(Reg::k3, 0);
  code_.move(Reg::k4, 0);
  code_.call(helper::kForEachMapElement);
  code_.jump_if(Jump::kSignedGreaterEqual, Reg::k0, 0, counted);
  code_.move(Reg::k0, 0);
  code_.bind(counted);
  set_result(result, Reg::k0);
}

template <typename Body>
void FunctionCompiler::for_each_cpu(ir::MapId map, ir::Place key, Body body) {
  const Label next = code_.new_label();
  const Label again = code_.new_label();
  code_.store(8, Reg::kFrame, kWork3, 0);
  code_.bind(again);
  call_with_key(map, key, helper::kMapLookupOnCpu, [&] { code_.load(8, Reg::k3, Reg::kFrame, kWork3); });
  code_.jump_if(Jump::kEqual, Reg::k0, 0, next);
  body();
  code_.bind(next);
  code_.load(8, Reg::k1, Reg::kFrame, kWork3);
  code_.alu(Alu::kAdd, Reg::k1, 1);
  code_.store(8, Reg::kFrame, kWork3, Reg::k1);
  code_.jump_if(Jump::kLess, Reg::k1, static_cast<int32_t>(environment_.cpus), again);
}

void FunctionCompiler::seen_on_any_cpu(ir::MapId map, bool erase) {
  const MapForm& form = binding(map).form;
  const auto seen = static_cast<int32_t>(form.seen);
  code_.store(8, Reg::kFrame, kWork1, 0);
  for_each_cpu(map, {}, [&] {
    code_.load(8, Reg::k1, Reg::k0, seen);
    code_.load(8, Reg::k2, Reg::kFrame, kWork1);
    code_.alu(Alu::kOr, Reg::k1, Reg::k2);
    code_.store(8, Reg::kFrame, kWork1, Reg::k1);
    if (erase) zero_memory({Reg::k0, 0}, form.value_size);
  });
}

void FunctionCompiler::expand(const ir::Aggregate& op, ir::Temp) {
  const MapForm& form = binding(op.map).form;
  const ir::MapSpec& spec = program_.maps[op.map];
  const Label found = code_.new_label();
  const Label missing = code_.new_label();
  const Label done = code_.new_label();
  lookup(op.map, op.key);
  if (form.keyed || form.per_cpu) code_.jump_if(Jump::kEqual, Reg::k0, 0, missing);
  code_.bind(found);
  if (!form.keyed) code_.store(8, Reg::k0, static_cast<int32_t>(form.seen), 1);
  take_in(spec.value.aggregation, spec.value_size / 8, op);
  code_.bind(done);
  if (!form.keyed && !form.per_cpu) return;  // addressed directly: always there
  code_.defer([this, missing, found, done, op, form] {
    code_.bind(missing);
    if (form.keyed) {
      call_with_key(op.map, op.key, helper::kMapUpdate, [&] {
        code_.load_map_value(Reg::k3, environment_.globals_fd, environment_.globals.zeros);
        code_.move(Reg::k4, BPF_NOEXIST);
      });
      lookup(op.map, op.key);
      code_.jump_if(Jump::kNotEqual, Reg::k0, 0, found);
      count(GlobalsLayout::kLostUpdates);
    }
    code_.jump(done);
  });
}

// r0: the value of this CPU.
void FunctionCompiler::take_in(const Aggregation& aggregation, uint32_t buckets, const ir::Aggregate& op) {
  const bool atomic = !binding(op.map).use.exclusive;
  const auto add_one = [&](int32_t offset) {
    if (atomic) {
      code_.move(Reg::k1, 1);
      code_.atomic_add(Reg::k0, offset, Reg::k1);
    } else {
      code_.load(8, Reg::k1, Reg::k0, offset);
      code_.alu(Alu::kAdd, Reg::k1, 1);
      code_.store(8, Reg::k0, offset, Reg::k1);
    }
  };
  const auto add_value = [&](int32_t offset) {
    const Reg value = operand(op.value, Reg::k1);
    if (atomic) {
      code_.atomic_add(Reg::k0, offset, value);
    } else {
      code_.load(8, Reg::k2, Reg::k0, offset);
      code_.alu(Alu::kAdd, Reg::k2, value);
      code_.store(8, Reg::k0, offset, Reg::k2);
    }
  };
  switch (aggregation.kind) {
    case AggregationKind::kCount:
      add_one(0);
      return;
    case AggregationKind::kSum:
      add_value(0);
      code_.store(8, Reg::k0, 8, 1);
      return;
    case AggregationKind::kMin:
    case AggregationKind::kMax:
      take_in_extreme(aggregation, op.value);
      return;
    case AggregationKind::kAvg:
    case AggregationKind::kStats:
      add_one(0);
      add_value(8);
      return;
    case AggregationKind::kHist:
      hist_index(aggregation.bits, op.value);
      break;
    case AggregationKind::kLhist:
      lhist_index(aggregation, buckets, op.value);
      break;
    case AggregationKind::kTseries:
      take_into_series(aggregation, op.value);
      return;
  }
  // Never taken; it tells the verifier the bounds.
  const Label in_range = code_.new_label();
  code_.jump_if(Jump::kLess, Reg::k1, static_cast<int32_t>(buckets), in_range);
  code_.move(Reg::k1, 0);
  code_.bind(in_range);
  code_.alu(Alu::kShiftLeft, Reg::k1, 3);
  code_.alu(Alu::kAdd, Reg::k0, Reg::k1);
  add_one(0);
}

void FunctionCompiler::take_in_extreme(const Aggregation& aggregation, ir::Temp value) {
  const Label set = code_.new_label();
  const Label done = code_.new_label();
  const Reg candidate = operand(value, Reg::k1);
  code_.load(8, Reg::k2, Reg::k0, 8);
  code_.jump_if(Jump::kEqual, Reg::k2, 0, set);
  code_.load(8, Reg::k2, Reg::k0, 0);
  const bool is_min = aggregation.kind == AggregationKind::kMin;
  const Jump keeps = aggregation.is_signed ? (is_min ? Jump::kSignedGreaterEqual : Jump::kSignedLessEqual)
                                           : (is_min ? Jump::kGreaterEqual : Jump::kLessEqual);
  code_.jump_if(keeps, candidate, Reg::k2, done);
  code_.bind(set);
  code_.store(8, Reg::k0, 0, candidate);
  code_.store(8, Reg::k0, 8, 1);
  code_.bind(done);
}

// r1 = ir::hist_bucket(value, bits). The logarithm is found by halving without branches: each would double what the
// verifier has to walk through.
void FunctionCompiler::hist_index(uint8_t bits, ir::Temp value) {
  const Label done = code_.new_label();
  const Label positive = code_.new_label();
  const Label small = code_.new_label();
  load_temp(Reg::k2, value);
  code_.move(Reg::k1, 0);
  code_.jump_if(Jump::kSignedLess, Reg::k2, 0, done);
  code_.jump_if(Jump::kLess, Reg::k2, 1 << bits, small);  // 0 as well
  code_.move(Reg::k3, Reg::k2);
  for (const int32_t log : {5, 4, 3, 2}) {
    // r4 = 1 << log when r3, which is not negative, has a bit at or above that one, else 0: by the sign of the
    // difference.
    code_.load_constant(Reg::k4, (int64_t{1} << (1 << log)) - 1);
    code_.alu(Alu::kSub, Reg::k4, Reg::k3);
    code_.alu(Alu::kShiftRight, Reg::k4, 63);
    code_.alu(Alu::kShiftLeft, Reg::k4, log);
    code_.alu(Alu::kShiftRight, Reg::k3, Reg::k4);
    code_.alu(Alu::kAdd, Reg::k1, Reg::k4);
  }
  // The logarithms of 0 to 15, in two bits each.
  code_.load_constant(Reg::k4, 0xffffaa50);
  code_.alu(Alu::kShiftLeft, Reg::k3, 1);
  code_.alu(Alu::kAnd, Reg::k3, 31);
  code_.alu(Alu::kShiftRight, Reg::k4, Reg::k3);
  code_.alu(Alu::kAnd, Reg::k4, 3);
  code_.alu(Alu::kAdd, Reg::k1, Reg::k4);
  // r1 = p >= bits: 1 + ((p - bits + 1) << bits) + ((v >> (p - bits)) & mask)
  code_.alu(Alu::kSub, Reg::k1, bits);
  code_.alu(Alu::kAnd, Reg::k1, 63);
  if (bits != 0) {
    code_.alu(Alu::kShiftRight, Reg::k2, Reg::k1);
    code_.alu(Alu::kAnd, Reg::k2, (1 << bits) - 1);
  }
  code_.alu(Alu::kAdd, Reg::k1, 1);
  if (bits != 0) {
    code_.alu(Alu::kShiftLeft, Reg::k1, bits);
    code_.alu(Alu::kAdd, Reg::k1, Reg::k2);
  }
  code_.jump(positive);
  code_.bind(small);
  code_.move(Reg::k1, Reg::k2);
  code_.bind(positive);
  code_.alu(Alu::kAdd, Reg::k1, 1);
  code_.bind(done);
}

// r1 = ir::lhist_bucket(value, parameters)
void FunctionCompiler::lhist_index(const Aggregation& aggregation, uint32_t buckets, ir::Temp value) {
  const Label done = code_.new_label();
  load_temp(Reg::k2, value);
  code_.move(Reg::k1, 0);
  code_.load_constant(Reg::k3, aggregation.low);
  code_.jump_if(Jump::kSignedLess, Reg::k2, Reg::k3, done);
  code_.move(Reg::k1, static_cast<int32_t>(buckets - 1));
  code_.load_constant(Reg::k4, aggregation.high);
  code_.jump_if(Jump::kSignedGreaterEqual, Reg::k2, Reg::k4, done);
  code_.alu(Alu::kSub, Reg::k2, Reg::k3);
  code_.load_constant(Reg::k3, aggregation.step);
  code_.alu(Alu::kDiv, Reg::k2, Reg::k3);
  code_.move(Reg::k1, Reg::k2);
  code_.alu(Alu::kAdd, Reg::k1, 1);
  code_.bind(done);
}

// Sums, or takes the extreme, over the CPUs: kWork1 and kWork2 hold the two words of the merged value.
void FunctionCompiler::expand(const ir::AggregateRead& op, ir::Temp result) {
  if (!wants(result)) return;
  const Aggregation& aggregation = program_.maps[op.map].value.aggregation;
  const bool is_extreme = aggregation.kind == AggregationKind::kMin || aggregation.kind == AggregationKind::kMax;
  CHECK(aggregation.kind <= AggregationKind::kStats);
  const bool is_average = aggregation.kind == AggregationKind::kAvg || aggregation.kind == AggregationKind::kStats;
  code_.store(8, Reg::kFrame, kWork1, 0);
  code_.store(8, Reg::kFrame, kWork2, 0);
  for_each_cpu(op.map, op.key, [&] {
    if (is_extreme) {
      const Label set = code_.new_label();
      const Label skip = code_.new_label();
      code_.load(8, Reg::k1, Reg::k0, 8);
      code_.jump_if(Jump::kEqual, Reg::k1, 0, skip);
      code_.load(8, Reg::k1, Reg::k0, 0);
      code_.load(8, Reg::k2, Reg::kFrame, kWork2);
      code_.jump_if(Jump::kEqual, Reg::k2, 0, set);
      code_.load(8, Reg::k2, Reg::kFrame, kWork1);
      const bool is_min = aggregation.kind == AggregationKind::kMin;
      const Jump keeps = aggregation.is_signed ? (is_min ? Jump::kSignedGreaterEqual : Jump::kSignedLessEqual)
                                               : (is_min ? Jump::kGreaterEqual : Jump::kLessEqual);
      code_.jump_if(keeps, Reg::k1, Reg::k2, skip);
      code_.bind(set);
      code_.store(8, Reg::kFrame, kWork1, Reg::k1);
      code_.store(8, Reg::kFrame, kWork2, 1);
      code_.bind(skip);
      return;
    }
    const int words = is_average ? 2 : 1;
    for (int word = 0; word < words; ++word) {
      const int32_t total = word == 0 ? kWork1 : kWork2;
      code_.load(8, Reg::k1, Reg::k0, word * 8);
      code_.load(8, Reg::k2, Reg::kFrame, total);
      code_.alu(Alu::kAdd, Reg::k1, Reg::k2);
      code_.store(8, Reg::kFrame, total, Reg::k1);
    }
  });
  if (!is_average) {
    code_.load(8, Reg::k0, Reg::kFrame, kWork1);
    set_result(result, Reg::k0);
    return;
  }
  const Label positive = code_.new_label();
  const Label done = code_.new_label();
  code_.load(8, Reg::k1, Reg::kFrame, kWork1);
  code_.load(8, Reg::k0, Reg::kFrame, kWork2);
  if (aggregation.is_signed) {
    code_.move(Reg::k2, Reg::k0);
    code_.jump_if(Jump::kSignedGreaterEqual, Reg::k0, 0, positive);
    code_.negate(Reg::k0);
    code_.bind(positive);
  }
  code_.alu(Alu::kDiv, Reg::k0, Reg::k1);
  if (aggregation.is_signed) {
    code_.jump_if(Jump::kSignedGreaterEqual, Reg::k2, 0, done);
    code_.negate(Reg::k0);
    code_.bind(done);
  }
  set_result(result, Reg::k0);
}

}  // namespace polytap::ebpf
