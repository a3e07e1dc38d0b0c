// getsockopt(2) and setsockopt(2) at each level.
#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/icmp.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <utility>
#include <vector>

#include "core/syscall/named_constant.h"
#include "core/syscall/printers.h"
#include "core/syscall/structure.h"
#include "core/syscall/tables.h"
#include "core/syscall/tables_socket_options.h"
#include "core/syscall/value_kinds.h"

namespace polytap::printers {
namespace {

using namespace value_kinds;

constexpr ValueKind kSigned{Show::kSigned};

struct Level {
  uint32_t level;
  const ConstantTable* options;
};
constexpr Level kLevels[] = {
    {SOL_SOCKET, &kSocketOptions}, {SOL_IP, &kIpOptions},   {SOL_TCP, &kTcpOptions},       {IPPROTO_UDP, &kUdpOptions},
    {SOL_IPV6, &kIpv6Options},     {SOL_RAW, &kRawOptions}, {256, &kIpxOptions},           {257, &kAx25Options},
    {SOL_PACKET, &kPacketOptions}, {266, &kIrdaOptions},    {268, &kLlcOptions},           {269, &kDccpOptions},
    {270, &kNetlinkOptions},       {271, &kTipcOptions},    {272, &kRxrpcOptions},         {273, &kPppol2tpOptions},
    {274, &kBluetoothOptions},     {275, &kPnpipeOptions},  {276, &kRdsOptions},           {277, &kIucvOptions},
    {278, &kCaifOptions},          {279, &kAlgOptions},     {280, &kNfcOptions},           {281, &kKcmOptions},
    {282, &kTlsOptions},           {283, &kXdpOptions},     {IPPROTO_SCTP, &kSctpOptions},
};

// Those that hold an int whatever room there is.
constexpr uint16_t kIntegerOptions[] = {
    SO_DEBUG,
    SO_REUSEADDR,
    SO_DONTROUTE,
    SO_BROADCAST,
    SO_SNDBUF,
    SO_RCVBUF,
    SO_KEEPALIVE,
    SO_OOBINLINE,
    SO_NO_CHECK,
    SO_PRIORITY,
    SO_BSDCOMPAT,
    SO_REUSEPORT,
    SO_PASSCRED,
    SO_RCVLOWAT,
    SO_SNDLOWAT,
    SO_DETACH_FILTER,
    SO_TIMESTAMP_OLD,
    SO_ACCEPTCONN,
    SO_SNDBUFFORCE,
    SO_RCVBUFFORCE,
    SO_PASSSEC,
    SO_TIMESTAMPNS_OLD,
    SO_MARK,
    SO_TIMESTAMPING_OLD,
    SO_RXQ_OVFL,
    SO_WIFI_STATUS,
    SO_PEEK_OFF,
    SO_NOFCS,
    SO_LOCK_FILTER,
    SO_SELECT_ERR_QUEUE,
    SO_BUSY_POLL,
    SO_INCOMING_CPU,
    SO_CNX_ADVICE,
    SO_INCOMING_NAPI_ID,
    SO_ZEROCOPY,
    SO_TIMESTAMP_NEW,
    SO_TIMESTAMPNS_NEW,
    SO_TIMESTAMPING_NEW,
    SO_DETACH_REUSEPORT_BPF,
    SO_PREFER_BUSY_POLL,
    SO_BUSY_POLL_BUDGET,
    SO_RESERVE_MEM,
    SO_RCVMARK,
    76 /* SO_PASSPIDFD */,
    82 /* SO_RCVPRIORITY */,
    83 /* SO_PASSRIGHTS */,
};

constexpr Field kLingerFields[] = {POLYTAP_FIELD(linger, l_onoff, kSigned), POLYTAP_FIELD(linger, l_linger, kSigned)};
constexpr Structure kLinger{kLingerFields, sizeof(linger)};
constexpr Field kCredentialFields[] = {POLYTAP_FIELD(ucred, pid, kSigned), POLYTAP_FIELD(ucred, uid, kNumber),
                                       POLYTAP_FIELD(ucred, gid, kNumber)};
constexpr Structure kCredentials{kCredentialFields, sizeof(ucred)};
constexpr ValueKind kInternet{Show::kInternet, nullptr, nullptr, nullptr, 4};
constexpr Field kMembershipFields[] = {
    {"imr_multiaddr", 0, 4, kInternet},
    {"imr_interface", 4, 4, kInternet},
};
constexpr Structure kMembership{kMembershipFields, 8};
constexpr Field kRingFields[] = {
    POLYTAP_FIELD(tpacket_req, tp_block_size, kNumber),
    POLYTAP_FIELD(tpacket_req, tp_block_nr, kNumber),
    POLYTAP_FIELD(tpacket_req, tp_frame_size, kNumber),
    POLYTAP_FIELD(tpacket_req, tp_frame_nr, kNumber),
};
constexpr Structure kRing{kRingFields, sizeof(tpacket_req)};
constexpr Field kStatisticsFields[] = {
    {"tp_packets", 0, 4, kNumber}, {"tp_drops", 4, 4, kNumber}, {"tp_freeze_q_cnt", 8, 4, kNumber}};
constexpr Structure kStatistics{kStatisticsFields, 12};

constexpr Constant kPacketMemberConstants[] = {
    NAMED(PACKET_MR_MULTICAST),
    NAMED(PACKET_MR_PROMISC),
    NAMED(PACKET_MR_ALLMULTI),
    NAMED(PACKET_MR_UNICAST),
};
constexpr ConstantTable kPacketMembers{kPacketMemberConstants,
                                       "PACKET_MR_?"
                                       "??"};
constexpr Constant kRehashConstants[] = {
    {"SOCK_TXREHASH_DEFAULT", 255}, {"SOCK_TXREHASH_DISABLED", 0}, {"SOCK_TXREHASH_ENABLED", 1}};
constexpr ConstantTable kRehash{kRehashConstants,
                                "SOCK_TXREHASH_?"
                                "??"};
constexpr Constant kIcmpConstants[] = {
    NAMED(ICMP_ECHOREPLY),      NAMED(ICMP_DEST_UNREACH),  NAMED(ICMP_SOURCE_QUENCH), NAMED(ICMP_REDIRECT),
    NAMED(ICMP_ECHO),           NAMED(ICMP_TIME_EXCEEDED), NAMED(ICMP_PARAMETERPROB), NAMED(ICMP_TIMESTAMP),
    NAMED(ICMP_TIMESTAMPREPLY), NAMED(ICMP_INFO_REQUEST),  NAMED(ICMP_INFO_REPLY),    NAMED(ICMP_ADDRESS),
    NAMED(ICMP_ADDRESSREPLY),
};
constexpr ConstantTable kIcmpTypes{kIcmpConstants,
                                   "ICMP_?"
                                   "??"};

uint32_t level_of(const CallText& text) { return static_cast<uint32_t>(text.argument(1)); }
uint32_t option_of(const CallText& text) { return static_cast<uint32_t>(text.argument(2)); }

bool is_integer(uint32_t level, uint32_t option) {
  return (level == SOL_SOCKET && std::ranges::find(kIntegerOptions, option) != std::end(kIntegerOptions)) ||
         level == 270;  // SOL_NETLINK: all of them
}

// What the kernel gave may end within a field.
void put_cut_structure(CallText& text, uint64_t at, uint64_t length, const Structure& structure) {
  std::vector<std::byte> bytes(std::min<uint64_t>(length, structure.size));
  if (bytes.empty() || text.memory.read(at, bytes) != bytes.size()) return text.address(at);
  text.put('{');
  for (const Field& field : structure.fields) {
    if (field.offset >= bytes.size()) break;
    if (field.offset > 0) text.put(", ");
    text.print("{}=", field.name);
    const auto own = std::span<const std::byte>(bytes).subspan(field.offset);
    if (own.size() < field.size) {
      put_all_bytes(text, own);
    } else {
      put_value(text, own.first(field.size), field.kind);
    }
  }
  text.put('}');
}

void put_bit_set(CallText& text, uint64_t at, uint64_t length, const ConstantTable& table) {
  uint32_t bits = 0;
  const size_t size = std::min<uint64_t>(length, sizeof bits);
  if (size == 0 || text.memory.read(at, std::as_writable_bytes(std::span(&bits, 1)).first(size)) != size) {
    return text.address(at);
  }
  const uint32_t count = static_cast<uint32_t>(size) * 8;
  const bool negated = static_cast<uint32_t>(std::popcount(bits)) >= count * 2 / 3;
  if (negated) {
    text.put('~');
    bits = ~bits;
  }
  text.put('[');
  bool first = true;
  for (uint32_t bit = 0; bit < count; ++bit) {
    if ((bits >> bit & 1) == 0) continue;
    if (!std::exchange(first, false)) text.put(' ');
    text.enumeration(table, bit);
  }
  text.put(']');
}

void put_membership6(CallText& text, uint64_t at) {
  ipv6_mreq membership{};
  if (!text.fetch(at, membership)) return;
  std::array<char, INET6_ADDRSTRLEN> name{};
  inet_ntop(AF_INET6, &membership.ipv6mr_multiaddr, name.data(), name.size());
  text.print("{{inet_pton(AF_INET6, \"{}\", &ipv6mr_multiaddr), ipv6mr_interface=", name.data());
  const auto bytes = std::as_bytes(std::span(&membership.ipv6mr_interface, 1));
  put_value(text, bytes, {Show::kInterface});
  text.put('}');
}

void put_group(CallText& text, uint64_t at) {
  group_req request{};
  if (!text.fetch(at, request)) return;
  text.put("{gr_interface=");
  put_value(text, std::as_bytes(std::span(&request.gr_interface, 1)), {Show::kInterface});
  text.put(", gr_group=");
  put_socket_address(text, {reinterpret_cast<const char*>(&request.gr_group), sizeof request.gr_group});
  text.put('}');
}

void put_packet_membership(CallText& text, uint64_t at) {
  packet_mreq request{};
  if (!text.fetch(at, request)) return;
  text.put("{mr_ifindex=");
  put_value(text, std::as_bytes(std::span(&request.mr_ifindex, 1)), {Show::kInterface});
  text.put(", mr_type=");
  text.enumeration(kPacketMembers, request.mr_type);
  text.print(", mr_alen={}, mr_address=", request.mr_alen);
  const size_t length = std::min<size_t>(request.mr_alen, sizeof request.mr_address);
  for (size_t i = 0; i < length; ++i) text.print("{}{:02x}", i > 0 ? ":" : "", request.mr_address[i]);
  text.put('}');
}

void put_rehash(CallText& text, int32_t value) {
  const std::string_view name = value < 0 ? std::string_view() : kRehash.find(static_cast<uint64_t>(value));
  name.empty() ? text.print("[{} /* {} */]", value, kRehash.unknown) : text.print("[{}]", name);
}

// An int; what is too short for it is shown as bytes when the kernel gave it.
void put_integer(CallText& text, uint64_t at, uint64_t length, bool is_result) {
  int32_t value = 0;
  const uint32_t option = option_of(text);
  if (length < sizeof value) {
    std::vector<std::byte> bytes(length);
    const bool shown = is_result && length > 0 && level_of(text) == SOL_SOCKET;
    if (!shown || text.memory.read(at, bytes) != length) return text.address(at);
    return put_all_bytes(text, bytes);
  }
  if (!text.fetch(at, value)) return;
  if (level_of(text) == SOL_SOCKET && option == SO_TXREHASH) return put_rehash(text, value);
  if (level_of(text) == SOL_SOCKET && option == SO_ERROR) {
    const std::string_view name = errno_name(value);
    return name.empty() ? text.print("[{}]", static_cast<uint32_t>(value)) : text.print("[{}]", name);
  }
  text.print("[{}]", value);
}

void put_plain(CallText& text, uint64_t at, uint64_t length, bool is_result) {
  int32_t value = 0;
  if (length == 0 && is_result) return text.address(at);
  const uint32_t level = level_of(text);
  const uint32_t option = option_of(text);
  const bool is_text = level == SOL_TCP && (option == TCP_CONGESTION || option == TCP_ULP);
  if (length != sizeof value || is_text) return text.buffer(at, length);
  if (text.fetch(at, value)) text.print("[{}]", value);
}

// Options with a structure. False when this is none of them.
bool put_special(CallText& text, uint64_t at, uint64_t length, bool is_result) {
  const uint32_t level = level_of(text);
  const uint32_t option = option_of(text);
  const auto structure = [&](const Structure& described) {
    if (is_result) {
      put_cut_structure(text, at, length, described);
    } else {
      length < described.size ? text.address(at) : put_structure_at(text, at, described);
    }
    return true;
  };
  if (level == SOL_SOCKET && option == SO_LINGER) return structure(kLinger);
  if (level == SOL_SOCKET && option == SO_PEERCRED && is_result) return structure(kCredentials);
  if (level == SOL_SOCKET && (option == SO_ATTACH_FILTER || option == SO_ATTACH_REUSEPORT_CBPF) && !is_result) {
    length == sizeof(sock_fprog) ? put_classic_filter(text, at, false) : text.address(at);
    return true;
  }
  if (level == SOL_SOCKET && option == SO_ATTACH_FILTER) {  // SO_GET_FILTER
    length < sizeof(sock_filter) || !text.style.verbose ? text.address(at)
                                                        : put_classic_instructions(text, at, length, false);
    return true;
  }
  if (level == SOL_IP && !is_result && (option == IP_ADD_MEMBERSHIP || option == IP_DROP_MEMBERSHIP)) {
    return structure(kMembership);
  }
  if (level == SOL_IPV6 && !is_result &&
      (option == IPV6_ADD_MEMBERSHIP || option == IPV6_DROP_MEMBERSHIP || option == IPV6_JOIN_ANYCAST ||
       option == IPV6_LEAVE_ANYCAST)) {
    length < sizeof(ipv6_mreq) ? text.address(at) : put_membership6(text, at);
    return true;
  }
  if ((level == SOL_IP || level == SOL_IPV6) && !is_result &&
      (option == MCAST_JOIN_GROUP || option == MCAST_LEAVE_GROUP)) {
    length < sizeof(group_req) ? text.address(at) : put_group(text, at);
    return true;
  }
  if (level == SOL_RAW && option == ICMP_FILTER) {
    put_bit_set(text, at, length, kIcmpTypes);
    return true;
  }
  if (level == SOL_PACKET && !is_result && (option == PACKET_ADD_MEMBERSHIP || option == PACKET_DROP_MEMBERSHIP)) {
    length != sizeof(packet_mreq) ? text.address(at) : put_packet_membership(text, at);
    return true;
  }
  if (level == SOL_PACKET && !is_result && (option == PACKET_RX_RING || option == PACKET_TX_RING)) {
    length != sizeof(tpacket_req) ? text.address(at) : put_structure_at(text, at, kRing);
    return true;
  }
  if (level == SOL_PACKET && is_result && option == PACKET_STATISTICS) return structure(kStatistics);
  if (level == 270 && is_result && option == NETLINK_LIST_MEMBERSHIPS && length > 0) {
    put_array<uint32_t>(text, at, length / sizeof(uint32_t), [&](uint32_t group) { text.print("{}", group); });
    return true;
  }
  return false;
}

void put_option(CallText& text, uint64_t at, uint64_t length, bool is_result) {
  if (put_special(text, at, length, is_result)) return;
  const uint32_t level = level_of(text);
  const uint32_t option = option_of(text);
  const bool error = level == SOL_SOCKET && option == SO_ERROR && is_result;
  if (error || is_integer(level, option) || (level == SOL_SOCKET && option == SO_TXREHASH)) {
    return put_integer(text, at, length, is_result);
  }
  put_plain(text, at, length, is_result);
}

}  // namespace

void socket_option(CallText& text, uint64_t value, const ArgumentKind&) {
  const auto* known = std::ranges::find(kLevels, level_of(text), &Level::level);
  const auto option = static_cast<uint32_t>(value);
  if (known == std::end(kLevels)) return text.print("{}", option);
  // strace calls this option differently by the direction.
  const bool is_get = text.call.number == 55;
  if (known->level == SOL_SOCKET && option == SO_ATTACH_FILTER && is_get) return text.put("SO_GET_FILTER");
  text.enumeration(*known->options, option);
}

void socket_option_value(CallText& text, uint64_t value, const ArgumentKind&) {
  if (value == 0) return text.put("NULL");
  const auto length = static_cast<int>(text.argument(4));
  put_option(text, value, length < 0 ? UINT32_MAX : static_cast<uint64_t>(length), false);
}

void socket_option_result(CallText& text, uint64_t value, const ArgumentKind&) {
  int length = 0;
  if (value == 0) return text.put("NULL");
  if (!text.succeeded() || !text.memory.read_object(text.argument(4), length) || length < 0) {
    return text.address(value);
  }
  put_option(text, value, static_cast<uint64_t>(length), true);
}

}  // namespace polytap::printers
