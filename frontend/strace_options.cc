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

#include "frontend/strace_option_checks.h"
#include "frontend/strace_option_table.h"
#include "frontend/version.h"

namespace polytap {
namespace {

// The code of errors that are followed by a hint at -h.
constexpr int kTryHelp = EINVAL;

template <typename T>
std::optional<T> number_in(std::string_view text) {
  T number{};
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) return std::nullopt;
  return number;
}

class Parser {
 public:
  std::variant<StraceOptions, int> parse(int argc, char** argv);

 private:
  Status take(int letter, const char* argument);
  Status take_expression(std::string_view text);
  Status take_qualifier(std::string_view name, std::string_view value);
  Status take_pids(std::string_view text);
  Status take_times(int letter, std::string_view text);
  Status take_quiet(std::string_view text);
  Status take_word(bool& option, std::string_view name, std::string_view value, std::string_view known);
  Status take_decode_fds(std::string_view text);
  Status take_strings_in_hex(std::string_view text);
  Status take_rest(int letter, std::string_view text);
  Status take_own(int letter, std::string_view text);
  Status take_decode_pids(std::string_view text);
  Status take_tips(std::string_view text);
  void add_path(const std::string& path);
  void count_flags();
  // "invalid -s argument: 'x'", by the name by which the option was given.
  Error bad_argument(std::string_view text) const {
    return Error(fmt::format("invalid {} argument: '{}'", option_name_, text), kTryHelp);
  }
  template <typename T>
  Status take_number(T& number, std::string_view text) {
    const auto parsed = number_in<T>(text);
    if (!parsed) return bad_argument(text);
    number = *parsed;
    return {};
  }

