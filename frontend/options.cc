#include "frontend/options.h"

#include <algorithm>
#include <span>

#include <CLI/CLI.hpp>

#include "frontend/version.h"

namespace polytap {

namespace {

constexpr const char* kFooter = R"(
Examples:
  polytap -e 'tracepoint:syscalls:sys_enter_openat { @[str(args.filename)] = count(); }' -c 'git --version'
      which files a command opens; with root through eBPF, without through ptrace
  polytap compare -e 'tracepoint:raw_syscalls:sys_enter { @[comm] = count(); }' -c 'ls /'
      the same question on every backend that can answer it
  polytap doctor
      what this machine and this user can do, and how to get the rest
Exit status: 0, n after exit(n) in the script, 1 for errors in the script or while tracing, 2 for a wrong command line.)";

constexpr const char* kSummary =
    "polytap: ask once, trace anywhere. Runs bpftrace's language on eBPF, ptrace, ftrace or\n"
    "uprobes, whichever answers best.\n"
    "Other commands: polytap compare --help, polytap doctor --help, polytap strace --help,\n"
    "polytap symbolize --help.";

// The options that every way of asking a question has.
void add_question(CLI::App& app, Options& options, std::vector<std::string>& positional) {
  app.add_option("-e", options.script_text, "The script itself")->type_name("SCRIPT");
  app.add_option("-c,--cmd", options.command, "Run COMMAND and trace it and its children; the run ends with it")
      ->type_name("COMMAND");
  app.add_option("-p,--pid", options.pids, "Trace process PID and its children (repeatable)")
      ->type_name("PID")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_flag("-a,--system-wide", options.system_wide, "Trace every process even with -c or -p");
  app.add_option("-o,--output", options.output_path, "Write the answer to FILE")->type_name("FILE");
  app.add_option("-I", options.include_folders, "Look for #include files in FOLDER too (repeatable)")
      ->type_name("FOLDER")
      ->allow_extra_args(false);
  app.add_option("--include", options.include_files, "#include FILE in front of the script (repeatable)")
      ->type_name("FILE")
      ->allow_extra_args(false);
  app.add_flag("--unsafe", options.allow_unsafe, "Allow functions that change the system (system())");
  app.add_flag("-q,--quiet", options.quiet, "Only the answer: no 'Attached N probes'");
  app.add_flag("-v,--verbose", options.verbose, "Say more about what is done");
  app.add_flag("--no-warnings", options.no_warnings, "Do not print warnings about the script");
  app.add_option("SCRIPT", positional, "Script file (without -e), then the script's positional parameters $1...");
  app.positionals_at_end(false);
}

// What is not yet in Options' form.
struct Choices {
  std::vector<std::string> stages;
  std::string buffering;
  bool info = false;
  bool ignored = false;
};

// What -d takes, and what it prints; bpftrace's stages behind its tree of the syntax show what polytap's IR does.
struct Stage {
  const char* name;
  DumpStage prints;
};
constexpr Stage kStages[] = {{"ast", DumpStage::kTree},        {"ir", DumpStage::kProgram},
                             {"all", DumpStage::kAll},         {"types", DumpStage::kProgram},
                             {"codegen", DumpStage::kProgram}, {"codegen-opt", DumpStage::kProgram}};

std::vector<std::string> stages() {
  std::vector<std::string> names;
  for (const Stage& stage : kStages) names.emplace_back(stage.name);
  return names;
}

void take_choices(Options& options, const Choices& choices) {
  for (const std::string& word : choices.stages) {
    const auto* stage = std::ranges::find(kStages, word, &Stage::name);
    const bool other = options.dump != DumpStage::kNone && options.dump != stage->prints;
    options.dump = other ? DumpStage::kAll : stage->prints;
  }
  if (choices.buffering == "line") options.buffering = Buffering::kLine;
  if (choices.buffering == "none") options.buffering = Buffering::kNone;
  if (choices.info) options.action = Action::kDoctor;
}

void add_format(CLI::App& app, std::string& format) {
  app.add_option("-f,--format", format, "text or json")->type_name("FORMAT")->check(CLI::IsMember({"text", "json"}));
}

void add_run(CLI::App& app, Options& options, Choices& choices, std::vector<std::string>& positional,
             std::string& format) {
  add_question(app, options, positional);
  app.add_option("-b,--backend", options.backend,
                 "Take this backend instead of the best one; of several, separated by commas, the best, or a part each")
      ->type_name("NAME");
  app.add_flag("--explain", options.explain,
               "For every backend: can it, at what cost, or why not (with -f json as JSON); then end");
  add_format(app, format);
  app.add_option("-l,--list", options.list_pattern,
                 "List the probes that match PATTERN (* ? [...]); -v with their arguments")
      ->type_name("PATTERN")
      ->expected(0, 1);
  app.add_option("--debuginfo", options.debug_directories,
                 "Look for separate debug files of programs in DIR, too; may be repeated")
      ->type_name("DIR")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  app.add_option("--dwarf-pid", "Taken for bpftrace's sake: stacks of every process are unwound without being asked")
      ->type_name("PID");
  app.add_flag("--dry-run", options.dry_run, "Check the script and load it, but trace nothing");
  app.add_flag_callback(
      "--test", [&options] { options.mode = RunMode::kTest; }, "Run the script's tests (test:name), then end");
  app.add_flag_callback(
      "--bench", [&options] { options.mode = RunMode::kBench; }, "Time the script's benchmarks (bench:name), then end");
  app.add_option_function<std::string>(
         "--mode",
         [&options](const std::string& mode) {
           options.mode = mode == "test" ? RunMode::kTest : mode == "bench" ? RunMode::kBench : RunMode::kTrace;
           options.format_script = mode == "format";
           options.dry_run = mode == "codegen";
         },
         "test, bench, format or codegen: the same as --test, --bench, --fmt and --dry-run")
      ->type_name("MODE")
      ->check(CLI::IsMember({"test", "bench", "format", "codegen"}));
  app.add_flag("--fmt", options.format_script, "Print the script in polytap's layout");
  app.add_option("-d,--dump,--debug", choices.stages,
                 "Print a stage of the compilation and end: ast, ir (when not said) or all")
      ->type_name("STAGE")
      ->delimiter(',')
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->check(CLI::IsMember(stages()));
  app.add_flag("-k,--warnings", options.report_faults, "Tell every read that failed, with its place in the script");
  app.add_option("--probe-filter", options.probe_filter,
                 "Of the script's probes only those whose name matches GLOB (BEGIN and END too)")
      ->type_name("GLOB");
  app.add_flag("--info", choices.info, "What this kernel offers: the same as polytap doctor");
  app.add_flag("--usdt-file-activation", choices.ignored,
               "Accepted for bpftrace's users; semaphores are always found by the file");
  app.add_flag("--btf", choices.ignored, "Accepted for bpftrace's users; the kernel's types are always used");
  app.add_flag("--verify-llvm-ir", choices.ignored, "Accepted for bpftrace's users; there is no LLVM here");
  app.add_option("--no-feature", "Accepted for bpftrace's users: how probes are attached follows from the kernel")
      ->type_name("NAME,...")
      ->delimiter(',')
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)
      ->check(CLI::IsMember({"kprobe_multi", "kprobe_session", "uprobe_multi"}));
  app.add_option("--traceable-functions", options.traceable_functions,
                 "The kernel functions that can be probed stand in FILE, as in available_filter_functions of tracefs")
      ->type_name("FILE")
      ->check(CLI::ExistingFile);
  app.footer(kFooter);
  app.set_version_flag("-V,--version", std::string("polytap ") + kVersion);
  app.add_option("-B", choices.buffering,
                 "Output goes out when nothing waits (full), behind each line (line) or at once (none)")
      ->type_name("MODE")
      ->check(CLI::IsMember({"full", "line", "none"}));
}

