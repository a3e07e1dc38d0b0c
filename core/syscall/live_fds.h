// The file descriptors of live processes, read from /proc.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "core/syscall/call_text.h"

namespace polytap {

// What is shown of a descriptor besides its number, as --decode-fds= names it.
enum class FdDetail : uint8_t { kPath = 1, kSocket = 2, kDevice = 4, kEventfd = 8, kPidfd = 16, kSignalfd = 32 };
inline constexpr uint8_t kAllFdDetails = 63;

class LiveFdNames final : public FdNames {
 public:
  // DETAILS: a set of FdDetail.
  explicit LiveFdNames(uint8_t details) : details_(details) {}
  struct Name {
    std::string text;
    bool lasting = false;  // it stays as it is while the descriptor is open and no path changes
  };
  Name name(pid_t pid, int fd) const;
  std::string suffix(pid_t pid, int fd) override;
  std::string working_directory(pid_t pid) override;

 private:
  bool shows(FdDetail detail) const { return (details_ & static_cast<uint8_t>(detail)) != 0; }
  static Name socket_name(pid_t pid, int fd, const std::string& link);
  uint8_t details_;
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
