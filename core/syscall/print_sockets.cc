// Sockets: addresses, options, messages.
#include <arpa/inet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

#include "core/syscall/printers.h"
#include "core/syscall/socket_options.h"
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
    put_control_messages(text, reinterpret_cast<uint64_t>(message.msg_control), message.msg_controllen);
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
  text.print("{{msg_namelen={}}}", static_cast<int32_t>(message.msg_namelen));
}

void note_recvmmsg(CallText& text) {
  if (!text.succeeded()) return;
  if (text.call.result == 0) {
    text.note = "Timeout";
    return;
  }
  const uint64_t at = text.argument(4);
  if (at == 0) return;
  std::string note;
  std::swap(note, text.out);
  text.put("left ");
  ::timespec left{};
  text.memory.read_object(at, left) ? put_time_spec(text, left.tv_sec, left.tv_nsec) : text.address(at);
  std::swap(note, text.out);
  text.note = note;
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