void add_compare(CLI::App& app, Options& options, std::vector<std::string>& positional, std::string& format) {
  add_question(app, options, positional);
  app.add_flag("--together", options.together, "All backends on the same run at the same time");
  add_format(app, format);
}

void add_doctor(CLI::App& app, Options& options, std::string& format) {
  app.add_flag("--clean", options.clean, "Remove what polytap processes that were killed left in the kernel");
  add_format(app, format);
}

// Positional arguments: the script file first unless -e gave the script.
void take_positional(Options& options, const CLI::App& app, std::vector<std::string> positional) {
  if (app.count("-e") != 0) {
    options.has_script = true;
  } else if (!positional.empty()) {
    options.script_path = positional.front();
    positional.erase(positional.begin());
    options.has_script = true;
  }
  options.parameters = std::move(positional);
}

// One or several of them, with commas.
bool names_stage(std::string_view word) {
  const std::string_view first = word.substr(0, word.find(','));
  return std::ranges::find(kStages, first, &Stage::name) != std::end(kStages);
}

// As CLI11 takes a vector: the last argument first, without the program's name.
std::vector<std::string> reversed_arguments(std::span<char* const> given) {
  std::vector<std::string> arguments;
  for (size_t i = given.size(); i-- > 0;) {
    const std::string_view word = given[i];
    // -lv is how everybody lists probes with their arguments; to CLI11 it is -l with the pattern "v".
    if (word == "-lv") {
      arguments.emplace_back("-l");
      arguments.emplace_back("-v");
    } else if (word == "-kk") {
      arguments.emplace_back("-k");
    } else if (word == "-dd") {
      arguments.emplace_back("--dump=all");
    } else if ((word == "-d" || word == "--dump") && (i + 1 == given.size() || !names_stage(given[i + 1]))) {
      arguments.emplace_back("--dump=ir");
    } else if (word == "-b" && i + 1 < given.size() && given[i + 1][0] == '-') {
      continue;  // bpftrace's -b, which is --btf, takes nothing
    } else {
      arguments.emplace_back(word);
    }
  }
  return arguments;
}

