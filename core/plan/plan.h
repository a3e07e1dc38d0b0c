// Which backend answers a question: every backend is asked, the cheapest that answers in full is taken; when there is
// none, several that answer a part each.
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
  std::vector<Candidate> candidates;  // in the order of the backends given; behind them one that was composed
  std::optional<size_t> chosen;       // index into candidates
  std::string why;                    // why that one, or why none
  // What candidates refer to and the caller does not own.
  std::vector<std::unique_ptr<Backend>> composed;
};

// Asks BACKENDS in order. DEMANDED: a backend's name, several separated by commas, or nothing for any; others are not
// considered for choice, but all are asked. Of the possible ones those with full fidelity come first, then the least
// cost, then the order. When none answers in full and groups of probes share no map, the program is split among those
// that do (unless one name was demanded). PROGRAM must outlive the plan.
Plan make_plan(const std::vector<std::unique_ptr<Backend>>& backends, const ir::Program& program, const Target& target,
               std::string_view demanded);

// The plan that make_plan() would choose by, asking no more backends than that takes: looking at the system costs time.
// Nothing when it takes them all.
std::optional<Plan> quick_plan(const std::vector<std::unique_ptr<Backend>>& backends, const ir::Program& program,
                               const Target& target, std::string_view demanded);

// The table that --explain prints: backend, can it, cost, fidelity or the reason why not, notes; then what was chosen
// and why. With SOURCE, the script, it quotes the expressions that backends refuse.
std::string explain(const Plan& plan, const Source* source = nullptr);

}  // namespace polytap