  StraceOptions options_;
  std::map<int, int> counts_;
  std::string option_name_;  // of the one that is being taken: "-s", "--string-limit"
  std::string resolved_paths_;
  std::vector<std::string> warnings_;
};

Result<FdSet> parse_fd_set(std::string_view text) {
  FdSet set;
  ASSIGN_OR_RETURN(const SetWords parsed, split_set(text, "descriptor"));
  set.all = parsed.all;
  set.inverted = parsed.inverted;
  for (const std::string_view word : parsed.words) {
    const auto fd = number_in<int>(word);
    if (!fd || *fd < 0) return Error(fmt::format("invalid descriptor '{}'", word));
    set.members.insert(*fd);
  }
  return set;
}

Status Parser::take_pids(std::string_view text) {
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find_first_of(", \n\t", begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    const auto pid = number_in<pid_t>(word);
    if (!pid || *pid <= 0) return Error(fmt::format("Invalid process id: '{}'", word));
    options_.pids.push_back(*pid);
    begin = end + 1;
  }
  return {};
}

// A link is followed too; as strace, which says so.
void Parser::add_path(const std::string& path) {
  options_.matches.paths.push_back(path);
  std::unique_ptr<char, void (*)(void*)> real(realpath(path.c_str(), nullptr), free);
  if (real == nullptr || path == real.get()) return;
  resolved_paths_ += fmt::format("strace: Requested path \"{}\" resolved into \"{}\"\n", path, real.get());
  options_.matches.paths.emplace_back(real.get());
}

Status Parser::take_quiet(std::string_view text) {
  struct Quiet {
    std::string_view name;
    bool StraceOptions::*option;
  };
  constexpr Quiet kQuiet[] = {
      {"attach", &StraceOptions::quiet_attach},           {"exit", &StraceOptions::quiet_exit},
      {"path-resolution", &StraceOptions::quiet_paths},   {"path-resolve", &StraceOptions::quiet_paths},
      {"personality", &StraceOptions::quiet_personality}, {"thread-execve", &StraceOptions::quiet_superseded},
      {"superseded", &StraceOptions::quiet_superseded},
  };
  ASSIGN_OR_RETURN(const SetWords parsed, split_set(text, "quiet"));
  for (const Quiet& each : kQuiet) options_.*each.option = parsed.all != parsed.inverted;
  for (const std::string_view word : parsed.words) {
    bool known = false;
    for (const Quiet& each : kQuiet) {
      if (word != each.name) continue;
      options_.*each.option = !parsed.inverted;
      known = true;
    }
    if (!known) return Error(fmt::format("invalid quiet '{}'", word));
  }
  return {};
}

Status Parser::take_decode_fds(std::string_view text) {
  constexpr std::pair<std::string_view, FdDetail> kDetails[] = {
      {"path", FdDetail::kPath},       {"socket", FdDetail::kSocket}, {"dev", FdDetail::kDevice},
      {"eventfd", FdDetail::kEventfd}, {"pidfd", FdDetail::kPidfd},   {"signalfd", FdDetail::kSignalfd}};
  if (text.empty()) text = "all";
  ASSIGN_OR_RETURN(const SetWords parsed, split_set(text, "decode-fds"));
  uint8_t details = parsed.all ? kAllFdDetails : uint8_t{0};
  for (const std::string_view word : parsed.words) {
    const auto* found = std::ranges::find(kDetails, word, [](const auto& each) { return each.first; });
    if (found == std::end(kDetails)) return Error(fmt::format("invalid decode-fds '{}'", word));
    details |= static_cast<uint8_t>(found->second);
  }
  options_.fd_details = static_cast<uint8_t>((parsed.inverted ? ~details : details) & kAllFdDetails);
  return {};
}

Status Parser::take_word(bool& option, std::string_view name, std::string_view value, std::string_view known) {
  option = value == known;
  return option ? Status() : Error(fmt::format("invalid -e {}= argument: '{}'", name, value));
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
    if (!rule.warning.empty()) warnings_.push_back(rule.warning);
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
  } else if (name == "kvm") {
    return take_word(options_.kvm_exits, name, value, "vcpu");
  } else {
    return take_word(options_.new_namespaces, name, value, "new");
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
      return take_number(options_.column, text);
    }
    case 's': {
      uint32_t limit = 0;
      TRY(take_number(limit, text));
      options_.style.string_limit = limit;
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
    case 'r':
    case 'T':
      return take_times(letter, text);
    case 'X':
      if (text == "raw") {
        options_.style.constants = ConstantStyle::kRaw;
      } else if (text == "abbrev") {
        options_.style.constants = ConstantStyle::kAbbreviated;
      } else if (text == "verbose") {
        options_.style.constants = ConstantStyle::kVerbose;
      } else {
        return bad_argument(text);
      }
      return {};
    case 'z':
    case 'Z':
      options_.statuses = static_cast<uint8_t>(letter == 'z' ? CallStatus::kSuccessful : CallStatus::kFailed);
      return {};
    case 'k':
      if (text.empty() || text == "symbol") return {};
      if (text != "source") return bad_argument(text);
      options_.stack_sources = true;
      return {};
    case kStackFrameLimit: {
      TRY(take_number(options_.stack_frame_limit, text));
      return options_.stack_frame_limit != 0 ? Status() : bad_argument(text);
    }
    default:
      return take_rest(letter, text);
  }
}