// Behind `--`: --name and --name=value are for the script's getopt(), the rest are positional.
void take_script_arguments(Options& options, std::span<char* const> given) {
  for (const std::string_view word : given) {
    if (!word.starts_with("--") || word.size() == 2) {
      options.parameters.emplace_back(word);
      continue;
    }
    const size_t equals = word.find('=');
    const std::string_view name = word.substr(2, equals == std::string_view::npos ? equals : equals - 2);
    if (name == "help") options.help_of_script = true;
    options.named_parameters.emplace_back(name, equals == std::string_view::npos ? "" : word.substr(equals + 1));
  }
}

}  // namespace

std::variant<Options, int> parse_options(int argc, char** argv) {
  Options options;
  std::vector<std::string> positional;
  std::string format = "text";
  Choices choices;
  // A command is recognized as the first word only, so that scripts may have parameters called "compare" or "doctor".
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "compare") options.action = Action::kCompare;
  if (command == "doctor") options.action = Action::kDoctor;
  CLI::App app(kSummary, options.action == Action::kRun ? "polytap" : "polytap " + std::string(command));
  switch (options.action) {
    case Action::kRun:
      add_run(app, options, choices, positional, format);
      break;
    case Action::kCompare:
      add_compare(app, options, positional, format);
      break;
    case Action::kDoctor:
      add_doctor(app, options, format);
      break;
  }
  std::span<char* const> words(argv + 1, static_cast<size_t>(std::max(argc - 1, 0)));
  if (options.action != Action::kRun) words = words.subspan(1);
  const auto separator =
      std::find_if(words.begin(), words.end(), [](const char* word) { return std::string_view(word) == "--"; });
  const auto own = static_cast<size_t>(separator - words.begin());
  const std::span<char* const> for_script = words.subspan(std::min(own + 1, words.size()));
  try {
    app.parse(reversed_arguments(words.first(own)));
  } catch (const CLI::ParseError& error) {
    // CLI11 reports by exceptions; help and version end with 0, everything else is a wrong command line.
    return app.exit(error) == 0 ? 0 : 2;
  }
  take_choices(options, choices);
  options.format = format == "json" ? OutputFormat::kJson : OutputFormat::kText;
  if (options.action == Action::kDoctor) return options;
  options.list = options.action == Action::kRun && app.count("-l") != 0;
  take_positional(options, app, std::move(positional));
  take_script_arguments(options, for_script);
  if (!options.has_script && !options.list) {
    std::fputs("polytap: no script: give a file, or the script itself with -e. See polytap --help.\n", stderr);
    return 2;
  }
  return options;
}

}  // namespace polytap
