// The process that a script is about, when its predicates say so.
#pragma once

#include <cstdint>
#include <optional>

#include "core/lang/checked.h"

namespace polytap {

// The pid that every probe of events demands (`pid == 1234` as a conjunct of all predicates); BEGIN, END and interval
// probes do not count. Nullopt when there is none, or when they differ.
std::optional<int64_t> implied_pid(const CheckedScript& script);

}  // namespace polytap
