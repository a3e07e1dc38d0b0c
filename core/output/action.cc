#include "core/output/action.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdint>
#include <utility>

#include "core/base/unique_fd.h"

namespace polytap {
namespace {

// Appends what FD gives to TEXT, up to LIMIT bytes in all.
Status read_until_end(int fd, size_t limit, std::string& text) {
  std::array<char, 16384> chunk;
  while (text.size() < limit) {
    const ssize_t got = ::read(fd, chunk.data(), std::min(chunk.size(), limit - text.size()));
    if (got == 0) break;
    if (got > 0) {
      text.append(chunk.data(), static_cast<size_t>(got));
    } else if (errno != EINTR) {
      return Error::from_errno("read");
    }
  }
  return {};
}

// The attributes and file actions of posix_spawn(3), destroyed with their owner.
class SpawnSetup {
 public:
  SpawnSetup() {
    ::posix_spawn_file_actions_init(&actions_);
    ::posix_spawnattr_init(&attributes_);
  }
  SpawnSetup(const SpawnSetup&) = delete;
  SpawnSetup& operator=(const SpawnSetup&) = delete;
  ~SpawnSetup() {
    ::posix_spawn_file_actions_destroy(&actions_);
    ::posix_spawnattr_destroy(&attributes_);
  }

  void redirect_output(int fd) { ::posix_spawn_file_actions_adddup2(&actions_, fd, STDOUT_FILENO); }

  // We block signals for signalfd and ignore SIGPIPE; the command must not inherit that.
  void restore_signals() {
    sigset_t none;
    sigset_t defaults;
    ::sigemptyset(&none);
    ::sigemptyset(&defaults);
    ::sigaddset(&defaults, SIGPIPE);
    ::posix_spawnattr_setsigmask(&attributes_, &none);
    ::posix_spawnattr_setsigdefault(&attributes_, &defaults);
    ::posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }

  int spawn(pid_t& pid, const char* path, char* const argv[]) {
    return ::posix_spawn(&pid, path, &actions_, &attributes_, argv, environ);
  }

 private:
  posix_spawn_file_actions_t actions_ = {};
  posix_spawnattr_t attributes_ = {};
};

}  // namespace

Result<std::string> read_file_start(const std::string& path, size_t limit) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file.valid()) return Error::from_errno("open " + path);
  std::string text;
  if (Status status = read_until_end(file.get(), limit, text); !status.ok()) {
    return std::move(status.error()).context(path);
  }
  return text;
}

Result<std::string> run_shell_command(const std::string& command) {
  std::array<int, 2> ends = {};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return Error::from_errno("pipe");
  const UniqueFd read_end(ends[0]);
  UniqueFd write_end(ends[1]);
  SpawnSetup setup;
  setup.redirect_output(write_end.get());
  setup.restore_signals();
  std::string shell = "/bin/sh";
  std::string option = "-c";
  std::string script = command;
  const std::array<char*, 4> argv = {shell.data(), option.data(), script.data(), nullptr};
  pid_t pid = -1;
  if (const int code = setup.spawn(pid, "/bin/sh", argv.data()); code != 0) {
    return Error::from_errno("start /bin/sh", code);
  }
  write_end.reset();
  std::string text;
  const Status status = read_until_end(read_end.get(), SIZE_MAX, text);
  // ECHILD: a tracer thread that waits for every child took it first; it has ended all the same.
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  if (!status.ok()) return status.error();
  return text;
}

}  // namespace polytap
