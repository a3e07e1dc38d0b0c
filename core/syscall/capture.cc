#include "core/syscall/capture.h"

#include <linux/limits.h>
#include <linux/stat.h>
#include <sys/stat.h>

#include <algorithm>
#include <string_view>

#include "core/syscall/arguments.h"
#include "core/syscall/printers.h"

namespace polytap {
namespace {

using Kind = ArgumentCapture::Kind;

// Left out are calls that wait for others as their main purpose, that make or end tasks, and those that a tracer acts
// upon (execve, ptrace, seccomp, signal frames, arch_prctl).
constexpr std::string_view kCalls[] = {
    "read",        "write",         "pread64",      "pwrite64",      "open",       "openat",       "close",
    "stat",        "fstat",         "lstat",        "newfstatat",    "statx",      "statfs",       "fstatfs",
    "lseek",       "mmap",          "mprotect",     "munmap",        "brk",        "madvise",      "mremap",
    "access",      "faccessat",     "faccessat2",   "readlink",      "readlinkat", "getcwd",       "dup",
    "dup2",        "dup3",          "pipe",         "pipe2",         "fcntl",      "umask",        "unlink",
    "unlinkat",    "mkdir",         "mkdirat",      "rmdir",         "rename",     "renameat",     "renameat2",
    "link",        "symlink",       "chdir",        "fchdir",        "chmod",      "fchmod",       "fchmodat",
    "chown",       "fchown",        "lchown",       "fchownat",      "utimensat",  "truncate",     "ftruncate",
    "getpid",      "getppid",       "gettid",       "getuid",        "geteuid",    "getgid",       "getegid",
    "getpgrp",     "getpgid",       "getsid",       "sched_yield",   "getrlimit",  "setrlimit",    "prlimit64",
    "getrusage",   "times",         "sysinfo",      "uname",         "getrandom",  "rt_sigaction", "rt_sigprocmask",
    "sigaltstack", "clock_gettime", "clock_getres", "gettimeofday",  "getitimer",  "setitimer",    "socket",
    "socketpair",  "listen",        "shutdown",     "epoll_create1", "eventfd2",   "fadvise64",    "timerfd_settime",
};

uint32_t known_size(ArgumentPrinter print) {
  if (print == printers::file_status) return sizeof(struct stat);
  if (print == printers::statx) return sizeof(struct statx);
  if (print == printers::signal_set) return 8;
  return 0;
}

// Nothing: the kind reads memory in a way of its own.
std::optional<ArgumentCapture> capture_of(const ArgumentKind& kind, uint8_t argument, uint32_t string_limit) {
  ArgumentCapture capture;
  capture.argument = argument;
  const uint32_t size = kind.size != 0 ? kind.size : known_size(kind.print);
  if (kind.direction == ArgumentKind::Direction::kValue) return capture;
  if (kind.direction == ArgumentKind::Direction::kByCommand) return capture;  // see command_below
  const bool in = kind.direction == ArgumentKind::Direction::kIn;
  if (kind.print == printers::path) {
    capture.kind = Kind::kStringIn;
    capture.size = PATH_MAX;
  } else if (kind.print == printers::buffer) {
    capture.kind = Kind::kBufferIn;
    capture.length_argument = kind.length_argument;
    capture.size = string_limit;
  } else if (kind.print == printers::result_buffer || kind.print == printers::random_bytes) {
    capture.kind = Kind::kBufferOut;
    capture.size = string_limit;
  } else if (kind.print == printers::result_string) {
    capture.kind = Kind::kBufferOut;
    capture.size = PATH_MAX;
  } else if (size != 0) {
    capture.kind = in ? Kind::kFixedIn : Kind::kFixedOut;
    capture.size = size;
  } else {
    return std::nullopt;
  }
  return capture;
}

}  // namespace

std::optional<CaptureRecipe> capture_recipe(uint64_t number, uint32_t string_limit) {
  constexpr uint32_t kLongestBuffer = 4096;
  constexpr uint32_t kFirstFcntlWithPointer = 5;  // F_GETLK
  constexpr uint32_t kSegmentOverhead = 24;
  const CallDescription* call = describe_call(number);
  if (call == nullptr || std::ranges::find(kCalls, call->name) == std::end(kCalls)) return std::nullopt;
  if (string_limit > kLongestBuffer) return std::nullopt;
  CaptureRecipe recipe;
  recipe.possible = 1;
  uint32_t count = 0;
  for (uint8_t i = 0; i < call->argument_count; i++) {
    const auto capture = capture_of(call->argument_slots[i], i, string_limit);
    if (!capture) return std::nullopt;
    if (call->argument_slots[i].direction == ArgumentKind::Direction::kByCommand) {
      if (call->name != "fcntl") return std::nullopt;
      recipe.command_below = kFirstFcntlWithPointer;
    }
    if (capture->kind == Kind::kNone) continue;
    if (count == CaptureRecipe::kCaptures) return std::nullopt;
    recipe.worst_bytes += capture->size + kSegmentOverhead;
    recipe.captures[count++] = *capture;
  }
  return recipe;
}

}  // namespace polytap
