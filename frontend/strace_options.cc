#include "frontend/strace_options.h"

#include <fmt/format.h>
#include <getopt.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <map>
#include <string_view>

#include "frontend/version.h"

namespace polytap {
namespace {

constexpr const char* kShortOptions = "+a:Ab:cCdDe:E:fFhiI:kno:O:p:P:qrs:S:tTu:U:vVwxX:yYzZ";

// Long options without a letter of their own.
enum LongOption : int {
  kSeccomp = 1000,
  kArgv0,
  kAlwaysShowPid,
  kTrace,
  kSignal,
  kStatus,
  kInject,
  kFault,
  kAbsolute,
  kDecodeFds,
  kQuiet,
  kRaw,
  kStringsInHex,
  kVerbose,
  kSeparately,
  kPathTrace,
  kAbbrev,
  kStackFrameLimit,
};

constexpr option kLongOptions[] = {
    {"seccomp-bpf", no_argument, nullptr, kSeccomp},
    {"argv0", required_argument, nullptr, kArgv0},
    {"always-show-pid", no_argument, nullptr, kAlwaysShowPid},
    {"trace", required_argument, nullptr, kTrace},
    {"signal", required_argument, nullptr, kSignal},
    {"signals", required_argument, nullptr, kSignal},
    {"status", required_argument, nullptr, kStatus},
    {"inject", required_argument, nullptr, kInject},
    {"fault", required_argument, nullptr, kFault},
    {"absolute-timestamps", optional_argument, nullptr, kAbsolute},
    {"timestamps", optional_argument, nullptr, kAbsolute},
    {"relative-timestamps", optional_argument, nullptr, 'r'},
    {"syscall-times", optional_argument, nullptr, 'T'},
    {"decode-fds", optional_argument, nullptr, kDecodeFds},
    {"quiet", optional_argument, nullptr, kQuiet},
    {"silent", optional_argument, nullptr, kQuiet},
    {"raw", required_argument, nullptr, kRaw},
    {"abbrev", required_argument, nullptr, kAbbrev},
    {"verbose", required_argument, nullptr, kVerbose},
    {"strings-in-hex", optional_argument, nullptr, kStringsInHex},
    {"output-separately", no_argument, nullptr, kSeparately},
    {"trace-path", required_argument, nullptr, 'P'},
    {"follow-forks", no_argument, nullptr, 'f'},
    {"output", required_argument, nullptr, 'o'},
    {"output-append-mode", no_argument, nullptr, 'A'},
    {"string-limit", required_argument, nullptr, 's'},
    {"attach", required_argument, nullptr, 'p'},
    {"user", required_argument, nullptr, 'u'},
    {"env", required_argument, nullptr, 'E'},
    {"columns", required_argument, nullptr, 'a'},
    {"const-print-style", required_argument, nullptr, 'X'},
    {"instruction-pointer", no_argument, nullptr, 'i'},
    {"syscall-number", no_argument, nullptr, 'n'},
    {"no-abbrev", no_argument, nullptr, 'v'},
    {"summary-only", no_argument, nullptr, 'c'},
    {"summary", no_argument, nullptr, 'C'},
    {"summary-sort-by", required_argument, nullptr, 'S'},
    {"summary-wall-clock", no_argument, nullptr, 'w'},
    {"successful-only", no_argument, nullptr, 'z'},
    {"failed-only", no_argument, nullptr, 'Z'},
    {"stack-trace", optional_argument, nullptr, 'k'},
    {"stack-traces", no_argument, nullptr, 'k'},
    {"stack-trace-frame-limit", required_argument, nullptr, kStackFrameLimit},
    {"interruptible", required_argument, nullptr, 'I'},
    {"help", no_argument, nullptr, 'h'},
    {"version", no_argument, nullptr, 'V'},
    {nullptr, 0, nullptr, 0},
};

constexpr std::string_view kUsage =
    "Usage: strace [-ACdffhikqqrtttTvVwxxyyzZ] [-a COLUMN] [-e EXPR]... [-E VAR=VAL]...\n"
    "              [-o FILE] [-p PID]... [-P PATH]... [-s STRSIZE] [-S SORTBY] [-u USERNAME]\n"
    "              [-X FORMAT] { -p PID | PROG [ARGS] }\n"
    "   or: strace -c[dfw] [-e EXPR]... [-o FILE] [-S SORTBY] { -p PID | PROG [ARGS] }\n"
    "Traces the system calls of a program as strace(1) does; see polytap's docs/strace.md.\n";

class Parser {
 public:
  std::variant<StraceOptions, int> parse(int argc, char** argv);

