#include "core/ir/ir.h"

#include <bit>

namespace polytap::ir {

uint32_t hist_bucket(int64_t value, uint8_t bits) {
  if (value < 0) return 0;
  if (value == 0) return 1;
  const auto v = static_cast<uint64_t>(value);
  const auto p = static_cast<uint32_t>(std::bit_width(v)) - 1;
  if (p < bits) return 1 + static_cast<uint32_t>(v);
  const auto low_part = static_cast<uint32_t>((v >> (p - bits)) & ((uint64_t{1} << bits) - 1));
  return 1 + ((p - bits + 1) << bits) + low_part;
}

uint32_t hist_buckets(uint8_t bits) { return hist_bucket(INT64_MAX, bits) + 1; }

// The differences are taken unsigned: high - low may exceed INT64_MAX, never UINT64_MAX.
uint32_t lhist_bucket(int64_t value, const Aggregation& parameters) {
  if (value < parameters.low) return 0;
  if (value >= parameters.high) return lhist_buckets(parameters) - 1;
  const uint64_t distance = static_cast<uint64_t>(value) - static_cast<uint64_t>(parameters.low);
  return 1 + static_cast<uint32_t>(distance / static_cast<uint64_t>(parameters.step));
}

uint32_t lhist_buckets(const Aggregation& parameters) {
  const uint64_t range = static_cast<uint64_t>(parameters.high) - static_cast<uint64_t>(parameters.low);
  const auto step = static_cast<uint64_t>(parameters.step);
  return 2 + static_cast<uint32_t>(range / step + (range % step != 0 ? 1 : 0));
}

uint32_t map_value_size(const Type& type) {
  if (!type.is(TypeKind::kAggregation)) return type.storage_size();
  switch (type.aggregation.kind) {
    case AggregationKind::kCount:
      return 8;
    case AggregationKind::kSum:
    case AggregationKind::kMin:
    case AggregationKind::kMax:
    case AggregationKind::kAvg:
    case AggregationKind::kStats:
      return 16;
    case AggregationKind::kHist:
      return 8 * hist_buckets(type.aggregation.bits);
    case AggregationKind::kLhist:
      return 8 * lhist_buckets(type.aggregation);
    case AggregationKind::kTseries:
      return 24 * type.aggregation.intervals;
  }
  return 0;
}

}  // namespace polytap::ir
