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
#include "core/syscall/tables_protocols.h"

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

namespace {

struct FamilyProtocols {
  uint32_t family;
  const ConstantTable* protocols;
};
constexpr FamilyProtocols kProtocols[] = {
    {AF_INET, &kIpProtocols},
    {AF_INET6, &kIpProtocols},
    {AF_NETLINK, &kNetlinkProtocols},
    {AF_AX25, &kAx25Protocols},
    {AF_CAN, &kCanProtocols},
    {AF_IRDA, &kIrdaProtocols},
    {AF_BLUETOOTH, &kBluetoothProtocols},
    {AF_RXRPC, &kFamilies},
    {AF_ISDN, &kIsdnProtocols},
    {AF_PHONET, &kPhonetProtocols},
    {AF_CAIF, &kCaifProtocols},
    {AF_NFC, &kNfcSocketProtocols},
    {AF_KCM, &kKcmProtocols},
    {AF_SMC, &kSmcProtocols},
};

}  // namespace

void socket_protocol(CallText& text, uint64_t value, const ArgumentKind&) {
  const auto protocol = static_cast<uint32_t>(value);
  const auto family = static_cast<uint32_t>(text.argument(0));
  constexpr uint64_t kSocket = 41;  // socketpair's is a number
  if (text.call.number != kSocket) return text.print("{}", value);
  if (family == AF_PACKET) {
    text.put("htons(");
    text.enumeration(kEtherTypes, ntohs(static_cast<uint16_t>(protocol)));
    return text.put(')');
  }
  const auto* found = std::ranges::find(kProtocols, family, &FamilyProtocols::family);
  if (found == std::end(kProtocols)) return text.print("{}", value);
  text.enumeration(*found->protocols, protocol);
}

namespace {

void put_address_at(CallText& text, uint64_t at, uint64_t length) {
  if (static_cast<int32_t>(length) < 0) return text.address(at);
  std::vector<char> bytes(std::min<uint64_t>(length, sizeof(sockaddr_storage)));
  if (at == 0 || !text.style.dereference || bytes.size() < 2 ||
      text.memory.read(at, std::as_writable_bytes(std::span(bytes))) != bytes.size()) {
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

void socket_address_length(CallText& text, uint64_t value, const ArgumentKind& kind) {
  int length = 0;
  // Without an address the length means nothing.
  if (kind.length_argument != 0 && text.argument(kind.length_argument) == 0) return text.address(value);
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
    // Those of i386 programs have headers of 32-bit words.
    const auto control = reinterpret_cast<uint64_t>(message.msg_control);
    text.call.is_32bit ? text.address(control) : put_control_messages(text, control, message.msg_controllen);
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
  // No more than the caller has room for.
  text.socket_data(static_cast<int>(text.argument(0)), value,
                   std::min(static_cast<uint64_t>(text.call.result), text.argument(2)));
}

void messages_to_send(CallText& text, uint64_t value, const ArgumentKind&) {
  int64_t sent = text.succeeded() ? text.call.result : 0;
  put_array<mmsghdr>(text, value, static_cast<uint32_t>(text.argument(2)), [&](const mmsghdr& entry) {
    text.put("{msg_hdr=");
    put_message(text, entry.msg_hdr, UINT64_MAX, -1);
    if (sent-- > 0) text.print(", msg_len={}", entry.msg_len);
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