 private:
  Status take(int letter, const char* argument);
  Status take_expression(std::string_view text);
  Status take_qualifier(std::string_view name, std::string_view value);
  Status take_pids(std::string_view text);
  Status take_quiet(std::string_view text);
  Status take_decode_fds(std::string_view text);
  void count_flags();

  StraceOptions options_;
  std::map<int, int> counts_;
};

template <typename T>
Result<T> parse_number(char letter, std::string_view text) {
  T number{};
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
    return Error(fmt::format("invalid -{} argument: '{}'", letter, text));
  }
  return number;
}

Result<FdSet> parse_fd_set(std::string_view text) {
  FdSet set;
  if (text == "none") return set;
  set.all = text == "all";
  for (size_t begin = 0; begin <= text.size() && !set.all;) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    int fd = -1;
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), fd);
    if (parsed.ec != std::errc() || parsed.ptr != word.data() + word.size() || fd < 0) {
      return Error(fmt::format("invalid descriptor '{}'", word));
    }
    set.members.insert(fd);
    begin = end + 1;
  }
  return set;
}

Status Parser::take_pids(std::string_view text) {
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find_first_of(", \n\t", begin), text.size());
    ASSIGN_OR_RETURN(const pid_t pid, parse_number<pid_t>('p', text.substr(begin, end - begin)));
    if (pid <= 0) return Error(fmt::format("invalid process id: '{}'", text));
    options_.pids.push_back(pid);
    begin = end + 1;
  }
  return {};
}

Status Parser::take_quiet(std::string_view text) {
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    if (word == "attach" || word == "all") options_.quiet_attach = true;
    if (word == "personality" || word == "all") options_.quiet_personality = true;
    if (word == "exit" || word == "all") options_.quiet_exit = true;
    constexpr std::string_view kKnown[] = {"attach",          "exit",         "all",         "none",
                                           "path-resolution", "path-resolve", "personality", "thread-execve",
                                           "superseded"};
    if (std::find(std::begin(kKnown), std::end(kKnown), word) == std::end(kKnown)) {
      return Error(fmt::format("invalid quiet type '{}'", word));
    }
    begin = end + 1;
  }
  return {};
}

Status Parser::take_decode_fds(std::string_view text) {
  if (text.empty() || text == "all") {
    options_.decode_paths = options_.decode_sockets = true;
    return {};
  }
  if (text == "none") return {};
  options_.decode_paths = true;
  options_.decode_sockets = text != "path";
  return {};
}

Status Parser::take_qualifier(std::string_view name, std::string_view value) {
  if (name == "trace" || name == "t") {
    ASSIGN_OR_RETURN(options_.trace, parse_call_set(value));
  } else if (name == "signal" || name == "signals" || name == "s") {
    ASSIGN_OR_RETURN(options_.signals, parse_signal_set(value));
  } else if (name == "status") {
    ASSIGN_OR_RETURN(options_.statuses, parse_status_set(value));
  } else if (name == "inject" || name == "fault") {
    ASSIGN_OR_RETURN(const InjectRule rule, parse_inject_rule(value, name == "fault"));
    options_.injections.push_back(rule);
  } else if (name == "quiet" || name == "silent" || name == "silence" || name == "q") {
    return take_quiet(value);
  } else if (name == "decode-fds" || name == "decode-fd") {
    return take_decode_fds(value);
  } else if (name == "read" || name == "r") {
    ASSIGN_OR_RETURN(options_.dump_reads, parse_fd_set(value));
  } else if (name == "write" || name == "w") {
    ASSIGN_OR_RETURN(options_.dump_writes, parse_fd_set(value));
  } else if (name == "abbrev" || name == "a") {
    if (value != "none" && value != "all") return Error("-e abbrev= takes only 'all' and 'none'");
    options_.style.verbose = value == "none";
  } else {
    return Error(fmt::format("-e {}= is not supported", name));
  }
  return {};
}

