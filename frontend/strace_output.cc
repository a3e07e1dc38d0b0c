#include "frontend/strace_output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

namespace polytap {
namespace {

constexpr size_t kBlock = 64 * 1024;

}  // namespace

Result<std::unique_ptr<StraceOutput>> StraceOutput::create(const std::string& name, bool append) {
  auto output = std::unique_ptr<StraceOutput>(new StraceOutput);
  if (name.empty()) {
    // A descriptor of its own: the command may close what it shares with us.
    output->fd_.reset(fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 64));
    output->prompt_ = true;
  } else if (name[0] == '|' || name[0] == '!') {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return Error::from_errno("pipe");
    output->reader_ = fork();
    if (output->reader_ == 0) {
      dup2(ends[0], STDIN_FILENO);
      execl("/bin/sh", "sh", "-c", name.c_str() + 1, nullptr);
      _exit(127);
    }
    close(ends[0]);
    output->fd_.reset(ends[1]);
  } else {
    output->fd_.reset(open(name.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (append ? O_APPEND : O_TRUNC), 0666));
    if (!output->fd_.valid()) return Error(fmt::format("Cannot fopen '{}': {}", name, strerrordesc_np(errno)), errno);
    output->prompt_ = isatty(output->fd_.get()) != 0;
  }
  return output;
}

StraceOutput::~StraceOutput() {
  flush();
  fd_.reset();
  if (reader_ > 0) waitpid(reader_, nullptr, 0);
}

void StraceOutput::commit() {
  if (prompt_ || text.size() >= kBlock) flush();
}

void StraceOutput::flush() {
  size_t done = 0;
  while (done < text.size()) {
    const ssize_t put = write(fd_.get(), text.data() + done, text.size() - done);
    if (put < 0 && errno == EINTR) continue;
    if (put <= 0) break;
    done += static_cast<size_t>(put);
  }
  text.clear();
}

}  // namespace polytap
