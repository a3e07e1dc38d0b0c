// Sockets: addresses, options, messages.
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "core/syscall/printers.h"
#include "core/syscall/tables.h"

namespace polytap::printers {

void socket_type(CallText& text, uint64_t value, const ArgumentKind&) {
  constexpr uint32_t kTypeMask = 0xf;
  const auto bits = static_cast<uint32_t>(value);
  if (kSocketTypes.find(bits & kTypeMask).empty()) {
    return bits == 0 ? text.put('0') : text.flags(kSocketFlags, bits);
  }
  text.enumeration(kSocketTypes, bits & kTypeMask);
  if ((bits & ~kTypeMask) == 0) return;
  text.put('|');
  text.flags(kSocketFlags, bits & ~kTypeMask);
}

void socket_protocol(CallText& text, uint64_t value, const ArgumentKind&) {
  const auto protocol = static_cast<uint32_t>(value);
  switch (static_cast<uint32_t>(text.argument(0))) {
    case AF_INET:
    case AF_INET6:
      return text.enumeration(kIpProtocols, protocol);
    case AF_NETLINK:
      return text.enumeration(kNetlinkProtocols, protocol);
    default:
      return text.print("{}", value);
  }
}

namespace {

void put_unix(CallText& text, std::span<const char> bytes) {
  const std::string_view path(bytes.data() + 2, bytes.size() - 2);
  if (path.empty()) return;
  text.put(", sun_path=");
  if (path[0] != '\0') return text.quoted(path.substr(0, path.find('\0')));
  text.put('@');
  text.quoted(path.substr(1));
}

void put_inet(CallText& text, std::span<const char> bytes) {
  sockaddr_in address{};
  memcpy(&address, bytes.data(), std::min(bytes.size(), sizeof address));
  std::array<char, INET_ADDRSTRLEN> name{};
  inet_ntop(AF_INET, &address.sin_addr, name.data(), name.size());
  text.print(", sin_port=htons({}), sin_addr=inet_addr(\"{}\")", ntohs(address.sin_port), name.data());
}

void put_inet6(CallText& text, std::span<const char> bytes) {
  sockaddr_in6 address{};
  memcpy(&address, bytes.data(), std::min(bytes.size(), sizeof address));
  std::array<char, INET6_ADDRSTRLEN> name{};
  inet_ntop(AF_INET6, &address.sin6_addr, name.data(), name.size());
  text.print(
      ", sin6_port=htons({}), sin6_flowinfo=htonl({}), inet_pton(AF_INET6, \"{}\", &sin6_addr), sin6_scope_id={}",
      ntohs(address.sin6_port), ntohl(address.sin6_flowinfo), name.data(), address.sin6_scope_id);
}

void put_netlink(CallText& text, std::span<const char> bytes) {
  sockaddr_nl address{};
  memcpy(&address, bytes.data(), std::min(bytes.size(), sizeof address));
  text.print(", nl_pid={}, nl_groups={:08x}", address.nl_pid, address.nl_groups);
}

}  // namespace

void put_socket_address(CallText& text, std::span<const char> bytes) {
  uint16_t family = 0;
  memcpy(&family, bytes.data(), sizeof family);
  text.put("{sa_family=");
  text.enumeration(kFamilies, family);
  if (bytes.size() > sizeof family) {
    if (family == AF_UNIX) {
      put_unix(text, bytes);
    } else if (family == AF_INET && bytes.size() >= sizeof(sockaddr_in)) {
      put_inet(text, bytes);
    } else if (family == AF_INET6 && bytes.size() >= sizeof(sockaddr_in6) - 4) {
      put_inet6(text, bytes);
    } else if (family == AF_NETLINK && bytes.size() >= sizeof(sockaddr_nl)) {
      put_netlink(text, bytes);
    } else {
      text.put(", sa_data=");
      text.quoted(std::string_view(bytes.data() + 2, bytes.size() - 2));
    }
  }
  text.put('}');
}

namespace {

void put_address_at(CallText& text, uint64_t at, uint64_t length) {
  std::vector<char> bytes(std::min<uint64_t>(length, sizeof(sockaddr_storage)));
  if (at == 0 || bytes.size() < 2 || text.memory.read(at, std::as_writable_bytes(std::span(bytes))) != bytes.size()) {
    return text.address(at);
  }
  put_socket_address(text, bytes);
}

}  // namespace

void socket_address(CallText& text, uint64_t value, const ArgumentKind& kind) {
  put_address_at(text, value, static_cast<uint32_t>(text.argument(kind.length_argument)));
}

void socket_address_result(CallText& text, uint64_t value, const ArgumentKind& kind) {
  // The length that the kernel wrote may exceed the room that there was.
  int length = 0;
  const uint64_t length_at = text.argument(kind.length_argument);
  if (!text.succeeded() || length_at == 0 || !text.memory.read_object(length_at, length)) return text.address(value);
  const int room = text.entry_int >= 0 ? std::min(length, text.entry_int) : length;
  put_address_at(text, value, static_cast<uint64_t>(std::max(room, 0)));
}

void socket_address_length(CallText& text, uint64_t value, const ArgumentKind&) {
  int length = 0;
  if (value == 0 || !text.memory.read_object(value, length)) return text.address(value);
  if (!text.succeeded() || text.entry_int == length || text.entry_int < 0) {
    // What the caller had put there is all that a failed call leaves.
    return text.print("[{}]", text.at_exit && text.call.failed && text.entry_int >= 0 ? text.entry_int : length);
  }
  text.print("[{} => {}]", text.entry_int, length);
}

namespace {

const ConstantTable* option_table(uint32_t level) {
  switch (level) {
    case SOL_SOCKET:
      return &kSocketOptions;
    case SOL_IP:
      return &kIpOptions;
    case SOL_IPV6:
      return &kIpv6Options;
    case SOL_TCP:
      return &kTcpOptions;
    case SOL_NETLINK:
      return &kNetlinkOptions;
    default:
      return nullptr;
  }
}

void put_option_value(CallText& text, uint64_t at, uint64_t length) {
  const auto level = static_cast<uint32_t>(text.argument(1));
  const auto option = static_cast<uint32_t>(text.argument(2));
  constexpr uint32_t kReceiveTimeout = 20;  // SO_RCVTIMEO_OLD, SO_SNDTIMEO_OLD
  constexpr uint32_t kSendTimeout = 21;
  const bool is_filter = option == SO_ATTACH_FILTER || option == SO_ATTACH_REUSEPORT_CBPF;
  if (level == SOL_SOCKET && is_filter && !text.at_exit) {
    if (length < sizeof(sock_fprog)) return text.address(at);
    put_classic_filter(text, at, false);
  } else if (level == SOL_SOCKET && option == SO_LINGER && length >= sizeof(linger)) {
    linger value{};
    if (text.fetch(at, value)) text.print("{{l_onoff={}, l_linger={}}}", value.l_onoff, value.l_linger);
  } else if (level == SOL_SOCKET && option == SO_PEERCRED && length >= sizeof(ucred)) {
    ucred value{};
    if (text.fetch(at, value)) text.print("{{pid={}, uid={}, gid={}}}", value.pid, value.uid, value.gid);
  } else if (level == SOL_SOCKET && (option == kReceiveTimeout || option == kSendTimeout) &&
             length >= sizeof(timeval)) {
    timeval value{};
    if (text.fetch(at, value)) put_time_val(text, value.tv_sec, value.tv_usec);
  } else if (level == SOL_SOCKET && option == SO_ERROR && length == sizeof(int)) {
    int error = 0;
    if (!text.fetch(at, error)) return;
    const std::string_view name = errno_name(error);
    text.print("[{}]", name.empty() ? fmt::format("{}", error) : name);
  } else if ((level == SOL_TCP && (option == TCP_CONGESTION || option == TCP_ULP)) || length != sizeof(int)) {
    text.buffer(at, length);
  } else {
    int value = 0;
    if (text.fetch(at, value)) text.print("[{}]", value);
  }
}

}  // namespace

void socket_option(CallText& text, uint64_t value, const ArgumentKind&) {
  const ConstantTable* table = option_table(static_cast<uint32_t>(text.argument(1)));
  if (table == nullptr) return text.print("{}", static_cast<uint32_t>(value));
  text.enumeration(*table, static_cast<uint32_t>(value));
}

void socket_option_value(CallText& text, uint64_t value, const ArgumentKind&) {
  if (value == 0) return text.put("NULL");
  const auto length = static_cast<int>(text.argument(4));
  if (length < 0) return text.address(value);
  put_option_value(text, value, static_cast<uint64_t>(length));
}

void socket_option_result(CallText& text, uint64_t value, const ArgumentKind&) {
  int length = 0;
  if (!text.succeeded() || !text.memory.read_object(text.argument(4), length) || length < 0) {
    return text.address(value);
  }
  put_option_value(text, value, static_cast<uint64_t>(length));
}

namespace {

void put_control_data(CallText& text, const cmsghdr& header, uint64_t at, uint64_t length) {
  if (header.cmsg_level == SOL_SOCKET && header.cmsg_type == SCM_RIGHTS && length >= sizeof(int)) {
    return put_array<int>(text, at, length / sizeof(int), [&](int fd) { text.fd(fd); });
  }
  if (header.cmsg_level == SOL_SOCKET && header.cmsg_type == SCM_CREDENTIALS && length >= sizeof(ucred)) {
    ucred value{};
    if (text.fetch(at, value)) text.print("{{pid={}, uid={}, gid={}}}", value.pid, value.uid, value.gid);
    return;
  }
  text.buffer(at, length);
}

void put_control(CallText& text, uint64_t at, uint64_t length) {
  if (at == 0) return text.put("NULL");
  cmsghdr header{};
  if (length < sizeof header || !text.memory.read_object(at, header)) return text.address(at);
  text.put('[');
  uint64_t offset = 0;
  while (offset + sizeof header <= length && text.memory.read_object(at + offset, header)) {
    const uint64_t own = std::min<uint64_t>(header.cmsg_len, length - offset);
    text.print("{}{{cmsg_len={}, cmsg_level=", offset > 0 ? ", " : "", header.cmsg_len);
    text.enumeration(kSocketLevels, static_cast<uint32_t>(header.cmsg_level));
    text.put(", cmsg_type=");
    if (header.cmsg_level == SOL_SOCKET) {
      text.enumeration(kControlTypes, static_cast<uint32_t>(header.cmsg_type));
    } else {
      text.hex(static_cast<uint32_t>(header.cmsg_type));
    }
    if (own > sizeof header) {
      text.put(", cmsg_data=");
      put_control_data(text, header, at + offset + sizeof header, own - sizeof header);
    }
    text.put('}');
    if (header.cmsg_len < sizeof header) break;
    offset += CMSG_ALIGN(header.cmsg_len);
  }
  text.put(']');
}

// The vectors of a message: RECEIVED bytes of them hold data.
void put_vectors(CallText& text, const msghdr& message, uint64_t received) {
  uint64_t left = received;
  put_array<iovec>(text, reinterpret_cast<uint64_t>(message.msg_iov), message.msg_iovlen, [&](const iovec& vector) {
    const uint64_t filled = std::min<uint64_t>(left, vector.iov_len);
    left -= filled;
    text.put("{iov_base=");
    text.socket_data(static_cast<int>(text.argument(0)), reinterpret_cast<uint64_t>(vector.iov_base), filled);
    text.print(", iov_len={}}}", vector.iov_len);
  });
}

void put_message(CallText& text, const msghdr& message, uint64_t received, int name_room) {
  text.put("{msg_name=");
  const auto length = static_cast<int>(message.msg_namelen);
  put_address_at(text, reinterpret_cast<uint64_t>(message.msg_name),
                 static_cast<uint64_t>(std::max(name_room >= 0 ? std::min(length, name_room) : length, 0)));
  if (name_room >= 0 && name_room != length) {
    text.print(", msg_namelen={} => {}", name_room, length);
  } else {
    text.print(", msg_namelen={}", length);
  }
  text.put(", msg_iov=");
  put_vectors(text, message, received);
  text.print(", msg_iovlen={}", message.msg_iovlen);
  if (message.msg_controllen != 0) {
    text.put(", msg_control=");
    put_control(text, reinterpret_cast<uint64_t>(message.msg_control), message.msg_controllen);
  }
  text.print(", msg_controllen={}, msg_flags=", message.msg_controllen);
  text.flags(kMessageFlags, static_cast<uint32_t>(message.msg_flags));
  text.put('}');
}

}  // namespace

void message_to_send(CallText& text, uint64_t value, const ArgumentKind&) {
  msghdr message{};
  if (text.fetch(value, message)) put_message(text, message, UINT64_MAX, -1);
}

void message_received(CallText& text, uint64_t value, const ArgumentKind&) {
  msghdr message{};
  if (!text.fetch(value, message)) return;
  if (text.succeeded()) return put_message(text, message, static_cast<uint64_t>(text.call.result), text.entry_int);
  text.print("{{msg_namelen={}}}", message.msg_namelen);
}

void data_to_send(CallText& text, uint64_t value, const ArgumentKind& kind) {
  text.socket_data(static_cast<int>(text.argument(0)), value, text.argument(kind.length_argument));
}

void data_received(CallText& text, uint64_t value, const ArgumentKind&) {
  if (!text.succeeded()) return text.address(value);
  text.socket_data(static_cast<int>(text.argument(0)), value, static_cast<uint64_t>(text.call.result));
}

void messages_to_send(CallText& text, uint64_t value, const ArgumentKind&) {
  put_array<mmsghdr>(text, value, static_cast<uint32_t>(text.argument(2)), [&](const mmsghdr& entry) {
    text.put("{msg_hdr=");
    put_message(text, entry.msg_hdr, UINT64_MAX, -1);
    if (text.succeeded()) text.print(", msg_len={}", entry.msg_len);
    text.put('}');
  });
}

void messages_received(CallText& text, uint64_t value, const ArgumentKind&) {
  if (!text.succeeded()) return text.address(value);
  put_array<mmsghdr>(text, value, static_cast<uint64_t>(text.call.result), [&](const mmsghdr& entry) {
    text.put("{msg_hdr=");
    put_message(text, entry.msg_hdr, entry.msg_len, -1);
    text.print(", msg_len={}}}", entry.msg_len);
  });
}

}  // namespace polytap::printers