Status Parser::take_times(int letter, std::string_view text) {
  if (letter == kAbsolute) {
    const auto format = parse_timestamp_format(text);
    if (!format) return bad_argument(text);
    options_.clock = *format;
  } else if (!text.empty()) {
    const auto digits = parse_time_precision(text);
    if (!digits) return bad_argument(text);
    (letter == 'r' ? options_.relative_digits : options_.duration_digits) = *digits;
  }
  return {};
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
    return bad_argument(text);
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

// [ID][,FORMAT]
Status Parser::take_tips(std::string_view text) {
  options_.tips = true;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(','));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    constexpr std::string_view kWords[] = {"none", "compact", "full", "random"};
    if (std::ranges::find(kWords, word) == std::end(kWords) && !number_in<uint32_t>(word)) return bad_argument(word);
    if (word == "none") options_.tips = false;
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
        return bad_argument(text);
      }
      return {};
    case 'I': {
      constexpr std::string_view kNames[] = {"anywhere", "waiting", "never", "never_tstp"};
      const auto* name = std::find(std::begin(kNames), std::end(kNames), text);
      if (name != std::end(kNames)) {
        options_.interruptible = static_cast<int>(name - std::begin(kNames)) + 1;
        return {};
      }
      const auto number = number_in<int>(text);
      if (!number || *number < 1 || *number > 4) return bad_argument(text);
      options_.interruptible = *number;
      return {};
    }
    case 'O': {
      if (!parse_duration(text, 1000, options_.overhead_ns)) return bad_argument(text);
      return {};
    }
    case 'U': {
      ASSIGN_OR_RETURN(options_.summary_columns, parse_summary_columns(text));
      return {};
    }
    case kDecodePids:
      return take_decode_pids(text);
    case kSyscallLimit: {
      return take_number(options_.call_limit, text);
    }
    case kKillOnExit:
      options_.kill_on_exit = true;
      return {};
    case kSecontext:
      if (!text.empty() && text != "full" && text != "mismatch" && text != "full,mismatch") {
        return bad_argument(text);
      }
      // Without SELinux there are none to show, as with strace.
      if (access("/sys/fs/selinux/enforce", F_OK) == 0) return Error("--secontext is not supported under SELinux");
      return {};
    case kTips:
      return take_tips(text);
    case kColor:
      if (!text.empty() && text != "always" && text != "auto" && text != "never") {
        return bad_argument(text);
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
        return bad_argument(text);
      }
      options_.summary_interval_ns = ns;
      return {};
    }
    case kInjectSeed: {
      return take_number(options_.inject_seed, text);
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
  options_.quiet_superseded = options_.quiet_superseded || counts_['q'] > 2;
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
  if (counts_['y'] > 0) options_.fd_details = counts_['y'] > 1 ? kAllFdDetails : static_cast<uint8_t>(FdDetail::kPath);
  options_.wall_clock = counts_['w'] > 0;
  options_.seccomp = counts_[kSeccomp] > 0;
  options_.stacks = counts_['k'] > 0;
  options_.stack_sources = options_.stack_sources || counts_['k'] > 1;
  options_.always_show_pid = counts_[kAlwaysShowPid] > 0;
  if (counts_['c'] > 0) options_.summary = StraceOptions::Summary::kOnly;
  if (counts_['C'] > 0) options_.summary = StraceOptions::Summary::kAlso;
  constexpr unsigned kMicroseconds = 6;
  using Kind = TimestampFormat::Kind;
  const int times = counts_['t'];
  if (times > 0) options_.clock = {times > 2 ? Kind::kUnix : Kind::kTime, times > 1 ? kMicroseconds : 0};
}

std::variant<StraceOptions, int> Parser::parse(int argc, char** argv) {
  const auto complain = [&](std::string_view message, bool try_help) {
    fmt::print(stderr, "{}: {}\n", argv[0], message);
    if (try_help) fmt::print(stderr, "Try '{} -h' for more information.\n", argv[0]);
    return 1;
  };
  optind = 0;
  int letter = 0;
  int long_index = -1;
  while ((letter = getopt_long(argc, argv, kStraceShortOptions, kStraceLongOptions, &long_index)) != -1) {
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
    option_name_ = long_index >= 0 ? fmt::format("--{}", kStraceLongOptions[long_index].name)
                                   : fmt::format("-{}", static_cast<char>(letter));
    long_index = -1;
    const Status taken = take(letter, optarg);
    if (!taken.ok()) return complain(taken.error().message(), taken.error().code() == kTryHelp);
  }
  count_flags();
  options_.command.assign(argv + optind, argv + argc);
  const OptionChecks checks(options_, counts_);
  if (const auto mistake = checks.mistake()) return complain(mistake->message, mistake->try_help);
  for (const std::string& warning : warnings_) complain(warning, false);
  for (const std::string& warning : checks.warnings()) complain(warning, false);
  if (!options_.quiet_paths && options_.quiet == 0) fmt::print(stderr, "{}", resolved_paths_);
  return std::move(options_);
}

}  // namespace

std::variant<StraceOptions, int> parse_strace_options(int argc, char** argv) { return Parser().parse(argc, argv); }

}  // namespace polytap
