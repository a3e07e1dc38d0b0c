// hist() and lhist() values: rows with bars, or JSON.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/output/value.h"
#include "core/types/type.h"

namespace polytap {

// The counts of a histogram's buckets: VALUE is a map value of core/ir/ir.h.
std::vector<uint64_t> histogram_counts(Bytes value);

// One line per bucket from the first that holds anything to the last; nothing when all are empty. DIVISOR (not 0)
// divides the counts shown, not the bars.
void append_histogram_text(std::string& out, const Aggregation& parameters, std::span<const uint64_t> counts,
                           uint64_t divisor);
void append_histogram_json(std::string& out, const Aggregation& parameters, std::span<const uint64_t> counts,
                           uint64_t divisor);

}  // namespace polytap
