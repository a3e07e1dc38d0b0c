#include "frontend/run_command.h"

#include <fmt/format.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>

#include "core/ir/text.h"
#include "core/lang/dump.h"
#include "core/lang/parse.h"
#include "core/lang/print.h"
#include "core/output/fd_sink.h"
#include "core/output/renderer.h"
#include "core/output/stack_frames.h"
#include "core/plan/explain_json.h"
#include "core/plan/plan.h"
#include "core/run/launch.h"
#include "core/run/runner.h"
#include "core/symbol/symbolizer.h"
#include "frontend/list_command.h"
#include "frontend/question.h"

namespace polytap {

namespace {

// Whoever read standard error may have gone, and then fmt::print() throws.
void say(const std::string& text) { std::fputs(text.c_str(), stderr); }

int fail(const Error& error) {
  say(fmt::format("ERROR: {}\n", error.message()));
  return 1;
}

// What went wrong when the script was carried out: shown where it stands, if it is about one place.
int fail_at(const Source& source, const Error& error) {
  if (!error.place()) return fail(error);
  Diagnostics diagnostics;
  diagnostics.error(*error.place(), error.message());
  say(render(source, diagnostics));
  return 1;
}

int print_formatted(const Options& options) {
  const auto source = read_script(options);
  if (!source) return fail(source.error());
  Diagnostics diagnostics;
  const ast::Script script = parse(*source, diagnostics);
  fmt::print(stderr, "{}", render(*source, diagnostics));
  if (diagnostics.has_errors()) return 1;
  fmt::print("{}", print(script));
  return 0;
}

int status_of_report(const RunReport& report) {
  const int code = report.lanes.empty() ? 0 : report.lanes.front().exit_code;
  return code == 0 && report.failed ? 1 : code;
}

int print_tree(const Options& options) {
  const auto source = read_script(options);
  if (!source) return fail(source.error());
  Diagnostics diagnostics;
  const ast::Script script = parse(*source, diagnostics);
  fmt::print(stderr, "{}", render(*source, diagnostics));
  if (diagnostics.has_errors()) return 1;
  fmt::print("{}", dump(script));
  return 0;
}

// Everything from the chosen backend on.
Result<int> carry_out(const Options& options, const Question& question, Backend& backend, Target target) {
  std::unique_ptr<LaunchedCommand> command;
  if (!options.command.empty()) {
    ASSIGN_OR_RETURN(const auto argv, split_command(options.command));
    const LaunchNeeds needs = options.system_wide ? LaunchNeeds{} : backend.launch_needs(question.program());
    ASSIGN_OR_RETURN(command, LaunchedCommand::create(argv, needs));
    if (!options.system_wide) target.command = command.get();
  }
  std::signal(SIGPIPE, SIG_IGN);  // a reader that has gone is an error of write(2), which ends the run
  ASSIGN_OR_RETURN(const SignalBlock signals, SignalBlock::create(question.program()));
  ASSIGN_OR_RETURN(auto session, backend.prepare(question.program(), target));
  if (options.dry_run) return 0;

  auto sink = std::make_unique<FdSink>(STDOUT_FILENO, STDERR_FILENO);
  if (!options.output_path.empty()) {
    ASSIGN_OR_RETURN(sink, FdSink::create_file(options.output_path, STDERR_FILENO));
  }
  sink->set_buffering(options.buffering);
  ProcessMaps own_maps;
  ProcessMaps* maps = session->process_maps();
  Symbolizer symbolizer(maps != nullptr ? *maps : own_maps, {.demangle = question.program().settings.demangle,
                                                             .debug_directories = options.debug_directories,
                                                             .lines = shows_source_lines(question.program()),
                                                             .hold_files = shows_user_names(question.program())});
  const auto renderer = make_renderer(options.format, question.program(), *question.source, symbolizer, *sink,
                                      question.compiled->types.get());
  if (options.no_warnings) renderer->mute_warnings();
  RunOptions run;
  run.command = command.get();
  run.has_target = !options.pids.empty();
  run.announce = !options.quiet && options.mode == RunMode::kTrace;
  run.mode = options.mode;
  run.notify_attached = std::getenv("__BPFTRACE_NOTIFY_PROBES_ATTACHED") != nullptr;
  run.sink = sink.get();
  ASSIGN_OR_RETURN(const RunReport report,
                   run_lanes({{&question.program(), session.get(), renderer.get()}}, run, signals));
  if (sink->failed()) return sink->failure().error();
  if (options.verbose) {
    const LaneReport& lane = report.lanes.front();
    say(fmt::format("backend {}: attached in {:.1f} ms, ran {:.1f} ms, {} events, {} reads of absent memory\n",
                    backend.name(), static_cast<double>(report.start_ns) / 1e6,
                    static_cast<double>(report.wall_ns) / 1e6, lane.events ? std::to_string(*lane.events) : "?",
                    lane.losses.faults));
  }
  return status_of_report(report);
}

}  // namespace

int run_command(const Options& options, const BackendList& backends) {
  if (options.list) return list_command(options);
  if (options.format_script) return print_formatted(options);
  if (options.dump == DumpStage::kTree || options.dump == DumpStage::kAll) {
    const int status = print_tree(options);
    if (status != 0 || options.dump == DumpStage::kTree) return status;
  }
  const auto question = load_question(options);
  if (question == nullptr) return 1;
  if (options.help_of_script) return 0;
  if (options.dump == DumpStage::kProgram || options.dump == DumpStage::kAll) {
    fmt::print("{}", ir::to_text(question->program()));
    return 0;
  }
  auto target = choose_target(options, *question);
  if (!target) return fail(target.error());

  // Backends judge a question about a command before there is one.
  Target judged = *target;
  if (!options.command.empty() && !options.system_wide) {
    judged.will_launch = true;
    judged.command_line = target->command_line = options.command;
  }
  std::optional<Plan> quick;
  if (!options.explain && !options.verbose) quick = quick_plan(backends, question->program(), judged, options.backend);
  const Plan plan = quick ? std::move(*quick) : make_plan(backends, question->program(), judged, options.backend);
  if (options.explain) {
    const bool as_json = options.format == OutputFormat::kJson;
    fmt::print("{}", as_json ? explain_json(plan, &*question->source) : explain(plan, &*question->source));
    return plan.chosen ? 0 : 1;
  }
  if (!plan.chosen) return fail(Error(plan.why));
  if (options.verbose) fmt::print(stderr, "{}", explain(plan, &*question->source));
  const auto status = carry_out(options, *question, *plan.candidates[*plan.chosen].backend, std::move(target).value());
  return status ? *status : fail_at(*question->source, status.error());
}

}  // namespace polytap
