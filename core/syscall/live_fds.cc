#include "core/syscall/live_fds.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstring>
#include <fstream>
#include <sstream>
#include <string_view>

#include "core/syscall/socket_diag.h"
#include "core/syscall/tables.h"

namespace polytap {
namespace {

std::string read_link(const std::string& path) {
  std::array<char, 4097> buffer;
  const ssize_t length = readlink(path.c_str(), buffer.data(), buffer.size() - 1);
  return length > 0 ? std::string(buffer.data(), static_cast<size_t>(length)) : std::string();
}

// Paths may hold anything: what would break the line or the brackets is shown in octal.
std::string escaped(std::string_view path) {
  std::string text;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < ' ' || byte >= 0x7f || c == '<' || c == '>' || c == '"' || c == '\\') {
      text += c == '\n' ? "\\n" : c == '\t' ? "\\t" : c == '\\' ? "\\\\" : fmt::format("\\{:o}", byte);
    } else {
      text += c;
    }
  }
  return text;
}

// "0100007F:1F90" of /proc/net/tcp: 127.0.0.1:8080.
std::string address_text(std::string_view field, bool is_6) {
  const size_t colon = field.find(':');
  unsigned port = 0;
  std::from_chars(field.data() + colon + 1, field.data() + field.size(), port, 16);
  std::array<uint32_t, 4> words{};
  for (size_t i = 0; i < (is_6 ? 4U : 1U); i++) {
    std::from_chars(field.data() + 8 * i, field.data() + 8 * i + 8, words[i], 16);
  }
  std::array<char, INET6_ADDRSTRLEN> name{};
  inet_ntop(is_6 ? AF_INET6 : AF_INET, words.data(), name.data(), name.size());
  return is_6 ? fmt::format("[{}]:{}", name.data(), port) : fmt::format("{}:{}", name.data(), port);
}

// A line of the table TABLE of /proc/PID/net whose field number FIELD (from 0) is INODE.
std::vector<std::string> find_row(pid_t pid, const char* table, size_t field, const std::string& inode) {
  std::ifstream file(fmt::format("/proc/{}/net/{}", pid, table));
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::vector<std::string> fields;
    for (std::string word; words >> word;) fields.push_back(word);
    if (fields.size() > field && fields[field] == inode) return fields;
  }
  return {};
}

std::string inet_text(pid_t pid, const std::string& inode) {
  constexpr std::array<std::pair<const char*, const char*>, 6> kTables = {
      {{"tcp", "TCP"}, {"udp", "UDP"}, {"raw", "RAW"}, {"tcp6", "TCPv6"}, {"udp6", "UDPv6"}, {"raw6", "RAWv6"}}};
  for (const auto& [table, name] : kTables) {
    const auto row = find_row(pid, table, 9, inode);
    if (row.empty()) continue;
    const bool is_6 = std::string_view(table).ends_with('6');
    const std::string local = address_text(row[1], is_6);
    const bool connected = row[2].find_first_not_of("0:") != std::string::npos;
    return connected ? fmt::format("{}:[{}->{}]", name, local, address_text(row[2], is_6))
                     : fmt::format("{}:[{}]", name, local);
  }
  return {};
}

std::string unix_text(pid_t pid, const std::string& inode) {
  const auto row = find_row(pid, "unix", 6, inode);
  if (row.empty()) return {};
  unsigned type = 0;
  std::from_chars(row[4].data(), row[4].data() + row[4].size(), type, 16);
  const std::string_view name = type == SOCK_STREAM  ? "UNIX-STREAM"
                                : type == SOCK_DGRAM ? "UNIX-DGRAM"
                                                     : "UNIX-SEQPACKET";
  uint32_t number = 0;
  std::from_chars(inode.data(), inode.data() + inode.size(), number);
  const auto connected_to = unix_socket_peer(number);
  const std::string peer = connected_to ? fmt::format("->{}", *connected_to) : std::string();
  if (row.size() > 7)
    return fmt::format("{}:[{}{},{}\"{}\"]", name, inode, peer, row[7][0] == '@' ? "@" : "",
                       row[7].substr(row[7][0] == '@'));
  return fmt::format("{}:[{}{}]", name, inode, peer);
}

