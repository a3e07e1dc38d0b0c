#include "core/plan/plan.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "core/plan/composed_backend.h"
#include "core/plan/split.h"

namespace polytap {

namespace {

std::string cost_text(double cost_ns) {
  if (cost_ns >= 1'000) return fmt::format("{:.1f} us", cost_ns / 1'000);
  return fmt::format("{:.0f} ns", cost_ns);
}

std::vector<std::string_view> split_names(std::string_view demanded) {
  std::vector<std::string_view> names;
  while (!demanded.empty()) {
    const size_t comma = demanded.find(',');
    if (comma != 0) names.push_back(demanded.substr(0, comma));
    demanded.remove_prefix(comma == std::string_view::npos ? demanded.size() : comma + 1);
  }
  return names;
}

// Makes one plan out of the answers of all backends.
class Planner {
 public:
  Planner(Plan& plan, const ir::Program& program, const Target& target, std::vector<std::string_view> demanded)
      : plan_(plan),
        program_(program),
        target_(target),
        demanded_(std::move(demanded)),
        asked_(plan.candidates.size()) {}

  void choose() {
    for (const std::string_view name : demanded_) {
      if (!known(name)) {
        std::vector<std::string_view> names;
        for (size_t i = 0; i < asked_; ++i) names.push_back(backend(i).name());
        plan_.why = fmt::format("there is no backend called '{}'; there are: {}", name, fmt::join(names, ", "));
        return;
      }
    }
    plan_.chosen = best_of([this](size_t i) { return plan_.candidates[i].verdict; });
    const bool in_full = plan_.chosen && plan_.candidates[*plan_.chosen].verdict.fidelity.empty();
    if (!in_full && demanded_.size() != 1 && split()) return;
    plan_.why = plan_.chosen ? why_chosen(in_full) : why_none();
  }

 private:
  Backend& backend(size_t i) const { return *plan_.candidates[i].backend; }

  bool known(std::string_view name) const {
    for (size_t i = 0; i < asked_; ++i) {
      if (backend(i).name() == name) return true;
    }
    return false;
  }

  bool allowed(size_t i) const {
    return demanded_.empty() || std::find(demanded_.begin(), demanded_.end(), backend(i).name()) != demanded_.end();
  }

  template <typename VerdictOf>
  std::optional<size_t> best_of(VerdictOf verdict_of) const {
    std::optional<size_t> best;
    std::tuple<bool, double> best_rank;
    for (size_t i = 0; i < asked_; ++i) {
      if (!allowed(i)) continue;
      const Verdict verdict = verdict_of(i);
      const std::tuple rank(!verdict.fidelity.empty(), verdict.cost_ns);
      if (!verdict.possible || (best && best_rank <= rank)) continue;
      best = i;
      best_rank = rank;
    }
    return best;
  }

  // Who carries out GROUP best, added to SHARES. False when nobody can.
  bool share_out(const FunctionGroup& group, std::vector<Share>& shares) const {
    const ir::Program part = part_of(program_, group);
    const auto best = best_of([&](size_t i) { return backend(i).can_run(part, target_); });
    if (!best) return false;
    const auto same = std::find_if(shares.begin(), shares.end(),
                                   [&](const Share& share) { return share.backend == &backend(*best); });
    if (same == shares.end()) {
      shares.push_back({&backend(*best), group, {}});
    } else {
      same->group.insert(same->group.end(), group.begin(), group.end());
      std::sort(same->group.begin(), same->group.end());
    }
    return true;
  }

  bool split() {
    const auto groups = independent_groups(program_);
    std::vector<Share> shares;
    for (const FunctionGroup& group : groups) {
      if (!share_out(group, shares)) return false;
    }
    if (shares.size() < 2) return false;
    for (Share& share : shares) {
      share.verdict = share.backend->can_run(part_of(program_, share.group), target_);
      if (!share.verdict.possible) return false;  // each group alone, but not all of them together
    }
    auto composed = compose(program_, std::move(shares));
    Verdict verdict = composed->can_run(program_, target_);
    if (plan_.chosen && !verdict.fidelity.empty()) return false;
    plan_.chosen = plan_.candidates.size();
    plan_.candidates.push_back({composed.get(), std::move(verdict)});
    plan_.composed.push_back(std::move(composed));
    plan_.why = "no backend answers it in full alone; its probes share no maps, so each goes where it is answered best";
    return true;
  }

  std::string why_chosen(bool in_full) const {
    const auto possible = std::count_if(plan_.candidates.begin(), plan_.candidates.end(),
                                        [](const Candidate& c) { return c.verdict.possible; });
    if (demanded_.size() == 1) return "you asked for it";
    if (possible == 1) return "the only one that can answer this here";
    return in_full ? "the cheapest that answers in full" : "the cheapest; none answers in full";
  }

