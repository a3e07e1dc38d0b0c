// tseries() values: a chart with time going down, or JSON.
#pragma once

#include <cstdint>
#include <string>

#include "core/output/value.h"
#include "core/types/type.h"

namespace polytap {

// VALUE is a map value of core/ir/ir.h. A line for each interval from the first that has a value to the last; those
// between them without one are empty. DIVISOR (not 0) divides what is shown.
void append_series_text(std::string& out, const Aggregation& parameters, Bytes value, uint64_t divisor,
                        WallClock& clock);
void append_series_json(std::string& out, const Aggregation& parameters, Bytes value, uint64_t divisor,
                        WallClock& clock);

}  // namespace polytap
