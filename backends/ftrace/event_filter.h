// Predicate push-down: what of a function's condition the kernel itself can check, in the language of an event's
// `filter` file (Documentation/trace/events.rst).
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/ir/ir.h"
#include "core/probe/site.h"

namespace polytap::ftrace {

// A function that runs where a site's events are.
struct Hook {
  uint32_t function = 0;
  uint32_t site = 0;
};

// A condition that holds for every record of SITE on which FUNCTION has an effect (counts, emits, exits): records for
// which it does not hold may be dropped unseen. It may hold for others too, so the function runs in full on what comes.
// nullopt: nothing that the filter language can say.
std::optional<std::string> pushed_condition(const ir::Program& program, const ir::Function& function,
                                            const ProbeSite& site);

// The filter of the event on which HOOKS of PROGRAM run.
std::optional<std::string> event_filter(const ir::Program& program, std::span<const Hook> hooks);
// The same for every hook of the tracepoint CATEGORY:EVENT.
std::optional<std::string> event_filter(const ir::Program& program, std::string_view category, std::string_view event);

}  // namespace polytap::ftrace
