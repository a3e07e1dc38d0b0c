// Which backend answers a question: every backend is asked, the cheapest that answers in full is taken.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/base/result.h"
#include "core/probe/backend.h"

namespace polytap {

// One backend's answer.
struct Candidate {
  Backend* backend = nullptr;
  Verdict verdict;
};

struct Plan {
  std::vector<Candidate> candidates;  // in the order of the backends given
  std::optional<size_t> chosen;       // index into candidates
  std::string why;                    // why that one, or why none
};

// Asks BACKENDS in order. Takes the one called DEMANDED when that is not empty (no other is then considered for choice,
// but all are asked). Otherwise: of the possible ones those with full fidelity come first, then the least cost, then
// the order.
Plan make_plan(const std::vector<std::unique_ptr<Backend>>& backends, const ir::Program& program, const Target& target,
               std::string_view demanded);

// The table that --explain prints: backend, can it, cost, fidelity or the reason why not, notes; then what was chosen
// and why. With SOURCE, the script, it quotes the expressions that backends refuse.
std::string explain(const Plan& plan, const Source* source = nullptr);
// The same as one JSON object: {"backends": [{"backend", "possible", "cost_ns", "fidelity", "reason", "at", "notes"}],
// "chosen": name or null, "why"}.
std::string explain_json(const Plan& plan, const Source* source = nullptr);

}  // namespace polytap
