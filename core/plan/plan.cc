#include "core/plan/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

#include <nlohmann/json.hpp>

namespace polytap {

namespace {

std::string cost_text(double cost_ns) {
  if (cost_ns >= 1'000) return fmt::format("{:.1f} us", cost_ns / 1'000);
  return fmt::format("{:.0f} ns", cost_ns);
}

// "stdin:1:7: str(args.buf)": the expression that a refusal is about.
std::optional<std::string> refused_place(const Verdict& verdict, const Source* source) {
  if (source == nullptr || !verdict.where || verdict.where->begin >= verdict.where->end) return std::nullopt;
  const Source::Position at = source->position(verdict.where->begin);
  return fmt::format("{}:{}:{}: {}", source->name(), at.line, at.column, source->slice(*verdict.where));
}

void choose_demanded(Plan& plan, std::string_view demanded) {
  for (size_t i = 0; i < plan.candidates.size(); ++i) {
    const Candidate& candidate = plan.candidates[i];
    if (candidate.backend->name() != demanded) continue;
    if (candidate.verdict.possible) {
      plan.chosen = i;
      plan.why = "you asked for it";
    } else {
      plan.why = fmt::format("backend {} cannot answer this: {}", demanded, candidate.verdict.reason);
    }
    return;
  }
  std::vector<std::string_view> names;
  for (const Candidate& candidate : plan.candidates) names.push_back(candidate.backend->name());
  plan.why = fmt::format("there is no backend called '{}'; there are: {}", demanded, fmt::join(names, ", "));
}

void choose_best(Plan& plan) {
  const auto rank = [&](size_t i) {
    const Verdict& verdict = plan.candidates[i].verdict;
    return std::tuple(!verdict.fidelity.empty(), verdict.cost_ns, i);
  };
  for (size_t i = 0; i < plan.candidates.size(); ++i) {
    if (plan.candidates[i].verdict.possible && (!plan.chosen || rank(i) < rank(*plan.chosen))) plan.chosen = i;
  }
  if (!plan.chosen) {
    plan.why = "no backend can answer this here";
    for (const Candidate& candidate : plan.candidates) {
      plan.why += fmt::format("\n  {}: {}", candidate.backend->name(), candidate.verdict.reason);
    }
    return;
  }
  const size_t possible = static_cast<size_t>(std::count_if(plan.candidates.begin(), plan.candidates.end(),
                                                            [](const Candidate& c) { return c.verdict.possible; }));
  const bool in_full = plan.candidates[*plan.chosen].verdict.fidelity.empty();
  if (possible == 1) {
    plan.why = "the only one that can answer this here";
  } else {
    plan.why = in_full ? "the cheapest that answers in full" : "the cheapest; none answers in full";
  }
}

}  // namespace

Plan make_plan(const std::vector<std::unique_ptr<Backend>>& backends, const ir::Program& program, const Target& target,
               std::string_view demanded) {
  Plan plan;
  for (const auto& backend : backends) plan.candidates.push_back({backend.get(), backend->can_run(program, target)});
  if (demanded.empty()) {
    choose_best(plan);
  } else {
    choose_demanded(plan, demanded);
  }
  return plan;
}

std::string explain(const Plan& plan, const Source* source) {
  std::string text = fmt::format("{:<8} {:<4} {:>11}  {}\n", "BACKEND", "CAN", "COST/EVENT", "FIDELITY, OR WHY NOT");
  for (const Candidate& candidate : plan.candidates) {
    const Verdict& verdict = candidate.verdict;
    const std::string cost = verdict.possible ? cost_text(verdict.cost_ns) : "-";
    const std::string& remark =
        verdict.possible ? (verdict.fidelity.empty() ? "full" : verdict.fidelity) : verdict.reason;
    text += fmt::format("{:<8} {:<4} {:>11}  {}\n", candidate.backend->name(), verdict.possible ? "yes" : "no", cost,
                        remark);
    if (const auto place = refused_place(verdict, source)) text += fmt::format("{:26} at {}\n", "", *place);
    for (const std::string& note : verdict.notes) text += fmt::format("{:26} {}\n", "", note);
  }
  if (plan.chosen) {
    text += fmt::format("chosen: {} ({})\n", plan.candidates[*plan.chosen].backend->name(), plan.why);
  } else {
    text += fmt::format("chosen: none ({})\n", plan.why);
  }
  return text;
}

std::string explain_json(const Plan& plan, const Source* source) {
  nlohmann::ordered_json json;
  json["backends"] = nlohmann::ordered_json::array();
  for (const Candidate& candidate : plan.candidates) {
    const Verdict& verdict = candidate.verdict;
    nlohmann::ordered_json row = {{"backend", candidate.backend->name()}, {"possible", verdict.possible}};
    if (verdict.possible) {
      row["cost_ns"] = verdict.cost_ns;
      row["fidelity"] = verdict.fidelity;
    } else {
      row["reason"] = verdict.reason;
      if (const auto place = refused_place(verdict, source)) row["at"] = *place;
    }
    row["notes"] = verdict.notes;
    json["backends"].push_back(std::move(row));
  }
  json["chosen"] = nullptr;
  if (plan.chosen) json["chosen"] = plan.candidates[*plan.chosen].backend->name();
  json["why"] = plan.why;
  return json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace polytap
