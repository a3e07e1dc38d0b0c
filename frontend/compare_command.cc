#include "frontend/compare_command.h"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <optional>

#include <nlohmann/json.hpp>

#include "core/base/clock.h"
#include "core/output/stack_frames.h"
#include "core/plan/plan.h"
#include "core/run/launch.h"
#include "core/run/runner.h"
#include "frontend/answer.h"
#include "frontend/question.h"

namespace polytap {

namespace {

// What was compared and how it went.
struct Comparison {
  std::optional<uint64_t> untraced_ns;
  std::vector<Answer> answers;
  std::vector<Agreement> agreements;  // of each with the first
  std::vector<Candidate> refused;
};

// Runs the command untraced, for the slow-down.
Result<uint64_t> time_untraced(const std::vector<std::string>& argv) {
  LaunchNeeds quiet;
  quiet.discard_output = true;
  ASSIGN_OR_RETURN(const auto command, LaunchedCommand::create(argv, quiet));
  const uint64_t began = clock_ns(CLOCK_MONOTONIC);
  TRY(command->open_gate());
  while (!command->try_reap()) {
    pollfd end{command->pidfd(), POLLIN, 0};
    if (poll(&end, 1, -1) < 0 && errno != EINTR) return Error::from_errno("wait for the command");
  }
  return clock_ns(CLOCK_MONOTONIC) - began;
}

// The best of a few runs, so that a cold page cache or a busy machine does not flatter the traced ones; long commands
// run twice only.
Result<uint64_t> best_untraced(const std::vector<std::string>& argv) {
  constexpr int kMostRuns = 5;
  constexpr uint64_t kEnough = 500'000'000;
  uint64_t best = UINT64_MAX;
  uint64_t total = 0;
  for (int run = 0; run < kMostRuns && (run < 2 || total < kEnough); ++run) {
    ASSIGN_OR_RETURN(const uint64_t wall, time_untraced(argv));
    best = std::min(best, wall);
    total += wall;
  }
  return best;
}

// One prepared backend.
struct Contestant {
  std::unique_ptr<Session> session;
  std::unique_ptr<ProcessMaps> own_maps;
  std::unique_ptr<Symbolizer> symbolizer;
  std::unique_ptr<AnswerRecorder> recorder;
};

Result<Contestant> make_contestant(const Options& options, const Question& question, Backend& backend,
                                   const Target& target) {
  Contestant contestant;
  ASSIGN_OR_RETURN(contestant.session, backend.prepare(question.program(), target));
  contestant.own_maps = std::make_unique<ProcessMaps>();
  ProcessMaps* maps = contestant.session->process_maps();
  contestant.symbolizer =
      std::make_unique<Symbolizer>(maps != nullptr ? *maps : *contestant.own_maps,
                                   Symbolizer::Options{.demangle = question.program().settings.demangle,
                                                       .debug_directories = options.debug_directories,
                                                       .lines = shows_source_lines(question.program())});
  contestant.recorder = std::make_unique<AnswerRecorder>(question.program(), *question.source, *contestant.symbolizer,
                                                         question.compiled->types.get());
  return contestant;
}

// Asks BACKENDS on one run.
Result<std::vector<Answer>> ask(const Options& options, const Question& question, const std::vector<Backend*>& backends,
                                Target target, const std::vector<std::string>& argv) {
  const uint64_t began = clock_ns(CLOCK_MONOTONIC);
  std::unique_ptr<LaunchedCommand> command;
  if (!argv.empty()) {
    LaunchNeeds needs;
    for (Backend* backend : backends) {
      const LaunchNeeds wanted = options.system_wide ? LaunchNeeds{} : backend->launch_needs(question.program());
      if (!wanted.seccomp_filter.empty()) needs.seccomp_filter = wanted.seccomp_filter;
    }
    needs.discard_output = true;
    ASSIGN_OR_RETURN(command, LaunchedCommand::create(argv, needs));
    if (!options.system_wide) target.command = command.get();
  }
  ASSIGN_OR_RETURN(const SignalBlock signals, SignalBlock::create(question.program()));
  std::vector<Contestant> contestants;
  std::vector<Lane> lanes;
  for (Backend* backend : backends) {
    auto contestant = make_contestant(options, question, *backend, target);
    if (!contestant) return std::move(contestant).error().context(std::string(backend->name()));
    contestants.push_back(std::move(contestant).value());
    lanes.push_back({&question.program(), contestants.back().session.get(), contestants.back().recorder.get()});
  }
  const uint64_t prepared = clock_ns(CLOCK_MONOTONIC) - began;
  RunOptions run;
  run.command = command.get();
  run.has_target = !options.pids.empty();
  run.announce = false;
  ASSIGN_OR_RETURN(const RunReport report, run_lanes(lanes, run, signals));
  std::vector<Answer> answers;
  for (size_t i = 0; i < backends.size(); ++i) {
    Answer answer = contestants[i].recorder->take();
    answer.backend = backends[i]->name();
    answer.lane = report.lanes[i];
    answer.start_ns = prepared + report.start_ns;
    answer.wall_ns = report.wall_ns;
    answers.push_back(std::move(answer));
  }
  return answers;
}

std::string agreement_text(const Agreement& agreement, bool is_reference) {
  if (is_reference) return "(reference)";
  switch (agreement.degree) {
    case Agreement::Degree::kEqual:
      return "equal";
    case Agreement::Degree::kEqualButForAddresses:
      return "equal but for addresses";
    case Agreement::Degree::kEqualButForTiming:
      return "equal but for timing";
    case Agreement::Degree::kDifferent:
      return "DIFFERENT";
  }
  return {};
}

std::string milliseconds(uint64_t ns) { return fmt::format("{:.1f} ms", static_cast<double>(ns) / 1e6); }

uint64_t lost(const Losses& losses) { return losses.records + losses.updates + losses.missed; }

void print_table(const Comparison& comparison) {
  constexpr const char* kRow = "{:<10} {:>9} {:>6} {:>10} {:>11} {:>9}  {}\n";
  fmt::print(kRow, "BACKEND", "EVENTS", "LOST", "START-UP", "WALL", "SLOW-DOWN", "ANSWER");
  if (comparison.untraced_ns)
    fmt::print(kRow, "(untraced)", "-", "-", "-", milliseconds(*comparison.untraced_ns), "1.00", "-");
  for (size_t i = 0; i < comparison.answers.size(); ++i) {
    const Answer& answer = comparison.answers[i];
    const std::string slow_down =
        comparison.untraced_ns
            ? fmt::format("{:.2f}", static_cast<double>(answer.wall_ns) / static_cast<double>(*comparison.untraced_ns))
            : "-";
    fmt::print(kRow, answer.backend, answer.lane.events ? std::to_string(*answer.lane.events) : "?",
               lost(answer.lane.losses), milliseconds(answer.start_ns), milliseconds(answer.wall_ns), slow_down,
               agreement_text(comparison.agreements[i], i == 0));
  }
  for (const Candidate& candidate : comparison.refused) {
    fmt::print("{:<10} cannot: {}\n", candidate.backend->name(), candidate.verdict.reason);
  }
  for (const Agreement& agreement : comparison.agreements) {
    if (!agreement.first_difference.empty()) fmt::print("first difference: {}\n", agreement.first_difference);
  }
}

bool all_agree(const Comparison& comparison) {
  for (const Agreement& agreement : comparison.agreements) {
    if (agreement.degree == Agreement::Degree::kDifferent) return false;
  }
  return true;
}

void print_text(const Comparison& comparison) {
  print_table(comparison);
  const bool once = all_agree(comparison);
  for (size_t i = 0; i < comparison.answers.size(); ++i) {
    const Answer& answer = comparison.answers[i];
    const bool exact = comparison.agreements[i].degree == Agreement::Degree::kEqual;
    if (once && i > 0 && exact) continue;
    fmt::print("\n--- the answer{}\n{}", once && comparison.answers.size() > 1 && i == 0 ? "" : " of " + answer.backend,
               answer.text);
  }
}

void print_json(const Comparison& comparison) {
  nlohmann::ordered_json json;
  if (comparison.untraced_ns) json["untraced_wall_ns"] = *comparison.untraced_ns;
  json["agree"] = all_agree(comparison);
  for (size_t i = 0; i < comparison.answers.size(); ++i) {
    const Answer& answer = comparison.answers[i];
    nlohmann::ordered_json row = {{"backend", answer.backend},
                                  {"answer", answer.text},
                                  {"agreement", agreement_text(comparison.agreements[i], i == 0)},
                                  {"first_difference", comparison.agreements[i].first_difference},
                                  {"lost", lost(answer.lane.losses)},
                                  {"start_ns", answer.start_ns},
                                  {"wall_ns", answer.wall_ns}};
    if (answer.lane.events) row["events"] = *answer.lane.events;
    json["backends"].push_back(std::move(row));
  }
  for (const Candidate& candidate : comparison.refused) {
    json["refused"].push_back({{"backend", candidate.backend->name()}, {"reason", candidate.verdict.reason}});
  }
  fmt::print("{}\n", json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

Result<Comparison> compare(const Options& options, const Question& question, const BackendList& backends) {
  std::vector<std::string> argv;
  if (!options.command.empty()) {
    ASSIGN_OR_RETURN(argv, split_command(options.command));
  }
  ASSIGN_OR_RETURN(Target target, choose_target(options, question));
  target.counts_events = true;
  Target judged = target;
  if (!argv.empty() && !options.system_wide) {
    judged.will_launch = true;
    judged.command_line = target.command_line = options.command;
  }
  Plan plan = make_plan(backends, question.program(), judged, {});
  const auto possible = std::count_if(plan.candidates.begin(), plan.candidates.end(),
                                      [](const Candidate& candidate) { return candidate.verdict.possible; });
  if (options.together && possible > 1) {
    judged.beside_others = true;
    plan = make_plan(backends, question.program(), judged, {});
  }
  Comparison comparison;
  std::vector<Backend*> capable;
  for (const Candidate& candidate : plan.candidates) {
    if (candidate.verdict.possible) {
      capable.push_back(candidate.backend);
    } else {
      comparison.refused.push_back({candidate.backend, candidate.verdict});
    }
  }
  if (capable.empty()) return Error(plan.why);
  if (!argv.empty()) {
    ASSIGN_OR_RETURN(comparison.untraced_ns, best_untraced(argv));
  }
  if (options.together) {
    ASSIGN_OR_RETURN(comparison.answers, ask(options, question, capable, target, argv));
  } else {
    for (Backend* backend : capable) {
      ASSIGN_OR_RETURN(auto answers, ask(options, question, {backend}, target, argv));
      comparison.answers.push_back(std::move(answers.front()));
    }
  }
  const bool time_matters = depends_on_time(question.program());
  for (const Answer& answer : comparison.answers) {
    comparison.agreements.push_back(compare_answers(comparison.answers.front(), answer, time_matters));
  }
  if (options.format == OutputFormat::kJson) {
    print_json(comparison);
  } else {
    print_text(comparison);
  }
  return comparison;
}

}  // namespace

int compare_command(const Options& options, const BackendList& backends) {
  const auto question = load_question(options);
  if (question == nullptr) return 1;
  const auto comparison = compare(options, *question, backends);
  if (!comparison) {
    fmt::print(stderr, "ERROR: {}\n", comparison.error().message());
    return 1;
  }
  return all_agree(*comparison) ? 0 : 1;
}

}  // namespace polytap