Status Parser::take_expression(std::string_view text) {
  constexpr std::string_view kQualifiers[] = {
      "trace",   "t",     "signal", "signals", "s",     "status",     "inject",    "fault",     "raw",
      "x",       "quiet", "silent", "silence", "q",     "decode-fds", "decode-fd", "abbrev",    "a",
      "verbose", "v",     "read",   "r",       "write", "w",          "kvm",       "trace-fds", "namespace"};
  const size_t equals = text.find('=');
  if (equals != std::string_view::npos) {
    const std::string_view name = text.substr(0, equals);
    for (const std::string_view known : kQualifiers) {
      if (name == known) return take_qualifier(name, text.substr(equals + 1));
    }
  }
  return take_qualifier("trace", text);
}

Status Parser::take(int letter, const char* argument) {
  const std::string_view text = argument != nullptr ? argument : "";
  counts_[letter]++;
  switch (letter) {
    case 'a': {
      ASSIGN_OR_RETURN(options_.column, parse_number<size_t>('a', text));
      return {};
    }
    case 's': {
      ASSIGN_OR_RETURN(options_.style.string_limit, parse_number<uint32_t>('s', text));
      return {};
    }
    case 'e':
      return take_expression(text);
    case kTrace:
      return take_qualifier("trace", text);
    case kSignal:
      return take_qualifier("signal", text);
    case kStatus:
      return take_qualifier("status", text);
    case kInject:
      return take_qualifier("inject", text);
    case kFault:
      return take_qualifier("fault", text);
    case kRaw:
      return take_qualifier("raw", text);
    case kAbbrev:
      return take_qualifier("abbrev", text);
    case kVerbose:
      return take_qualifier("verbose", text);
    case kQuiet:
      return text.empty() ? (counts_['q']++, Status{}) : take_quiet(text);
    case kDecodeFds:
      return take_decode_fds(text);
    case 'p':
      return take_pids(text);
    case 'P':
      options_.paths.emplace_back(text);
      return {};
    case 'o':
      options_.output = text;
      return {};
    case 'u':
      options_.user = text;
      return {};
    case 'E':
      options_.environment_changes.emplace_back(text);
      return {};
    case 'S':
      options_.summary_sort = text;
      return {};
    case kArgv0:
      options_.argv0 = text;
      return {};
    case kStringsInHex:
      if (text == "none") return {};
      options_.style.hex =
          text == "non-ascii" || text == "non-ascii-chars" ? RenderStyle::Hex::kNonAscii : RenderStyle::Hex::kAll;
      return {};
    case kAbsolute:
      counts_['t'] += text == "us" || text == "precision:us" ? 2 : text.starts_with("unix") ? 3 : 1;
      return {};
    case 'X':
      if (text == "raw") {
        options_.style.constants = ConstantStyle::kRaw;
      } else if (text == "abbrev") {
        options_.style.constants = ConstantStyle::kAbbreviated;
      } else if (text == "verbose") {
        options_.style.constants = ConstantStyle::kVerbose;
      } else {
        return Error(fmt::format("invalid -X argument: '{}'", text));
      }
      return {};
    case 'k':
      if (text.empty() || text == "symbol") return {};
      return Error(fmt::format("invalid --stack-trace argument: '{}' (only 'symbol' is supported)", text));
    case kStackFrameLimit: {
      ASSIGN_OR_RETURN(options_.stack_frame_limit, parse_number<uint32_t>('k', text));
      if (options_.stack_frame_limit == 0) return Error("invalid --stack-trace-frame-limit argument: '0'");
      return {};
    }
    case 'b':
    case 'D':
    case 'O':
    case 'U':
    case 'Y':
      return Error(fmt::format("option -{} is not supported yet", static_cast<char>(letter)));
    default:
      return {};
  }
}