std::string netlink_text(pid_t pid, const std::string& inode) {
  const auto row = find_row(pid, "netlink", 9, inode);
  if (row.empty()) return {};
  uint64_t protocol = 0;
  std::from_chars(row[1].data(), row[1].data() + row[1].size(), protocol);
  const std::string_view name = kNetlinkProtocols.find(protocol);
  constexpr std::string_view kPrefix = "NETLINK_";
  return fmt::format("NETLINK:[{}:{}]", name.empty() ? row[1] : name.substr(kPrefix.size()), row[2]);
}

// -1: it has been waited for, or is not in this namespace.
std::optional<int> target_of_pidfd(pid_t pid, int fd) {
  std::ifstream file(fmt::format("/proc/{}/fdinfo/{}", pid, fd));
  for (std::string word; file >> word;) {
    int target = 0;
    if (word == "Pid:" && file >> target) return target;
  }
  return std::nullopt;
}

}  // namespace

std::string path_of_fd(pid_t pid, int fd) { return read_link(fmt::format("/proc/{}/fd/{}", pid, fd)); }

LiveFdNames::Name LiveFdNames::socket_name(pid_t pid, int fd, const std::string& link) {
  const std::string inode = link.substr(8, link.size() - 9);
  for (auto* look : {inet_text, unix_text, netlink_text}) {
    const std::string text = look(pid, inode);
    if (text.empty()) continue;
    const bool connected = look == inet_text && text.find("->") != std::string::npos;
    return {"<" + text + ">", connected};
  }
  std::array<char, 64> protocol{};
  const std::string file = fmt::format("/proc/{}/fd/{}", pid, fd);
  if (getxattr(file.c_str(), "system.sockprotoname", protocol.data(), protocol.size() - 1) > 0) {
    return {fmt::format("<{}:[{}]>", protocol.data(), inode), false};
  }
  return {"<" + link + ">", false};
}

LiveFdNames::Name LiveFdNames::name(pid_t pid, int fd) const {
  std::string link = path_of_fd(pid, fd);
  if (link.empty()) return {};
  if (shows(FdDetail::kSocket) && link.starts_with("socket:[")) return socket_name(pid, fd, link);
  if (shows(FdDetail::kPidfd) && link == "anon_inode:[pidfd]") {
    if (const auto target = target_of_pidfd(pid, fd)) return {fmt::format("<pid:{}>", *target), false};
  }
  const bool is_path = link.starts_with('/');
  constexpr std::string_view kDeleted = " (deleted)";
  std::string tail;
  if (is_path && link.ends_with(kDeleted)) {
    link.resize(link.size() - kDeleted.size());
    tail = "(deleted)";
  }
  if (shows(FdDetail::kDevice) && is_path) {
    struct stat status {};
    if (stat(fmt::format("/proc/{}/fd/{}", pid, fd).c_str(), &status) == 0 &&
        (S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode))) {
      return {fmt::format("<{}<{} {}:{}>{}>", escaped(link), S_ISCHR(status.st_mode) ? "char" : "block",
                          major(status.st_rdev), minor(status.st_rdev), tail),
              true};
    }
  }
  if (!shows(FdDetail::kPath)) return {{}, true};
  return {fmt::format("<{}>{}", escaped(link), tail), true};
}

std::string LiveFdNames::suffix(pid_t pid, int fd) { return name(pid, fd).text; }

std::string LiveFdNames::working_directory(pid_t pid) {
  if (!shows(FdDetail::kPath)) return {};
  const std::string link = read_link(fmt::format("/proc/{}/cwd", pid));
  return link.empty() ? std::string() : fmt::format("<{}>", escaped(link));
}

std::optional<unsigned> LiveSocketFacts::netlink_protocol(pid_t pid, int fd) {
  constexpr std::string_view kSocket = "socket:[";
  constexpr size_t kMostKnown = 1024;  // numbers come again after a while
  const std::string link = path_of_fd(pid, fd);
  if (!link.starts_with(kSocket)) return std::nullopt;
  if (const auto found = known_.find(link); found != known_.end()) return found->second;
  if (known_.size() >= kMostKnown) known_.clear();
  const auto row = find_row(pid, "netlink", 9, link.substr(kSocket.size(), link.size() - kSocket.size() - 1));
  std::optional<unsigned> protocol;
  if (row.size() > 1) {
    unsigned number = 0;
    std::from_chars(row[1].data(), row[1].data() + row[1].size(), number);
    protocol = number;
  }
  return known_[link] = protocol;
}

}  // namespace polytap
