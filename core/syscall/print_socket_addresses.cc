// Socket addresses, a structure per family.
#include <arpa/inet.h>
#include <linux/if_alg.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <linux/netlink.h>
#include <linux/vm_sockets.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cstring>

#include "core/syscall/printers.h"
#include "core/syscall/structure.h"
#include "core/syscall/tables.h"
#include "core/syscall/tables_netlink.h"
#include "core/syscall/tables_protocols.h"
#include "core/syscall/value_kinds.h"

namespace polytap::printers {
namespace {

using namespace value_kinds;
using Bytes = std::span<const std::byte>;

// Decoders of families without a plain structure get the bytes behind the family too.
void put_unix(CallText& text, Bytes bytes) {
  const size_t end = std::min(bytes.size(), sizeof(sockaddr_un));
  const std::string_view path(reinterpret_cast<const char*>(bytes.data()) + 2, end - 2);
  if (path.empty()) return;
  text.put(", sun_path=");
  if (path[0] != '\0') return text.quoted(path.substr(0, path.find('\0')));
  text.put('@');
  text.quoted(path.substr(1));
}

void put_inet(CallText& text, Bytes bytes) {
  sockaddr_in address{};
  memcpy(&address, bytes.data(), std::min(bytes.size(), sizeof address));
  std::array<char, INET_ADDRSTRLEN> name{};
  inet_ntop(AF_INET, &address.sin_addr, name.data(), name.size());
  text.print(", sin_port=htons({}), sin_addr=inet_addr(\"{}\")", ntohs(address.sin_port), name.data());
}

void put_inet6(CallText& text, Bytes bytes) {
  sockaddr_in6 address{};
  memcpy(&address, bytes.data(), std::min(bytes.size(), sizeof address));
  std::array<char, INET6_ADDRSTRLEN> name{};
  inet_ntop(AF_INET6, &address.sin6_addr, name.data(), name.size());
  text.print(", sin6_port=htons({}), sin6_flowinfo=htonl({}), inet_pton(AF_INET6, \"{}\", &sin6_addr)",
             ntohs(address.sin6_port), ntohl(address.sin6_flowinfo), name.data());
  if (bytes.size() > offsetof(sockaddr_in6, sin6_scope_id)) text.print(", sin6_scope_id={}", address.sin6_scope_id);
}

// 0x05, but 00 for 0; as many digits as WIDTH has room for beside 0x.
void put_wide_hex(CallText& text, uint64_t number, unsigned width) {
  number == 0 ? text.print("{:0{}}", 0, width) : text.print("{:#0{}x}", number, width);
}

constexpr ValueKind kOctet =
    printed_by([](CallText& text, Bytes own, Bytes) { put_wide_hex(text, number_in(own), 2); }, 1);
constexpr ValueKind kGroups =
    printed_by([](CallText& text, Bytes own, Bytes) { put_wide_hex(text, number_in(own), 8); });
constexpr ValueKind kNetworkHex = printed_by([](CallText& text, Bytes own, Bytes) {
  text.print("htonl({:#010x})", ntohl(static_cast<uint32_t>(number_in(own))));
});
constexpr ValueKind kEtherType = printed_by([](CallText& text, Bytes own, Bytes) {
  text.put("htons(");
  text.enumeration(kEtherTypes, ntohs(static_cast<uint16_t>(number_in(own))));
  text.put(')');
});
constexpr ValueKind kHciDevice =
    printed_by([](CallText& text, Bytes own, Bytes) { text.print("htobs({})", number_in(own)); });

constexpr Field kNetlinkFields[] = {
    POLYTAP_RESERVED_FIELD(sockaddr_nl, nl_pad, kHex),
    POLYTAP_FIELD(sockaddr_nl, nl_pid, kSigned),
    POLYTAP_FIELD(sockaddr_nl, nl_groups, kGroups),
};
constexpr Field kIpxFields[] = {
    {"sipx_port", 2, 2, {Show::kNetwork}},
    {"sipx_network", 4, 4, kNetworkHex},
    {"sipx_node", 8, 6, array_of(kOctet)},
    {"sipx_type", 14, 1, kOctet},
    {"sipx_zero", 15, 1, kOctet, false, is_nonzero<15, 1>},
};
constexpr Field kX25AddressFields[] = {{"x25_addr", 0, 16, kCString}};
constexpr Structure kX25Address{kX25AddressFields, 16};
constexpr Field kX25Fields[] = {{"sx25_addr", 2, 16, structure_of(kX25Address)}};

constexpr Field kHciFields[] = {{"hci_dev", 2, 2, kHciDevice}, {"hci_channel", 4, 2, one_of(kHciChannels)}};
constexpr Field kScoFields[] = {{"sco_bdaddr", 2, 6, {Show::kMac}}};
constexpr Field kRfcommFields[] = {{"rc_bdaddr", 2, 6, {Show::kMac}}, {"rc_channel", 8, 1, kNumber}};
// Ports and channels from FIRST on are given out as wanted.
void put_dynamic(CallText& text, std::string_view name, uint64_t first, uint64_t number) {
  text.put("htobs(");
  if (number >= first) {
    text.print("L2CAP_{}_DYN_START", name);
    if (number > first) text.print("+{}", number - first);
  } else {
    text.hex(number);
    text.print(" /* L2CAP_{}_", name);
    text.put(
        "?"
        "?? */");
  }
  text.put(')');
}
constexpr Field kL2capFields[] = {
    {"l2_psm", 2, 2,
     printed_by([](CallText& text, Bytes own, Bytes) { put_dynamic(text, "PSM", 0x1001, number_in(own)); })},
    {"l2_bdaddr", 4, 6, {Show::kMac}},
    {"l2_cid", 10, 2,
     printed_by([](CallText& text, Bytes own, Bytes) { put_dynamic(text, "CID", 0x40, number_in(own)); })},
    {"l2_bdaddr_type", 12, 1, one_of(kBluetoothAddressTypes)},
};

constexpr Field kNfcFields[] = {
    {"dev_idx", 4, 4, kNumber}, {"target_idx", 8, 4, kHex}, {"nfc_protocol", 12, 4, one_of(kNfcProtocols)}};

void put_nfc(CallText& text, Bytes bytes) {
  constexpr size_t kSize = 16;
  text.put(", ");
  put_fields(text, bytes, {kNfcFields, kSize});
  if (bytes.size() > kSize) text.put(", ...");
}

constexpr Field kVsockFields[] = {
    POLYTAP_RESERVED_FIELD(sockaddr_vm, svm_reserved1, kHex),
    {"svm_cid", 8, 4, printed_by([](CallText& text, Bytes own, Bytes) {
       const uint64_t id = number_in(own);
       kVsockContexts.find(id).empty() ? text.hex(id) : text.enumeration(kVsockContexts, id);
     })},
    {"svm_port", 4, 4, kHex},
    {"svm_flags", 12, 1, flags_of(kVsockFlags)},
    {"svm_zero", 13, 3, kBytes, false, is_nonzero<13, 3>},
};
constexpr Field kQrtrFields[] = {{"sq_node", 4, 4, kHex}, {"sq_port", 8, 4, kHex}};

bool shares_memory(Bytes whole) {
  return (number_in(whole.subspan(2, 2)) & XDP_SHARED_UMEM) != 0 || is_nonzero<12, 4>(whole);
}
constexpr Field kXdpFields[] = {
    POLYTAP_FIELD(sockaddr_xdp, sxdp_flags, flags_of(kXdpFlags)),
    POLYTAP_FIELD(sockaddr_xdp, sxdp_ifindex, {Show::kInterface}),
    POLYTAP_FIELD(sockaddr_xdp, sxdp_queue_id, kNumber),
    {"sxdp_shared_umem_fd", 12, 4, printed_by([](CallText& text, Bytes own, Bytes whole) {
       const bool is_descriptor = (number_in(whole.subspan(2, 2)) & XDP_SHARED_UMEM) != 0;
       is_descriptor ? text.fd(static_cast<int>(number_in(own))) : text.hex(number_in(own));
     }),
     false, shares_memory},
};
constexpr Field kMctpAddressFields[] = {{"s_addr", 0, 1, printed_by([](CallText& text, Bytes own, Bytes) {
                                           const uint64_t address = number_in(own);
                                           kMctpAddresses.find(address).empty()
                                               ? text.hex(address)
                                               : text.enumeration(kMctpAddresses, address);
                                         })}};
constexpr Structure kMctpAddress{kMctpAddressFields, 1};
constexpr Field kMctpFields[] = {
    {"__smctp_pad0", 2, 2, kHex, false, is_nonzero<2, 2>},
    {"smctp_network", 4, 4, kHex},
    {"smctp_addr", 8, 1, structure_of(kMctpAddress)},
    {"smctp_type", 9, 1, kHex},
    {"smctp_tag", 10, 1, kHex},
    {"__smctp_pad1", 11, 1, kHex, false, is_nonzero<11, 1>},
};
constexpr Field kLowRateAddressFields[] = {
    {"addr_type", 0, 4, one_of(kLowRateAddressTypes)},
    {"pan_id", 4, 2, kHex},
    {"short_addr", 6, 2, kHex, false, [](Bytes whole) { return number_in(whole.first(4)) == 2; }},
    {"hwaddr", 6, 8, {Show::kMac}, false, [](Bytes whole) { return number_in(whole.first(4)) != 2; }},
};
constexpr Structure kLowRateAddress{kLowRateAddressFields, 14};
constexpr Field kLowRateFields[] = {{"addr", 4, 14, structure_of(kLowRateAddress)}};

constexpr Field kRxrpcFields[] = {
    {"srx_service", 2, 2, one_of(kRxrpcServices)},
    {"transport_type", 4, 2, one_of(kSocketTypes)},
    {"transport_len", 6, 2, kNumber},
};

void put_rxrpc(CallText& text, Bytes bytes) {
  text.put(", ");
  put_fields(text, bytes, {kRxrpcFields, 8});
  text.put(", transport={family=");
  text.enumeration(kFamilies, number_in(bytes.subspan(8, 2)));
  text.put(", ");
  text.quoted({reinterpret_cast<const char*>(bytes.data()) + 10, bytes.size() - 10});
  text.put('}');
}

constexpr Field kPacketFields[] = {
    POLYTAP_FIELD(sockaddr_ll, sll_protocol, kEtherType),
    POLYTAP_FIELD(sockaddr_ll, sll_ifindex, {Show::kInterface}),
    POLYTAP_FIELD(sockaddr_ll, sll_hatype, one_of(kHardwareTypes)),
    POLYTAP_FIELD(sockaddr_ll, sll_pkttype, one_of(kPacketTypes)),
    POLYTAP_FIELD(sockaddr_ll, sll_halen, kNumber),
};

void put_packet(CallText& text, Bytes bytes) {
  constexpr size_t kAddressAt = 12;
  text.put(", ");
  put_fields(text, bytes, {kPacketFields, kAddressAt});
  const auto length = static_cast<size_t>(bytes[kAddressAt - 1]);
  if (length == 0) return;
  const size_t known = std::min(length, bytes.size() - kAddressAt);
  text.put(", sll_addr=[");
  for (size_t i = 0; i < known; ++i) {
    if (i > 0) text.put(", ");
    put_wide_hex(text, static_cast<uint64_t>(bytes[kAddressAt + i]), 2);
  }
  text.put(known < length ? ", ...]" : "]");
}

void put_algorithm(CallText& text, Bytes bytes) {
  constexpr size_t kNameAt = 24;
  constexpr Field kFields[] = {
      {"salg_type", 2, 14, kCString},
      {"salg_feat", 16, 4, flags_of(kCryptoFlags)},
      {"salg_mask", 20, 4, flags_of(kCryptoFlags)},
  };
  text.put(", ");
  put_fields(text, bytes, {kFields, kNameAt});
  text.put(", salg_name=");
  text.char_array({reinterpret_cast<const char*>(bytes.data()) + kNameAt, bytes.size() - kNameAt});
}

constexpr size_t kCallSize = 7;  // ax25_address: a shifted call sign, and which station of it

void put_call_sign(CallText& text, Bytes call) {
  text.put("{ax25_call=\"");
  for (const std::byte each : call) text.print("\\x{:02x}", static_cast<unsigned>(each));
  text.put("\"}");
  std::string name;
  for (const std::byte each : call.first(kCallSize - 1)) {
    const auto letter = static_cast<char>(static_cast<unsigned>(each) >> 1);
    const bool is_fit = (letter >= 'A' && letter <= 'Z') || (letter >= '0' && letter <= '9') || letter == ' ';
    if (!is_fit || (static_cast<unsigned>(each) & 1) != 0) return;
    name += letter;
  }
  const auto station = static_cast<unsigned>(call[kCallSize - 1]);
  if ((station & 1) == 0) text.print(" /* {}-{} */", name.substr(0, name.find(' ')), station >> 1 & 0xf);
}

void put_ax25(CallText& text, Bytes bytes) {
  constexpr size_t kSize = 16;  // sockaddr_ax25
  const auto count = static_cast<int32_t>(number_in(bytes.subspan(12, 4)));
  const bool is_full = bytes.size() > kSize || count != 0;
  text.put(is_full ? ", fsa_ax25={sax25_call=" : ", sax25_call=");
  put_call_sign(text, bytes.subspan(2, kCallSize));
  text.print(", sax25_ndigis={}", count);
  if (!is_full) return;
  text.put('}');
  const size_t has = (bytes.size() - kSize) / kCallSize;
  if (count > 0) {
    text.put(", fsa_digipeater=[");
    const size_t shown = std::min<size_t>({static_cast<size_t>(count), has, 8});
    for (size_t i = 0; i < shown; ++i) {
      if (i > 0) text.put(", ");
      put_call_sign(text, bytes.subspan(kSize + i * kCallSize, kCallSize));
    }
    if (shown < static_cast<size_t>(count)) text.put(shown > 0 ? ", ..." : "...");
    text.put(']');
  }
  if ((bytes.size() - kSize) % kCallSize != 0) text.put(", ...");
}

struct FamilyAddress {
  uint16_t family;
  uint16_t least;  // bytes that it needs
  uint16_t most;   // 0: any
  std::span<const Field> fields;
  void (*print)(CallText& text, Bytes bytes) = nullptr;  // in place of FIELDS
};
constexpr FamilyAddress kAddresses[] = {
    {AF_UNIX, 2, 0, {}, put_unix},
    {AF_INET, sizeof(sockaddr_in), 0, {}, put_inet},
    {AF_INET6, sizeof(sockaddr_in6) - 4, 0, {}, put_inet6},
    {AF_NETLINK, sizeof(sockaddr_nl), 0, kNetlinkFields},
    {AF_PACKET, sizeof(sockaddr_ll), 0, {}, put_packet},
    {AF_AX25, 16, 0, {}, put_ax25},
    {AF_IPX, 16, 0, kIpxFields},
    {AF_X25, 18, 0, kX25Fields},
    {AF_BLUETOOTH, 4, 5, std::span(kHciFields).first(1)},
    {AF_BLUETOOTH, 6, 7, kHciFields},
    {AF_BLUETOOTH, 8, 9, kScoFields},
    {AF_BLUETOOTH, 10, 11, kRfcommFields},
    {AF_BLUETOOTH, 12, 13, std::span(kL2capFields).first(3)},
    {AF_BLUETOOTH, 14, 14, kL2capFields},
    {AF_RXRPC, 36, 0, {}, put_rxrpc},
    {AF_IEEE802154, 20, 0, kLowRateFields},
    {AF_ALG, 26, 0, {}, put_algorithm},
    {AF_NFC, 16, 95, {}, put_nfc},
    {AF_VSOCK, sizeof(sockaddr_vm), 0, kVsockFields},
    {AF_QIPCRTR, 12, 0, kQrtrFields},
    {AF_XDP, sizeof(sockaddr_xdp), 0, kXdpFields},
    {45 /* AF_MCTP */, 12, 0, kMctpFields},
};

}  // namespace

void put_socket_address(CallText& text, std::span<const char> address) {
  const Bytes bytes = std::as_bytes(address);
  const auto family = static_cast<uint16_t>(number_in(bytes.first(2)));
  text.put("{sa_family=");
  text.enumeration(kFamilies, family);
  const auto* found = std::ranges::find_if(kAddresses, [&](const FamilyAddress& each) {
    return each.family == family && bytes.size() >= each.least && (each.most == 0 || bytes.size() <= each.most);
  });
  if (found != std::end(kAddresses) && found->print != nullptr) {
    found->print(text, bytes);
  } else if (found != std::end(kAddresses)) {
    text.put(", ");
    put_fields(text, bytes, {found->fields, found->least});
  } else if (bytes.size() > sizeof family) {
    text.put(", sa_data=");
    text.quoted({address.data() + sizeof family, address.size() - sizeof family});
  }
  text.put('}');
}

}  // namespace polytap::printers
