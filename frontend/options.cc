#include "frontend/options.h"

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
    "Other commands: polytap compare --help, polytap doctor --help, polytap strace --help.";

// The options that every way of asking a question has.
void add_question(CLI::App& app, Options& options, std::vector<std::string>& positional) {
  app.add_option("-e", options.script_text, "The script itself")->type_name("SCRIPT");
  app.add_option("-c", options.command, "Run COMMAND and trace it and its children; the run ends with it")
      ->type_name("COMMAND");
  app.add_option("-p", options.pids, "Trace process PID and its children (repeatable)")
      ->type_name("PID")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_flag("-a,--system-wide", options.system_wide, "Trace every process even with -c or -p");
  app.add_option("-o", options.output_path, "Write the answer to FILE")->type_name("FILE");
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

void add_format(CLI::App& app, std::string& format) {
  app.add_option("-f,--format", format, "text or json")->type_name("FORMAT")->check(CLI::IsMember({"text", "json"}));
}

void add_run(CLI::App& app, Options& options, std::vector<std::string>& positional, std::string& format) {
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
  app.add_flag("--dry-run", options.dry_run, "Check the script and load it, but trace nothing");
  app.add_flag("--fmt", options.format_script, "Print the script in polytap's layout");
  app.add_flag("-d,--dump", options.dump_ir, "Print the intermediate representation");
  app.footer(kFooter);
  app.set_version_flag("-V,--version", std::string("polytap ") + kVersion);
  app.add_option("-B", "Accepted for bpftrace's users; output is always flushed when nothing waits")->type_name("MODE");
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

// As CLI11 takes a vector: the last argument first, without the program's name.
std::vector<std::string> reversed_arguments(int argc, char** argv) {
  std::vector<std::string> arguments;
  for (int i = argc - 1; i > 0; --i) {
    // -lv is how everybody lists probes with their arguments; to CLI11 it is -l with the pattern "v".
    if (std::string_view(argv[i]) == "-lv") {
      arguments.emplace_back("-l");
      arguments.emplace_back("-v");
    } else {
      arguments.emplace_back(argv[i]);
    }
  }
  return arguments;
}

}  // namespace

std::variant<Options, int> parse_options(int argc, char** argv) {
  Options options;
  std::vector<std::string> positional;
  std::string format = "text";
  // A command is recognized as the first word only, so that scripts may have parameters called "compare" or "doctor".
  const std::string_view command = argc > 1 ? argv[1] : "";
  if (command == "compare") options.action = Action::kCompare;
  if (command == "doctor") options.action = Action::kDoctor;
  CLI::App app(kSummary, options.action == Action::kRun ? "polytap" : "polytap " + std::string(command));
  switch (options.action) {
    case Action::kRun:
      add_run(app, options, positional, format);
      break;
    case Action::kCompare:
      add_compare(app, options, positional, format);
      break;
    case Action::kDoctor:
      add_doctor(app, options, format);
      break;
  }
  const int skipped = options.action == Action::kRun ? 0 : 1;
  try {
    app.parse(reversed_arguments(argc - skipped, argv + skipped));
  } catch (const CLI::ParseError& error) {
    // CLI11 reports by exceptions; help and version end with 0, everything else is a wrong command line.
    return app.exit(error) == 0 ? 0 : 2;
  }
  options.format = format == "json" ? OutputFormat::kJson : OutputFormat::kText;
  if (options.action == Action::kDoctor) return options;
  options.list = options.action == Action::kRun && app.count("-l") != 0;
  take_positional(options, app, std::move(positional));
  if (!options.has_script && !options.list) {
    std::fputs("polytap: no script: give a file, or the script itself with -e. See polytap --help.\n", stderr);
    return 2;
  }
  return options;
}

}  // namespace polytap
