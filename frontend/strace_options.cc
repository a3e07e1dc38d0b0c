#include "frontend/strace_options.h"

#include <fmt/format.h>
#include <getopt.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string_view>

#include "frontend/strace_option_table.h"
#include "frontend/version.h"

namespace polytap {
namespace {

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
  Status take_strings_in_hex(std::string_view text);
  Status take_rest(int letter, std::string_view text);
  Status take_own(int letter, std::string_view text);
  Status take_decode_pids(std::string_view text);
  void add_path(const std::string& path);
  void count_flags();

  StraceOptions options_;
  std::map<int, int> counts_;
  std::string resolved_paths_;
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

// A link is followed too; as strace, which says so.
void Parser::add_path(const std::string& path) {
  options_.matches.paths.push_back(path);
  std::unique_ptr<char, void (*)(void*)> real(realpath(path.c_str(), nullptr), free);
  if (real == nullptr || path == real.get()) return;
  resolved_paths_ += fmt::format("strace: Requested path '{}' resolved into '{}'\n", path, real.get());
  options_.matches.paths.emplace_back(real.get());
}

Status Parser::take_quiet(std::string_view text) {
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    if (word == "attach" || word == "all") options_.quiet_attach = true;
    if (word == "personality" || word == "all") options_.quiet_personality = true;
    if (word == "path-resolution" || word == "path-resolve" || word == "all") options_.quiet_paths = true;
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
    ASSIGN_OR_RETURN(options_.abbreviated, parse_call_set(value));
  } else if (name == "verbose" || name == "v") {
    ASSIGN_OR_RETURN(options_.dereferenced, parse_call_set(value));
  } else if (name == "raw" || name == "x") {
    ASSIGN_OR_RETURN(options_.raw, parse_call_set(value));
  } else if (name == "trace-fds" || name == "trace-fd" || name == "fds" || name == "fd") {
    ASSIGN_OR_RETURN(options_.matches.fds, parse_fd_set(value));
  } else {
    return Error(fmt::format("-e {}= is not supported", name));
  }
  return {};
}

Status Parser::take_expression(std::string_view text) {
  constexpr std::string_view kQualifiers[] = {
      "trace", "t",      "signal",  "signals", "s",          "status",    "inject",    "fault",    "raw",     "x",
      "quiet", "silent", "silence", "q",       "decode-fds", "decode-fd", "abbrev",    "a",        "verbose", "v",
      "read",  "r",      "write",   "w",       "kvm",        "trace-fds", "namespace", "trace-fd", "fds",     "fd"};
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
    case kTraceFds:
      return take_qualifier("trace-fds", text);
    case kKvm:
      return take_qualifier("kvm", text);
    case kNamespace:
      return take_qualifier("namespace", text);
    case kRead:
      return take_qualifier("read", text);
    case kWrite:
      return take_qualifier("write", text);
    case kQuiet:
      return text.empty() ? (counts_['q']++, Status{}) : take_quiet(text);
    case kDecodeFds:
      return take_decode_fds(text);
    case 'p':
      return take_pids(text);
    case 'P':
      add_path(std::string(text));
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
    case 'S': {
      ASSIGN_OR_RETURN(options_.summary_order, parse_summary_order(text));
      return {};
    }
    case kArgv0:
      options_.argv0 = text;
      return {};
    case kStringsInHex:
      return take_strings_in_hex(text);
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
      if (text != "source") return Error(fmt::format("invalid --stack-trace argument: '{}'", text));
      options_.stack_sources = true;
      return {};
    case kStackFrameLimit: {
      ASSIGN_OR_RETURN(options_.stack_frame_limit, parse_number<uint32_t>('k', text));
      if (options_.stack_frame_limit == 0) return Error("invalid --stack-trace-frame-limit argument: '0'");
      return {};
    }
    default:
      return take_rest(letter, text);
  }
}

Status Parser::take_strings_in_hex(std::string_view text) {
  using Hex = RenderStyle::Hex;
  if (text == "none") {
    options_.style.hex = Hex::kNever;
  } else if (text == "non-ascii-chars") {
    options_.style.hex = Hex::kNonAsciiCharacters;
  } else if (text == "non-ascii") {
    options_.style.hex = Hex::kNonAscii;
  } else if (text.empty() || text == "all") {
    options_.style.hex = Hex::kAll;
  } else {
    return Error(fmt::format("invalid --strings-in-hex argument: '{}'", text));
  }
  return {};
}

Status Parser::take_decode_pids(std::string_view text) {
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    if (word == "comm" || word == "all") {
      options_.decode_comms = true;
    } else if (word != "none" && word != "pidns") {
      return Error(fmt::format("invalid --decode-pids argument: '{}'", word));
    }
    begin = end + 1;
  }
  return {};
}

