// ioctl(2) of sockets, and of tun devices.
#include <linux/if.h>
#include <linux/if_arp.h>
#include <linux/if_tun.h>
#include <linux/ioctl.h>
#include <linux/sockios.h>
#include <linux/time_types.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/syscall/ioctl_content.h"
#include "core/syscall/named_constant.h"
#include "core/syscall/printers.h"
#include "core/syscall/tables_netlink.h"
#include "core/syscall/value_kinds.h"

namespace polytap {
namespace {

using namespace value_kinds;
using namespace ioctl_rows;
using Bytes = std::span<const std::byte>;

void put_socket_address_field(CallText& text, Bytes bytes, Bytes) {
  printers::put_socket_address(text, {reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

// How many bytes a hardware address of a kind has; as many as there is room for where that is not said here.
struct AddressLength {
  uint16_t type;
  uint8_t length;
};
constexpr AddressLength kAddressLengths[] = {
    {ARPHRD_NETROM, 7},
    {ARPHRD_AX25, 7},
    {ARPHRD_ETHER, 6},
    {ARPHRD_IEEE802, 6},
    {ARPHRD_LOOPBACK, 6},
    {ARPHRD_FDDI, 6},
    {ARPHRD_HIPPI, 6},
    {ARPHRD_IEEE80211, 6},
    {ARPHRD_IEEE80211_PRISM, 6},
    {ARPHRD_IEEE80211_RADIOTAP, 6},
    {ARPHRD_ARCNET, 1},
    {ARPHRD_MCTP, 1},
    {ARPHRD_LOCALTLK, 1},
    {ARPHRD_PHONET, 1},
    {ARPHRD_PHONET_PIPE, 1},
    {ARPHRD_CAIF, 1},
    {ARPHRD_DLCI, 2},
    {ARPHRD_EUI64, 8},
    {ARPHRD_IEEE802154, 8},
    {ARPHRD_IEEE802154_MONITOR, 8},
    {ARPHRD_6LOWPAN, 8},
    {ARPHRD_VSOCKMON, 8},
    {ARPHRD_ROSE, 5},
    {ARPHRD_X25, 5},
    {ARPHRD_TUNNEL, 4},
    {ARPHRD_SIT, 4},
    {ARPHRD_IPDDP, 4},
    {ARPHRD_IPGRE, 4},
    {ARPHRD_PIMREG, 4},
    {ARPHRD_IRDA, 4},
};

void put_hardware_address(CallText& text, Bytes bytes, Bytes) {
  sockaddr address{};
  std::memcpy(&address, bytes.data(), std::min(bytes.size(), sizeof address));
  text.put("{sa_family=");
  text.enumeration(kHardwareTypes, address.sa_family);
  text.put(", sa_data=");
  const auto known = std::ranges::find(kAddressLengths, address.sa_family, &AddressLength::type);
  const size_t length = known != std::end(kAddressLengths) ? known->length : sizeof address.sa_data;
  const Bytes data = std::as_bytes(std::span(address.sa_data));
  const ConstantStyle style = text.style.constants;
  if (style != ConstantStyle::kAbbreviated) put_value(text, data, kBytes);
  if (style == ConstantStyle::kVerbose) text.put(" /* ");
  if (style != ConstantStyle::kRaw) put_value(text, data.first(length), {ValueKind::Show::kMac});
  if (style == ConstantStyle::kVerbose) text.put(" */");
  text.put('}');
}

constexpr Field kMapFields[] = {
    POLYTAP_FIELD(ifmap, mem_start, kHex), POLYTAP_FIELD(ifmap, mem_end, kHex), POLYTAP_FIELD(ifmap, base_addr, kHex),
    POLYTAP_FIELD(ifmap, irq, kHex),       POLYTAP_FIELD(ifmap, dma, kHex),     POLYTAP_FIELD(ifmap, port, kHex),
};
constexpr Structure kMap{kMapFields, sizeof(ifmap)};

constexpr Field kNameField = POLYTAP_FIELD(ifreq, ifr_ifrn.ifrn_name, kCString);
constexpr Field named(std::string_view name, const ValueKind& kind, uint16_t size) {
  return {name, offsetof(ifreq, ifr_ifru), size, kind};
}
constexpr Field with_name(std::string_view name, Field field) {
  field.name = name;
  return field;
}

// What an interface request carries behind the name.
#define REQUEST(structure, member, kind, size)                                                        \
  constexpr Field k##structure##Part[] = {named(member, kind, size)};                                 \
  [[maybe_unused]] constexpr Structure k##structure##Answer{k##structure##Part, sizeof(ifreq)};       \
  constexpr Field k##structure##Whole[] = {with_name("ifr_name", kNameField), k##structure##Part[0]}; \
  [[maybe_unused]] constexpr Structure k##structure##Request { k##structure##Whole, sizeof(ifreq) }

constexpr ValueKind kSocketAddress = printed_by(put_socket_address_field);
REQUEST(Address, "ifr_addr", kSocketAddress, sizeof(sockaddr));
REQUEST(Destination, "ifr_dstaddr", kSocketAddress, sizeof(sockaddr));
REQUEST(Broadcast, "ifr_broadaddr", kSocketAddress, sizeof(sockaddr));
REQUEST(Netmask, "ifr_netmask", kSocketAddress, sizeof(sockaddr));
REQUEST(Hardware, "ifr_hwaddr", printed_by(put_hardware_address), sizeof(sockaddr));
REQUEST(Flags, "ifr_flags", flags_of(kInterfaceFlags), sizeof(short));
REQUEST(Index, "ifr_ifindex", kSigned, sizeof(int));
REQUEST(Metric, "ifr_metric", kSigned, sizeof(int));
REQUEST(Mtu, "ifr_mtu", kSigned, sizeof(int));
REQUEST(Slave, "ifr_slave", kCString, IFNAMSIZ);
REQUEST(NewName, "ifr_newname", kCString, IFNAMSIZ);
REQUEST(Queue, "ifr_qlen", kSigned, sizeof(int));
REQUEST(Memory, "ifr_map", structure_of(kMap), sizeof(ifmap));

constexpr Field kOnlyName[] = {with_name("ifr_name", kNameField)};
constexpr Structure kName{kOnlyName, sizeof(ifreq)};
constexpr Field kOnlyInterface[] = {named("ifr_ifindex", {ValueKind::Show::kInterface}, sizeof(int))};
constexpr Structure kInterface{kOnlyInterface, sizeof(ifreq)};

constexpr IoctlContent set_request(uint64_t command, const Structure& whole) {
  return in(command, structure_of(whole));
}
constexpr IoctlContent get_request(uint64_t command, const Structure& answer) {
  return continued(command, structure_of(kName), structure_of(answer));
}

// The name of a bridge: sixteen bytes at most.
bool put_bridge_name(CallText& text, uint64_t at) {
  std::vector<char> name(IFNAMSIZ);
  const size_t got = at != 0 ? text.memory.read(at, std::as_writable_bytes(std::span(name))) : 0;
  const std::string_view all(name.data(), got);
  const size_t end = all.find('\0');
  if (end == std::string_view::npos && got < name.size()) {
    text.address(at);
    return false;
  }
  const std::string_view shown = all.substr(0, std::min(end, text.style.string_limit));
  text.quoted(shown, shown.size() < end);
  return true;
}

// struct ifconf. Where the caller gives no room, the kernel says how much is needed.
constexpr uint64_t kRoomGiven = uint64_t{1} << 32;

void put_room(CallText& text, int length) {
  text.print("{}", length);
  const size_t count = static_cast<uint32_t>(length) / sizeof(ifreq);
  if (length > 0 && count * sizeof(ifreq) == static_cast<uint32_t>(length)) {
    text.print(" /* {} * sizeof(struct ifreq) */", count);
  }
}

bool put_interfaces(CallText& text, uint64_t at) {
  ifconf list{};
  if (!text.memory.read_object(at, list)) {
    text.address(at);
    return false;
  }
  const bool has_room = list.ifc_ifcu.ifcu_buf != nullptr;
  text.kept = (has_room ? kRoomGiven : 0) | static_cast<uint32_t>(list.ifc_len);
  text.put("{ifc_len=");
  if (has_room) put_room(text, list.ifc_len);
  return true;
}

void put_interface(CallText& text, const ifreq& request) {
  constexpr Structure kShown{kAddressWhole, sizeof(ifreq)};
  put_structure(text, std::as_bytes(std::span(&request, 1)), kShown);
}

// Also when the command failed.
void put_interfaces_answer(CallText& text, uint64_t at) {
  ifconf list{};
  const bool had_room = (text.kept & kRoomGiven) != 0;
  const int before = static_cast<int>(static_cast<uint32_t>(text.kept));
  if (!text.memory.read_object(at, list)) list.ifc_len = before;
  if (had_room && list.ifc_len != before) text.put(" => ");
  if (!had_room || list.ifc_len != before) put_room(text, list.ifc_len);
  text.put(", ifc_buf=");
  const auto buffer = reinterpret_cast<uint64_t>(list.ifc_ifcu.ifcu_buf);
  if (!had_room || !text.succeeded()) return text.address(buffer);
  printers::put_array<ifreq>(text, buffer, static_cast<uint32_t>(list.ifc_len) / sizeof(ifreq),
                             [&](const ifreq& each) { put_interface(text, each); });
}

// clang-format off
constexpr Constant kArpFlagNames[] = {
    NAMED(ATF_COM), NAMED(ATF_PERM), NAMED(ATF_PUBL), NAMED(ATF_USETRAILERS), NAMED(ATF_NETMASK), NAMED(ATF_DONTPUB),
};
constexpr Constant kTunFlagNames[] = {
    NAMED(IFF_TUN), NAMED(IFF_TAP), NAMED(IFF_NAPI), NAMED(IFF_NAPI_FRAGS), NAMED(IFF_NO_CARRIER), NAMED(IFF_NO_PI),
    NAMED(IFF_ONE_QUEUE), NAMED(IFF_VNET_HDR), NAMED(IFF_TUN_EXCL), NAMED(IFF_MULTI_QUEUE), NAMED(IFF_ATTACH_QUEUE),
    NAMED(IFF_DETACH_QUEUE), NAMED(IFF_PERSIST), NAMED(IFF_NOFILTER),
};
constexpr Constant kTunOffloadNames[] = {
    NAMED(TUN_F_CSUM), NAMED(TUN_F_TSO4), NAMED(TUN_F_TSO6), NAMED(TUN_F_TSO_ECN), NAMED(TUN_F_UFO),
};
// clang-format on
constexpr ConstantTable kArpFlags{kArpFlagNames,
                                  "ATF_?"
                                  "??"};
constexpr ConstantTable kTunFlags{kTunFlagNames,
                                  "IFF_?"
                                  "??"};
constexpr ConstantTable kTunOffloads{kTunOffloadNames,
                                     "TUN_F_?"
                                     "??"};

constexpr Field kArpFields[] = {
    POLYTAP_FIELD(arpreq, arp_pa, kSocketAddress),
    POLYTAP_FIELD(arpreq, arp_ha, printed_by(put_hardware_address)),
    POLYTAP_FIELD(arpreq, arp_flags, flags_of(kArpFlags)),
    POLYTAP_FIELD(arpreq, arp_netmask, kSocketAddress),
    POLYTAP_FIELD(arpreq, arp_dev, kCString),
};
constexpr Structure kArp{kArpFields, sizeof(arpreq)};
constexpr Field kArpQuestionFields[] = {kArpFields[0], kArpFields[4]};
constexpr Structure kArpQuestion{kArpQuestionFields, sizeof(arpreq)};
constexpr Field kArpAnswerFields[] = {kArpFields[1], kArpFields[2], kArpFields[3]};
constexpr Structure kArpAnswer{kArpAnswerFields, sizeof(arpreq)};

// What is at the address is not shown.
constexpr IoctlContent pointer(uint64_t command) { return direct(command, kAddress); }

constexpr IoctlContent kSocketContents[] = {
    own_continued(SIOCGIFCONF, put_interfaces, put_interfaces_answer).always_answered(),
    own_in(SIOCBRADDBR, put_bridge_name),
    own_in(SIOCBRDELBR, put_bridge_name),
    out_brackets(FIOGETOWN, kInt32),
    out_brackets(SIOCATMARK, kInt32),
    out_brackets(SIOCGIFENCAP, kInt32),
    out_brackets(SIOCGPGRP, kInt32),
    out_brackets(SIOCOUTQNSD, kInt32),
    in_brackets(FIOSETOWN, kInt32),
    in_brackets(SIOCSIFENCAP, kInt32),
    in_brackets(SIOCSPGRP, kInt32),
    in(SIOCBRADDIF, structure_of(kInterface)),
    in(SIOCBRDELIF, structure_of(kInterface)),
    set_request(SIOCADDMULTI, kHardwareRequest),
    set_request(SIOCDELMULTI, kHardwareRequest),
    set_request(SIOCSIFHWADDR, kHardwareRequest),
    set_request(SIOCSIFHWBROADCAST, kHardwareRequest),
    set_request(SIOCSIFADDR, kAddressRequest),
    set_request(SIOCSIFBRDADDR, kBroadcastRequest),
    set_request(SIOCSIFDSTADDR, kDestinationRequest),
    set_request(SIOCSIFNETMASK, kNetmaskRequest),
    set_request(SIOCSIFFLAGS, kFlagsRequest),
    set_request(SIOCSIFMAP, kMemoryRequest),
    set_request(SIOCSIFMETRIC, kMetricRequest),
    set_request(SIOCSIFMTU, kMtuRequest),
    set_request(SIOCSIFNAME, kNewNameRequest),
    set_request(SIOCSIFSLAVE, kSlaveRequest),
    set_request(SIOCSIFTXQLEN, kQueueRequest),
    get_request(SIOCGIFADDR, kAddressAnswer),
    get_request(SIOCGIFBRDADDR, kBroadcastAnswer),
    get_request(SIOCGIFDSTADDR, kDestinationAnswer),
    get_request(SIOCGIFNETMASK, kNetmaskAnswer),
    get_request(SIOCGIFFLAGS, kFlagsAnswer),
    get_request(SIOCGIFHWADDR, kHardwareAnswer),
    get_request(SIOCGIFINDEX, kIndexAnswer),
    get_request(SIOCGIFMAP, kMemoryAnswer),
    get_request(SIOCGIFMETRIC, kMetricAnswer),
    get_request(SIOCGIFMTU, kMtuAnswer),
    get_request(SIOCGIFSLAVE, kSlaveAnswer),
    get_request(SIOCGIFTXQLEN, kQueueAnswer),
    continued(SIOCGIFNAME, structure_of(kIndexAnswer), structure_of(kName)),
    pointer(SIOCADDDLCI),
    pointer(SIOCADDRT),
    pointer(SIOCBONDCHANGEACTIVE),
    pointer(SIOCBONDENSLAVE),
    pointer(SIOCBONDINFOQUERY),
    pointer(SIOCBONDRELEASE),
    pointer(SIOCBONDSETHWADDR),
    pointer(SIOCBONDSLAVEINFOQUERY),
    pointer(SIOCDELDLCI),
    pointer(SIOCDELRT),
    pointer(SIOCDIFADDR),
    pointer(SIOCDRARP),
    pointer(SIOCETHTOOL),
    pointer(SIOCGHWTSTAMP),
    pointer(SIOCGIFBR),
    pointer(SIOCGIFCOUNT),
    pointer(SIOCGIFMEM),
    pointer(SIOCGIFPFLAGS),
    pointer(SIOCGIFVLAN),
    pointer(SIOCGMIIPHY),
    pointer(SIOCGMIIREG),
    pointer(SIOCGRARP),
    pointer(SIOCGSKNS),
    pointer(SIOCGSTAMP_OLD),
    pointer(SIOCGSTAMP_NEW),
    pointer(SIOCGSTAMPNS_OLD),
    pointer(SIOCGSTAMPNS_NEW),
    pointer(SIOCRTMSG),
    pointer(SIOCSHWTSTAMP),
    pointer(SIOCSIFBR),
    pointer(SIOCSIFLINK),
    pointer(SIOCSIFMEM),
    pointer(SIOCSIFPFLAGS),
    pointer(SIOCSIFVLAN),
    pointer(SIOCSMIIREG),
    pointer(SIOCSRARP),
    pointer(SIOCWANDEV),
    // strace shows the addresses.
    in(SIOCSARP, structure_of(kArp)),
    in(SIOCDARP, structure_of(kArpQuestion)),
    continued(SIOCGARP, structure_of(kArpQuestion), structure_of(kArpAnswer)),
};

constexpr Field kTunFields[] = {
    with_name("ifr_name", kNameField),
    named("ifr_flags", flags_of(kTunFlags), sizeof(short)),
};
constexpr Structure kTun{kTunFields, sizeof(ifreq)};
constexpr Field kTunName[] = {with_name("ifr_name", kNameField)};
constexpr Structure kTunNameOnly{kTunName, sizeof(ifreq)};

// strace shows the addresses.
constexpr IoctlContent kTunContents[] = {
    answered(TUNSETIFF, structure_of(kTun), structure_of(kTunNameOnly)),
    in(TUNSETQUEUE, structure_of(kTun)),
    out(TUNGETIFF, structure_of(kTun)),
    out_brackets(TUNGETFEATURES, flags_of(kTunFlags, sizeof(int))),
    direct(TUNSETOFFLOAD, flags_of(kTunOffloads, 8)),
    direct(TUNSETNOCSUM, kInt32),
    direct(TUNSETDEBUG, kInt32),
    direct(TUNSETPERSIST, kInt32),
    direct(TUNSETOWNER, kUint32),
    direct(TUNSETGROUP, kUint32),
    direct(TUNSETLINK, one_of(kHardwareTypes, 4)),
    out_brackets(TUNGETSNDBUF, kInt32),
    in_brackets(TUNSETSNDBUF, kInt32),
    out_brackets(TUNGETVNETHDRSZ, kInt32),
    in_brackets(TUNSETVNETHDRSZ, kInt32),
    in_brackets(TUNSETVNETLE, kInt32),
    out_brackets(TUNGETVNETLE, kInt32),
    in_brackets(TUNSETVNETBE, kInt32),
    out_brackets(TUNGETVNETBE, kInt32),
    in_brackets(TUNSETIFINDEX, kInt32),
    in_brackets(TUNSETSTEERINGEBPF, kFd),
    in_brackets(TUNSETFILTEREBPF, kFd),
    in_brackets(TUNSETCARRIER, kInt32),
};

}  // namespace

const IoctlFamily kSocketIoctls{_IOC_TYPE(SIOCGIFCONF), kSocketContents};
const IoctlFamily kTunIoctls{_IOC_TYPE(TUNSETIFF), kTunContents};

}  // namespace polytap