void Parser::count_flags() {
  options_.follow = counts_['f'] > 0 || counts_['F'] > 0 || counts_[kSeparately] > 0;
  options_.output_separately = counts_['f'] > 1 || counts_[kSeparately] > 0;
  options_.append = counts_['A'] > 0;
  options_.quiet = counts_['q'];
  // As strace: nothing about attaching when only the command's calls are wanted, in a file.
  const bool only_file = !options_.output.empty() && options_.pids.empty();
  options_.quiet_attach = options_.quiet_attach || counts_['q'] > 0 || only_file;
  options_.quiet_exit = options_.quiet_exit || counts_['q'] > 1;
  options_.relative_times = counts_['r'] > 0;
  options_.durations = counts_['T'] > 0;
  options_.instruction_pointers = counts_['i'] > 0;
  options_.call_numbers = counts_['n'] > 0;
  options_.style.verbose = options_.style.verbose || counts_['v'] > 0;
  if (counts_['x'] > 0) options_.style.hex = counts_['x'] > 1 ? RenderStyle::Hex::kAll : RenderStyle::Hex::kNonAscii;
  options_.decode_paths = options_.decode_paths || counts_['y'] > 0;
  options_.decode_sockets = options_.decode_sockets || counts_['y'] > 1;
  options_.wall_clock = counts_['w'] > 0;
  options_.seccomp = counts_[kSeccomp] > 0;
  options_.stacks = counts_['k'] > 0;
  options_.always_show_pid = counts_[kAlwaysShowPid] > 0;
  if (counts_['z'] > 0) options_.statuses = static_cast<uint8_t>(CallStatus::kSuccessful);
  if (counts_['Z'] > 0) options_.statuses = static_cast<uint8_t>(CallStatus::kFailed);
  if (counts_['c'] > 0) options_.summary = StraceOptions::Summary::kOnly;
  if (counts_['C'] > 0) options_.summary = StraceOptions::Summary::kAlso;
  using Clock = StraceOptions::Clock;
  const int times = counts_['t'];
  options_.clock = times == 0   ? Clock::kNone
                   : times == 1 ? Clock::kSeconds
                   : times == 2 ? Clock::kMicroseconds
                                : Clock::kEpoch;
}

std::variant<StraceOptions, int> Parser::parse(int argc, char** argv) {
  optind = 0;
  int letter = 0;
  while ((letter = getopt_long(argc, argv, kShortOptions, kLongOptions, nullptr)) != -1) {
    if (letter == '?') {
      fmt::print(stderr, "Try '{} -h' for more information.\n", argv[0]);
      return 1;
    }
    if (letter == 'h') {
      fmt::print("{}", kUsage);
      return 0;
    }
    if (letter == 'V') {
      fmt::print("polytap {}, with the command line of strace 7.2\n", kVersion);
      return 0;
    }
    const Status taken = take(letter, optarg);
    if (!taken.ok()) {
      fmt::print(stderr, "{}: {}\n", argv[0], taken.error().message());
      return 1;
    }
  }
  count_flags();
  options_.command.assign(argv + optind, argv + argc);
  if (options_.command.empty() && options_.pids.empty()) {
    fmt::print(stderr, "{0}: must have PROG [ARGS] or -p PID\nTry '{0} -h' for more information.\n", argv[0]);
    return 1;
  }
  if (counts_['c'] > 0 && counts_['C'] > 0) {
    fmt::print(stderr, "{}: -c/--summary-only and -C/--summary are mutually exclusive\n", argv[0]);
    return 1;
  }
  return std::move(options_);
}

}  // namespace

std::variant<StraceOptions, int> parse_strace_options(int argc, char** argv) { return Parser().parse(argc, argv); }

}  // namespace polytap
