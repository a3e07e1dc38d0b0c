// The names of strace's options, and of polytap's own.
#pragma once

#include <getopt.h>

#include <string_view>

namespace polytap {

inline constexpr const char* kStraceShortOptions = "+a:Ab:cCdDe:E:fFhiI:kNno:O:p:P:qrs:S:tTu:U:vVwxX:yYzZ";

// Long options without a letter of their own.
enum StraceLongOption : int {
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
  kAbbrev,
  kDaemonize,
  kDecodePids,
  kSyscallLimit,
  kKillOnExit,
  kSecontext,
  kStackFrameLimit,
  kColor,
  kTips,
  kKvm,
  kTraceFds,
  kNamespace,
  kRead,
  kWrite,
  kJson,
  kFullLines,
  kErrno,
  kArgument,
  kPathGlob,
  kPathPrefix,
  kSocketPath,
  kFdFamily,
  kPerProcess,
  kInterval,
  kPercentiles,
  kInjectSeed,
  kInjectRate,
  kInjectReport,
};

inline constexpr option kStraceLongOptions[] = {
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
    {"interruptible", required_argument, nullptr, 'I'},
    {"help", no_argument, nullptr, 'h'},
    {"version", no_argument, nullptr, 'V'},
    {"detach-on", required_argument, nullptr, 'b'},
    {"daemonize", optional_argument, nullptr, kDaemonize},
    {"daemonized", optional_argument, nullptr, kDaemonize},
    {"summary-syscall-overhead", required_argument, nullptr, 'O'},
    {"summary-columns", required_argument, nullptr, 'U'},
    {"decode-pids", required_argument, nullptr, kDecodePids},
    {"syscall-limit", required_argument, nullptr, kSyscallLimit},
    {"kill-on-exit", no_argument, nullptr, kKillOnExit},
    {"secontext", optional_argument, nullptr, kSecontext},
    {"stack-trace", optional_argument, nullptr, 'k'},
    {"stack-traces", no_argument, nullptr, 'k'},
    {"stack-trace-frame-limit", required_argument, nullptr, kStackFrameLimit},
    {"color", optional_argument, nullptr, kColor},
    {"tips", optional_argument, nullptr, kTips},
    {"kvm", required_argument, nullptr, kKvm},
    {"trace-fds", required_argument, nullptr, kTraceFds},
    {"namespace", required_argument, nullptr, kNamespace},
    {"read", required_argument, nullptr, kRead},
    {"write", required_argument, nullptr, kWrite},
    {"arg-names", no_argument, nullptr, 'N'},
    {"json", no_argument, nullptr, kJson},
    {"full-lines", no_argument, nullptr, kFullLines},
    {"errno", required_argument, nullptr, kErrno},
    {"arg", required_argument, nullptr, kArgument},
    {"path-glob", required_argument, nullptr, kPathGlob},
    {"path-prefix", required_argument, nullptr, kPathPrefix},
    {"socket-path", required_argument, nullptr, kSocketPath},
    {"fd-family", required_argument, nullptr, kFdFamily},
    {"summary-per-process", no_argument, nullptr, kPerProcess},
    {"summary-interval", required_argument, nullptr, kInterval},
    {"summary-percentiles", no_argument, nullptr, kPercentiles},
    {"inject-seed", required_argument, nullptr, kInjectSeed},
    {"inject-rate", required_argument, nullptr, kInjectRate},
    {"inject-report", no_argument, nullptr, kInjectReport},
    {nullptr, 0, nullptr, 0},
};

inline constexpr std::string_view kStraceUsage =
    "Usage: strace [-ACdDffhiNqqrtttTvVwxxyyzZ] [-I N] [-b execve] [-e EXPR]... [-a COLUMN] [-o FILE] [-s STRSIZE]\n"
    "              [-X FORMAT] [-O OVERHEAD] [-S SORTBY] [-U COLUMNS] [-P PATH]... { -p PID | [-DDD] [-E VAR=VAL]...\n"
    "              [-u USERNAME] PROG [ARGS] }\n"
    "   or: strace -c[dfwzZ] [-e EXPR]... [-O OVERHEAD] [-S SORTBY] [-U COLUMNS] { -p PID | PROG [ARGS] }\n"
    "Traces the system calls of a program as strace(1) does. Beyond strace:\n"
    "  --json                    an object per line for each call, signal and end\n"
    "  -N, --arg-names           the names of arguments\n"
    "  --full-lines              a call that was interrupted by others is shown whole when it ends\n"
    "  --errno=SET               only calls that failed with these errors\n"
    "  --arg=N:VALUE[,...]       only calls whose argument N (from 1) has one of these values\n"
    "  --path-glob=PATTERN  --path-prefix=PATH  --socket-path=PATTERN   only calls on such paths\n"
    "  --fd-family=FAMILY[,...]  only calls on sockets of unix, inet, inet6, netlink, packet, vsock\n"
    "  --summary-per-process  --summary-percentiles  --summary-interval=SECONDS   with -c or -C\n"
    "  --inject-seed=N  --inject-rate=P   inject with the probability P, repeatable  --inject-report\n"
    "See polytap's docs/strace.md.\n";

}  // namespace polytap
