#include "core/plan/explain_json.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace polytap {

std::string explain_json(const Plan& plan, const Source* source) {
  using Json = nlohmann::ordered_json;
  Json json = {{"backends", Json::array()}, {"chosen", nullptr}, {"why", plan.why}};
  for (const Candidate& candidate : plan.candidates) {
    const Verdict& verdict = candidate.verdict;
    Json row = {{"backend", candidate.backend->name()}, {"possible", verdict.possible}};
    if (verdict.possible) {
      row["cost_ns"] = verdict.cost_ns;
      row["fidelity"] = verdict.fidelity;
    } else {
      row["reason"] = verdict.reason;
      if (source != nullptr && verdict.where && verdict.where->begin < verdict.where->end) {
        const Source::Position at = source->position(verdict.where->begin);
        row["at"] = fmt::format("{}:{}:{}: {}", at.name, at.line, at.column, source->slice(*verdict.where));
      }
    }
    row["notes"] = verdict.notes;
    json["backends"].push_back(std::move(row));
  }
  if (plan.chosen) json["chosen"] = plan.candidates[*plan.chosen].backend->name();
  // Names of files may hold bytes that are not UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace polytap
