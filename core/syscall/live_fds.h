// The file descriptors of live processes, read from /proc.
#pragma once

#include <map>
#include <string>

#include "core/syscall/call_text.h"

namespace polytap {

class LiveFdNames final : public FdNames {
 public:
  // SOCKETS: shows what sockets are connected to, and the numbers of devices (-yy).
  explicit LiveFdNames(bool sockets) : sockets_(sockets) {}
  std::string suffix(pid_t pid, int fd) override;
  std::string working_directory(pid_t pid) override;

 private:
  std::string socket_suffix(pid_t pid, int fd, const std::string& link);
  bool sockets_;
};

// Remembers sockets by their inode numbers, which no other socket has at the same time.
class LiveSocketFacts final : public SocketFacts {
 public:
  std::optional<unsigned> netlink_protocol(pid_t pid, int fd) override;

 private:
  std::map<std::string, std::optional<unsigned>> known_;
};

// Where /proc/PID/fd/FD leads; empty when it cannot be told.
std::string path_of_fd(pid_t pid, int fd);

}  // namespace polytap
