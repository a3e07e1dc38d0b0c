#include "frontend/strace_option_checks.h"

#include <fmt/format.h>

#include "frontend/strace_option_table.h"

namespace polytap {
namespace {

struct BothWays {
  int letter;
  int long_option;
  const char* names;
};
// A letter that counts how often it is given, and a long option that says the same in a word.
constexpr BothWays kBothWays[] = {
    {'t', kAbsolute, "-t and --absolute-timestamps"}, {'q', kQuiet, "-q and -e quiet/--quiet"},
    {'y', kDecodeFds, "-y and --decode-fds"},         {'x', kStringsInHex, "-x and --strings-in-hex"},
    {'D', kDaemonize, "-D and --daemonize"},
};

struct WithoutEffect {
  int option;
  const char* name;
};
constexpr WithoutEffect kUnderSummary[] = {
    {'i', "-i/--instruction-pointer"}, {'k', "-k/--stack-traces"},        {'n', "-n/--syscall-number"},
    {'r', "-r/--relative-timestamps"}, {'t', "-t/--absolute-timestamps"}, {'T', "-T/--syscall-times"},
    {'y', "-y/--decode-fds"},
};

}  // namespace

std::optional<OptionComplaint> OptionChecks::mistake() const {
  constexpr int kMostDaemonize = 3;
  const auto fail = [](std::string message) { return OptionComplaint{std::move(message), true}; };
  for (const BothWays& both : kBothWays) {
    if (given(both.letter) && given(both.long_option)) {
      return OptionComplaint{fmt::format("{} cannot be provided simultaneously", both.names), false};
    }
  }
  if (given('D') && counts_.at('D') > kMostDaemonize) {
    return fail(fmt::format("Too many -D's ({}), maximum supported -D count is {}", counts_.at('D'), kMostDaemonize));
  }
  if (options_.command.empty() && options_.pids.empty()) return fail("must have PROG [ARGS] or -p PID");
  if (options_.command.empty() && options_.daemonize != 0) {
    return fail("PROG [ARGS] must be specified with -D/--daemonize");
  }
  if (given('c') && given('C')) return fail("-c/--summary-only and -C/--summary are mutually exclusive");
  const bool summary = given('c') || given('C');
  if (summary && options_.output_separately) {
    return fail("(-c/--summary-only or -C/--summary) and -ff/--output-separately are mutually exclusive");
  }
  constexpr const char* kOnlyWithSummary = "must be given with (-c/--summary-only or -C/--summary)";
  if (given('w') && !summary) return fail(fmt::format("-w/--summary-wall-clock {}", kOnlyWithSummary));
  if (given('U') && !summary) return fail(fmt::format("-U/--summary-columns {}", kOnlyWithSummary));
  return std::nullopt;
}

std::vector<std::string> OptionChecks::warnings() const {
  std::vector<std::string> texts;
  if (given('F')) {
    texts.emplace_back(given('f') ? "deprecated option -F ignored"
                                  : "option -F is deprecated, please use -f/--follow-forks instead");
  }
  if (given('A') && options_.output.empty()) {
    texts.emplace_back("-A/--output-append-mode has no effect without -o/--output");
  }
  if (given('S') && options_.summary == StraceOptions::Summary::kNone) {
    texts.emplace_back("-S/--summary-sort-by has no effect without (-c/--summary-only or -C/--summary)");
  }
  if (options_.summary == StraceOptions::Summary::kOnly) {
    for (const WithoutEffect& each : kUnderSummary) {
      const bool used =
          given(each.option) || (each.option == 't' && given(kAbsolute)) || (each.option == 'y' && given(kDecodeFds));
      if (used) texts.push_back(fmt::format("{} has no effect with -c/--summary-only", each.name));
    }
  }
  if (given('z') && given('Z')) {
    texts.emplace_back(
        "Only the last of -z/--successful-only/-Z/--failed-only options will take effect. See status qualifier for "
        "more complex filters.");
  }
  if (given(kSeccomp) && !options_.pids.empty() && options_.command.empty()) {
    texts.emplace_back("--seccomp-bpf is not enabled for processes attached with -p");
  }
  if (given(kSeccomp) && !options_.follow) {
    texts.emplace_back("--seccomp-bpf cannot be used without -f/--follow-forks, disabling");
  }
  if (given(kSeccomp) && options_.follow && options_.trace.is_all()) {
    texts.emplace_back(
        "Seccomp filter is requested but there are no syscalls to filter.  See -e trace to filter syscalls.");
  }
  return texts;
}

}  // namespace polytap
