// What --explain prints, for programs.
#pragma once

#include <string>

#include "core/plan/plan.h"

namespace polytap {

// One JSON object: {"backends": [{"backend", "possible", "cost_ns" and "fidelity" or "reason" and "at", "notes"}],
// "chosen": name or null, "why"}. With SOURCE, the script, "at" quotes the expression that a backend refuses.
std::string explain_json(const Plan& plan, const Source* source = nullptr);

}  // namespace polytap
