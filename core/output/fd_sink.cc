#include "core/output/fd_sink.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <utility>

namespace polytap {
namespace {

constexpr size_t kBufferSize = 64 * 1024;

// Writes all of TEXT; waits where the descriptor is non-blocking (a terminal or pipe that others share may be).
int write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written >= 0) {
      text.remove_prefix(static_cast<size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd waiting = {.fd = fd, .events = POLLOUT, .revents = 0};
      ::poll(&waiting, 1, -1);
    } else if (errno != EINTR) {
      return errno;
    }
  }
  return 0;
}

}  // namespace

FdSink::FdSink(int out_fd, int error_fd) : out_fd_(out_fd), error_fd_(error_fd) { buffer_.reserve(kBufferSize); }

FdSink::FdSink(UniqueFd file, std::string name, int error_fd) : FdSink(file.get(), error_fd) {
  file_ = std::move(file);
  name_ = std::move(name);
}

Result<std::unique_ptr<FdSink>> FdSink::create_file(const std::string& path, int error_fd) {
  UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666));
  if (!file.valid()) return Error::from_errno("open " + path + " for the output");
  return std::unique_ptr<FdSink>(new FdSink(std::move(file), path, error_fd));
}

FdSink::~FdSink() { flush(); }

void FdSink::out(std::string_view text) {
  if (buffer_.size() + text.size() > kBufferSize) flush();
  if (text.size() > kBufferSize) return write_out(text);
  buffer_ += text;
  if (buffering_ == Buffering::kNone || (buffering_ == Buffering::kLine && text.ends_with('\n'))) flush();
}

void FdSink::flush() {
  if (buffer_.empty()) return;
  write_out(buffer_);
  buffer_.clear();
}

void FdSink::write_out(std::string_view text) {
  if (failed()) return;
  const int code = write_all(out_fd_, text);
  if (code != 0) failure_ = Error::from_errno("write to " + name_, code);
}

// Where standard error is gone there is nobody left to tell.
void FdSink::error(std::string_view text) { write_all(error_fd_, text); }

}  // namespace polytap
