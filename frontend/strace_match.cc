#include "frontend/strace_match.h"

#include <fmt/format.h>
#include <fnmatch.h>
#include <linux/unistd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/xattr.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>

#include "core/syscall/live_fds.h"
#include "core/syscall/printers.h"
#include "core/syscall/render_call.h"

namespace polytap {
namespace {

struct Family {
  std::string_view name;
  int number;
};
constexpr Family kFamilyNames[] = {{"unix", AF_UNIX},   {"local", AF_UNIX},      {"inet", AF_INET},
                                   {"inet6", AF_INET6}, {"netlink", AF_NETLINK}, {"packet", AF_PACKET},
                                   {"vsock", AF_VSOCK}};

// Of the socket that FD is, by the name of its protocol; AF_UNSPEC: it is none, or of another family.
int family_of_fd(pid_t pid, int fd) {
  std::array<char, 64> buffer{};
  const std::string file = fmt::format("/proc/{}/fd/{}", pid, fd);
  if (getxattr(file.c_str(), "system.sockprotoname", buffer.data(), buffer.size() - 1) <= 0) return AF_UNSPEC;
  const std::string_view name = buffer.data();
  if (name.starts_with("UNIX")) return AF_UNIX;
  if (name == "NETLINK") return AF_NETLINK;
  if (name == "PACKET") return AF_PACKET;
  if (name == "AF_VSOCK") return AF_VSOCK;
  return name.ends_with("v6") ? AF_INET6 : AF_INET;
}

bool makes_socket(uint64_t number) { return number == __NR_socket || number == __NR_socketpair; }

// Which argument has the socket address that the call takes; 0: it takes none.
size_t address_argument(uint64_t number) {
  switch (number) {
    case __NR_connect:
    case __NR_bind:
      return 1;
    case __NR_sendto:
      return 4;
    default:
      return 0;
  }
}

bool any_matches(const std::vector<std::string>& globs, const std::string& text) {
  return std::ranges::any_of(globs,
                             [&](const std::string& glob) { return fnmatch(glob.c_str(), text.c_str(), 0) == 0; });
}

bool parse_value(std::string_view text, uint64_t& value) {
  const bool negative = text.starts_with('-');
  if (negative) text.remove_prefix(1);
  const int base = text.starts_with("0x") ? 16 : 10;
  if (base == 16) text.remove_prefix(2);
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (negative) value = -value;
  return !text.empty() && parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

}  // namespace

Status CallMatches::add_families(std::string_view text) {
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    const auto* found = std::ranges::find(kFamilyNames, word, &Family::name);
    if (found == std::end(kFamilyNames)) {
      return Error(fmt::format("invalid family '{}' (unix, inet, inet6, netlink, packet or vsock)", word));
    }
    families_.push_back(found->number);
    begin = end + 1;
  }
  return {};
}

Status CallMatches::add_argument(std::string_view text) {
  ArgumentValues wanted;
  const std::string_view whole = text;
  const size_t colon = text.find(':');
  uint64_t number = 0;
  const bool has_number = colon != std::string_view::npos && parse_value(text.substr(0, colon), number);
  if (!has_number || number < 1 || number > 6) {
    return Error(fmt::format("invalid --arg argument: '{}' (NUMBER:VALUE, NUMBER from 1 to 6)", whole));
  }
  wanted.index = number - 1;
  text.remove_prefix(colon + 1);
  for (size_t begin = 0; begin <= text.size();) {
    const size_t end = std::min(text.find(',', begin), text.size());
    uint64_t value = 0;
    if (!parse_value(text.substr(begin, end - begin), value)) {
      return Error(fmt::format("invalid --arg argument: '{}' (values are numbers)", whole));
    }
    wanted.values.push_back(value);
    begin = end + 1;
  }
  arguments_.push_back(std::move(wanted));
  return {};
}

bool CallMatches::restricts_files() const {
  return !paths.empty() || !fds.empty() || !globs.empty() || !prefixes.empty() || !socket_globs.empty() ||
         !families_.empty();
}

bool CallMatches::accepts_path(const std::string& path) const {
  if (path.empty()) return false;
  if (std::ranges::find(paths, path) != paths.end() || any_matches(globs, path)) return true;
  return std::ranges::any_of(prefixes, [&](const std::string& prefix) {
    if (!path.starts_with(prefix)) return false;
    // "/var" is a prefix of "/var/log", not of "/variable".
    return prefix.ends_with('/') || path.size() == prefix.size() || path[prefix.size()] == '/';
  });
}

bool CallMatches::accepts_fd(pid_t pid, int fd) const {
  if (fd < 0) return false;
  if (fds.contains(fd)) return true;
  if (!families_.empty() && std::ranges::find(families_, family_of_fd(pid, fd)) != families_.end()) return true;
  if (!socket_globs.empty()) {
    // </dev/null>, <UNIX-STREAM:[123,"/run/socket"]>
    const std::string name = LiveFdNames(kAllFdDetails).suffix(pid, fd);
    const size_t begin = name.find('"');
    const size_t end = name.rfind('"');
    if (begin != std::string::npos && end > begin && any_matches(socket_globs, name.substr(begin + 1, end - begin - 1)))
      return true;
  }
  return (!paths.empty() || !globs.empty() || !prefixes.empty()) && accepts_path(path_of_fd(pid, fd));
}

bool CallMatches::accepts_socket_address(const CallStop& stop, const MemoryView& memory) const {
  const size_t index = address_argument(stop.call.number);
  if (index == 0 || socket_globs.empty()) return false;
  sockaddr_un address{};
  const size_t length = std::min<size_t>(stop.call.arguments[index + 1], sizeof address);
  if (memory.read(stop.call.arguments[index], std::as_writable_bytes(std::span(&address, 1)).first(length)) != length)
    return false;
  if (address.sun_family != AF_UNIX || length <= offsetof(sockaddr_un, sun_path)) return false;
  const std::string_view path(address.sun_path, length - offsetof(sockaddr_un, sun_path));
  return any_matches(socket_globs, std::string(path.substr(0, path.find('\0'))));
}

bool CallMatches::accepts(const CallStop& stop, const MemoryView& memory) const {
  const bool values_agree = std::ranges::all_of(arguments_, [&](const ArgumentValues& wanted) {
    const uint64_t value = stop.call.arguments[wanted.index];
    // Most arguments are 32 bits wide, and the upper half may hold anything.
    return std::ranges::any_of(wanted.values, [&](uint64_t each) {
      return each == value || (static_cast<uint32_t>(each) == static_cast<uint32_t>(value) &&
                               static_cast<uint64_t>(static_cast<int32_t>(each)) == each);
    });
  });
  if (!values_agree || !restricts_files()) return values_agree;
  const CallDescription* call = description_of(stop.call);
  if (call == nullptr) return false;
  if (makes_socket(stop.call.number)) {
    return std::ranges::find(families_, static_cast<int>(stop.call.arguments[0])) != families_.end();
  }
  if (accepts_socket_address(stop, memory)) return true;
  const RenderStyle style;
  for (size_t i = 0; i < call->argument_count; i++) {
    const ArgumentKind& kind = call->argument_slots[i];
    if (kind.print == printers::path) {
      std::string found;
      CallText text(found, memory, style, stop.call);
      text.path(stop.call.arguments[i]);
      if (found.size() >= 2 && found.front() == '"' && accepts_path(found.substr(1, found.size() - 2))) return true;
    } else if (kind.print == printers::fd || kind.print == printers::directory_fd) {
      if (accepts_fd(stop.tid, static_cast<int>(stop.call.arguments[i]))) return true;
    }
  }
  return false;
}

}  // namespace polytap