  std::string why_none() const {
    if (demanded_.size() == 1) {
      for (size_t i = 0; i < asked_; ++i) {
        if (allowed(i)) {
          return fmt::format("backend {} cannot answer this: {}", backend(i).name(),
                             plan_.candidates[i].verdict.reason);
        }
      }
    }
    std::string why = "no backend can answer this here";
    for (size_t i = 0; i < asked_; ++i) {
      if (allowed(i)) why += fmt::format("\n  {}: {}", backend(i).name(), plan_.candidates[i].verdict.reason);
    }
    if (const std::string ties = shared_maps(); !ties.empty() && each_alone_is_possible()) {
      why += fmt::format(
          "\nEach probe alone could be answered, but they share {}: with maps of their own they would be "
          "split among the backends",
          ties);
    }
    return why;
  }

  bool each_alone_is_possible() const {
    std::vector<Share> shares;
    for (uint32_t f = 0; f < program_.functions.size(); ++f) {
      if (!share_out({f}, shares)) return false;
    }
    return true;
  }

  // The maps that several functions use: "@a, @b".
  std::string shared_maps() const {
    std::vector<uint32_t> users(program_.maps.size());
    for (uint32_t f = 0; f < program_.functions.size(); ++f) {
      const auto used = maps_of(program_, {f});
      for (size_t map = 0; map < used.size(); ++map) users[map] += used[map] ? 1 : 0;
    }
    std::string names;
    for (size_t map = 0; map < users.size(); ++map) {
      if (users[map] < 2) continue;
      if (!names.empty()) names += ", ";
      names += program_.maps[map].name;
    }
    return names;
  }

  Plan& plan_;
  const ir::Program& program_;
  const Target& target_;
  std::vector<std::string_view> demanded_;
  size_t asked_;  // candidates behind these were composed
};

}  // namespace

Plan make_plan(const std::vector<std::unique_ptr<Backend>>& backends, const ir::Program& program, const Target& target,
               std::string_view demanded) {
  Plan plan;
  for (const auto& backend : backends) plan.candidates.push_back({backend.get(), backend->can_run(program, target)});
  Planner(plan, program, target, split_names(demanded)).choose();
  return plan;
}

std::optional<Plan> quick_plan(const std::vector<std::unique_ptr<Backend>>& backends, const ir::Program& program,
                               const Target& target, std::string_view demanded) {
  Plan plan;
  for (const auto& backend : backends) {
    if (!demanded.empty() && demanded != backend->name()) continue;
    const auto cheaper = [&](const Candidate& candidate) {
      return candidate.verdict.cost_ns <= backend->least_cost_ns(program);
    };
    if (std::ranges::any_of(plan.candidates, cheaper)) continue;
    Verdict verdict = backend->can_run(program, target);
    const bool answers = verdict.possible && (verdict.fidelity.empty() || !demanded.empty());
    if (answers) plan.candidates.push_back({backend.get(), std::move(verdict)});
  }
  if (plan.candidates.empty()) return std::nullopt;
  const auto best = std::ranges::min_element(plan.candidates, {},
                                             [](const Candidate& candidate) { return candidate.verdict.cost_ns; });
  plan.chosen = static_cast<size_t>(best - plan.candidates.begin());
  plan.why = demanded.empty() ? "the cheapest that answers in full" : "you asked for it";
  return plan;
}

std::string explain(const Plan& plan, const Source* source) {
  size_t width = std::string_view("BACKEND").size();
  for (const Candidate& candidate : plan.candidates) width = std::max(width, candidate.backend->name().size());
  const size_t indent = width + 19;  // where the remarks begin
  std::string text =
      fmt::format("{:<{}} {:<4} {:>11}  {}\n", "BACKEND", width, "CAN", "COST/EVENT", "FIDELITY, OR WHY NOT");
  for (const Candidate& candidate : plan.candidates) {
    const Verdict& verdict = candidate.verdict;
    const std::string cost = verdict.possible ? cost_text(verdict.cost_ns) : "-";
    const std::string& remark =
        verdict.possible ? (verdict.fidelity.empty() ? "full" : verdict.fidelity) : verdict.reason;
    text += fmt::format("{:<{}} {:<4} {:>11}  {}\n", candidate.backend->name(), width, verdict.possible ? "yes" : "no",
                        cost, remark);
    if (source != nullptr && verdict.where && verdict.where->begin < verdict.where->end) {
      const Source::Position at = source->position(verdict.where->begin);
      text += fmt::format("{:{}} at {}:{}:{}: {}\n", "", indent, at.name, at.line, at.column,
                          source->slice(*verdict.where));
    }
    for (const std::string& note : verdict.notes) text += fmt::format("{:{}} {}\n", "", indent, note);
  }
  if (plan.chosen) {
    text += fmt::format("chosen: {} ({})\n", plan.candidates[*plan.chosen].backend->name(), plan.why);
  } else {
    text += fmt::format("chosen: none ({})\n", plan.why);
  }
  return text;
}

}  // namespace polytap