// The rest of strace's own.
Status Parser::take_rest(int letter, std::string_view text) {
  switch (letter) {
    case 'b':
      if (text != "execve") return Error(fmt::format("Syscall '{}' for -b isn't supported", text));
      options_.detach_on_exec = true;
      return {};
    case kDaemonize:
      if (text.empty() || text == "grandchild") {
        options_.daemonize = 1;
      } else if (text == "pgroup" || text == "pgrp") {
        options_.daemonize = 2;
      } else if (text == "session") {
        options_.daemonize = 3;
      } else {
        return Error(fmt::format("invalid --daemonize argument: '{}'", text));
      }
      return {};
    case 'I': {
      constexpr std::string_view kNames[] = {"anywhere", "waiting", "never", "never_tstp"};
      const auto* name = std::find(std::begin(kNames), std::end(kNames), text);
      if (name != std::end(kNames)) {
        options_.interruptible = static_cast<int>(name - std::begin(kNames)) + 1;
        return {};
      }
      const auto number = parse_number<int>('I', text);
      if (!number || *number < 1 || *number > 4) return Error(fmt::format("invalid -I argument: '{}'", text));
      options_.interruptible = *number;
      return {};
    }
    case 'O': {
      if (!parse_duration(text, 1000, options_.overhead_ns))
        return Error(fmt::format("invalid -O argument: '{}'", text));
      return {};
    }
    case 'U': {
      ASSIGN_OR_RETURN(options_.summary_columns, parse_summary_columns(text));
      return {};
    }
    case kDecodePids:
      return take_decode_pids(text);
    case kSyscallLimit: {
      ASSIGN_OR_RETURN(options_.call_limit, parse_number<uint64_t>('-', text));
      return {};
    }
    case kKillOnExit:
      options_.kill_on_exit = true;
      return {};
    case kSecontext:
      if (!text.empty() && text != "full" && text != "mismatch" && text != "full,mismatch") {
        return Error(fmt::format("invalid --secontext argument: '{}'", text));
      }
      // Without SELinux there are none to show, as with strace.
      if (access("/sys/fs/selinux/enforce", F_OK) == 0) return Error("--secontext is not supported under SELinux");
      return {};
    case kTips:
      options_.tips = text != "none";
      return {};
    case kColor:
      if (!text.empty() && text != "always" && text != "auto" && text != "never") {
        return Error(fmt::format("invalid --color argument: '{}'", text));
      }
      options_.color = text == "auto"    ? StraceOptions::Color::kAuto
                       : text == "never" ? StraceOptions::Color::kNever
                                         : StraceOptions::Color::kAlways;
      return {};
    default:
      return take_own(letter, text);
  }
}

// What strace has not.
Status Parser::take_own(int letter, std::string_view text) {
  switch (letter) {
    case kJson:
      options_.json = true;
      return {};
    case kFullLines:
      options_.full_lines = true;
      return {};
    case kErrno: {
      ASSIGN_OR_RETURN(options_.errors, parse_errno_set(text));
      options_.statuses = static_cast<uint8_t>(CallStatus::kFailed);
      return {};
    }
    case kArgument:
      return options_.matches.add_argument(text);
    case kPathGlob:
      options_.matches.globs.emplace_back(text);
      return {};
    case kPathPrefix:
      options_.matches.prefixes.emplace_back(text);
      return {};
    case kSocketPath:
      options_.matches.socket_globs.emplace_back(text);
      return {};
    case kFdFamily:
      return options_.matches.add_families(text);
    case kPerProcess:
      options_.summary_per_process = true;
      return {};
    case kPercentiles:
      options_.summary_percentiles = true;
      return {};
    case kInterval: {
      uint64_t ns = 0;
      if (!parse_duration(text, 1'000'000'000, ns) || ns == 0) {
        return Error(fmt::format("invalid --summary-interval argument: '{}'", text));
      }
      options_.summary_interval_ns = ns;
      return {};
    }
    case kInjectSeed: {
      ASSIGN_OR_RETURN(options_.inject_seed, parse_number<uint64_t>('-', text));
      return {};
    }
    case kInjectRate: {
      char* end = nullptr;
      const std::string copy(text);
      options_.inject_rate = strtod(copy.c_str(), &end);
      if (copy.empty() || *end != '\0' || !(options_.inject_rate >= 0 && options_.inject_rate <= 1)) {
        return Error(fmt::format("invalid --inject-rate argument: '{}' (a probability from 0 to 1)", text));
      }
      return {};
    }
    case kInjectReport:
      options_.inject_report = true;
      return {};
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
  if (counts_['v'] > 0) options_.abbreviated = CallSet{};
  options_.argument_names = counts_['N'] > 0;
  options_.daemonize = std::max(options_.daemonize, std::min(counts_['D'], 3));
  options_.decode_comms = options_.decode_comms || counts_['Y'] > 0;
  // As strace: a trace into a file of a command's is not ended by signals.
  if (options_.interruptible == 0) options_.interruptible = only_file ? 3 : 2;
  if (counts_['x'] > 0) options_.style.hex = counts_['x'] > 1 ? RenderStyle::Hex::kAll : RenderStyle::Hex::kNonAscii;
  options_.decode_paths = options_.decode_paths || counts_['y'] > 0;
  options_.decode_sockets = options_.decode_sockets || counts_['y'] > 1;
  options_.wall_clock = counts_['w'] > 0;
  options_.seccomp = counts_[kSeccomp] > 0;
  options_.stacks = counts_['k'] > 0;
  options_.stack_sources = options_.stack_sources || counts_['k'] > 1;
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
  while ((letter = getopt_long(argc, argv, kStraceShortOptions, kStraceLongOptions, nullptr)) != -1) {
    if (letter == '?') {
      fmt::print(stderr, "Try '{} -h' for more information.\n", argv[0]);
      return 1;
    }
    if (letter == 'h') {
      fmt::print("{}", kStraceUsage);
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
  if (!options_.quiet_paths && options_.quiet == 0) fmt::print(stderr, "{}", resolved_paths_);
  if (counts_['c'] > 0 && counts_['C'] > 0) {
    fmt::print(stderr, "{}: -c/--summary-only and -C/--summary are mutually exclusive\n", argv[0]);
    return 1;
  }
  return std::move(options_);
}

}  // namespace

std::variant<StraceOptions, int> parse_strace_options(int argc, char** argv) { return Parser().parse(argc, argv); }

}  // namespace polytap
