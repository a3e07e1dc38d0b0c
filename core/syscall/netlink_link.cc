// rtnetlink(7): links, with what is nested in them.
#include "core/syscall/netlink_link.h"

#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cstring>

#include "core/syscall/netlink_kinds.h"
#include "core/syscall/tables_netlink.h"
#include "core/syscall/tables_netlink_link.h"

namespace polytap {
namespace {

using Bytes = std::span<const std::byte>;
using namespace netlink_kinds;

constexpr Field kLinkHeaderFields[] = {
    POLYTAP_FIELD(ifinfomsg, ifi_family, kFamily),      POLYTAP_FIELD(ifinfomsg, ifi_type, one_of(kHardwareTypes)),
    POLYTAP_FIELD(ifinfomsg, ifi_index, kInterface),    POLYTAP_FIELD(ifinfomsg, ifi_flags, flags_of(kInterfaceFlags)),
    POLYTAP_FIELD(ifinfomsg, ifi_change, {Show::kHex}),
};
constexpr Structure kLinkHeader{kLinkHeaderFields, sizeof(ifinfomsg)};

// The same names in both widths.
#define COUNTERS(type)                                                                                  \
  POLYTAP_FIELD(type, rx_packets, kNumber), POLYTAP_FIELD(type, tx_packets, kNumber),                   \
      POLYTAP_FIELD(type, rx_bytes, kNumber), POLYTAP_FIELD(type, tx_bytes, kNumber),                   \
      POLYTAP_FIELD(type, rx_errors, kNumber), POLYTAP_FIELD(type, tx_errors, kNumber),                 \
      POLYTAP_FIELD(type, rx_dropped, kNumber), POLYTAP_FIELD(type, tx_dropped, kNumber),               \
      POLYTAP_FIELD(type, multicast, kNumber), POLYTAP_FIELD(type, collisions, kNumber),                \
      POLYTAP_FIELD(type, rx_length_errors, kNumber), POLYTAP_FIELD(type, rx_over_errors, kNumber),     \
      POLYTAP_FIELD(type, rx_crc_errors, kNumber), POLYTAP_FIELD(type, rx_frame_errors, kNumber),       \
      POLYTAP_FIELD(type, rx_fifo_errors, kNumber), POLYTAP_FIELD(type, rx_missed_errors, kNumber),     \
      POLYTAP_FIELD(type, tx_aborted_errors, kNumber), POLYTAP_FIELD(type, tx_carrier_errors, kNumber), \
      POLYTAP_FIELD(type, tx_fifo_errors, kNumber), POLYTAP_FIELD(type, tx_heartbeat_errors, kNumber),  \
      POLYTAP_FIELD(type, tx_window_errors, kNumber), POLYTAP_FIELD(type, rx_compressed, kNumber),      \
      POLYTAP_FIELD(type, tx_compressed, kNumber), POLYTAP_FIELD(type, rx_nohandler, kNumber)
constexpr Field kLinkCounterFields[] = {COUNTERS(rtnl_link_stats)};
constexpr Structure kLinkCounters{kLinkCounterFields, sizeof(rtnl_link_stats)};
constexpr Field kLinkCounter64Fields[] = {
    COUNTERS(rtnl_link_stats64), POLYTAP_FIELD(rtnl_link_stats64, rx_otherhost_dropped, kNumber),  // since Linux 5.19
};
constexpr Structure kLinkCounters64{kLinkCounter64Fields, sizeof(rtnl_link_stats64)};
#undef COUNTERS

constexpr AttributeRule kInet4Rules[] = {{IFLA_INET_CONF, {Show::kSignedArray, &kInet4Configuration}}};
constexpr AttributeSet kInet4Set{&kLinkInet4Attributes, kInet4Rules, {}};

constexpr Field kCacheInfoFields[] = {
    POLYTAP_FIELD(ifla_cacheinfo, max_reasm_len, kNumber),
    POLYTAP_FIELD(ifla_cacheinfo, tstamp, kNumber),
    POLYTAP_FIELD(ifla_cacheinfo, reachable_time, kNumber),
    POLYTAP_FIELD(ifla_cacheinfo, retrans_time, kNumber),
};
constexpr Structure kCacheInfo{kCacheInfoFields, sizeof(ifla_cacheinfo)};
constexpr AttributeRule kInet6Rules[] = {
    {IFLA_INET6_FLAGS, flags_of_word(kInet6LinkFlags, 4)},
    {IFLA_INET6_CONF, {Show::kSignedArray, &kInet6Configuration}},
    {IFLA_INET6_CACHEINFO, structure_of(kCacheInfo)},
    {IFLA_INET6_STATS, {Show::kArray, &kInternetCounters, nullptr, nullptr, 8}},
    {IFLA_INET6_ICMP6STATS, {Show::kArray, &kInternetControlCounters, nullptr, nullptr, 8}},
    {IFLA_INET6_TOKEN, kInternet6},
    {IFLA_INET6_ADDR_GEN_MODE, one_of_word(kAddressModes, 1)},
    {IFLA_INET6_RA_MTU, kUint32},
};
constexpr AttributeSet kInet6Set{&kLinkInet6Attributes, kInet6Rules, {}};

constexpr AttributeRule kFamilyRules[] = {{AF_INET, nested(kInet4Set)}, {AF_INET6, nested(kInet6Set)}};
constexpr AttributeSet kFamilySet{&kFamilies, kFamilyRules, {}};

constexpr AttributeRule kXdpRules[] = {
    {IFLA_XDP_FD, kFd},
    {IFLA_XDP_ATTACHED, one_of_word(kXdpAttached, 1)},
    {IFLA_XDP_FLAGS, flags_of(kXdpLinkFlags, 4)},
    {IFLA_XDP_PROG_ID, kUint32},
    {IFLA_XDP_DRV_PROG_ID, kUint32},
    {IFLA_XDP_SKB_PROG_ID, kUint32},
    {IFLA_XDP_HW_PROG_ID, kUint32},
    {IFLA_XDP_EXPECTED_FD, kFd},
};
constexpr AttributeSet kXdpSet{&kXdpAttributes, kXdpRules, {}};

// Tunnels.
constexpr AttributeRule kTunDataRules[] = {
    {IFLA_TUN_OWNER, kUser},        {IFLA_TUN_GROUP, kUser},        {IFLA_TUN_TYPE, one_of_word(kTunTypes, 1)},
    {IFLA_TUN_PI, kUint8},          {IFLA_TUN_VNET_HDR, kUint8},    {IFLA_TUN_PERSIST, kUint8},
    {IFLA_TUN_MULTI_QUEUE, kUint8}, {IFLA_TUN_NUM_QUEUES, kUint32}, {IFLA_TUN_NUM_DISABLED_QUEUES, kUint32},
};
constexpr AttributeSet kTunDataSet{&kTunDataAttributes, kTunDataRules, {}};

// struct can_device_stats of linux/can/netlink.h.
constexpr Field kCanCounterFields[] = {
    {"bus_error", 0, 4, kNumber}, {"error_warning", 4, 4, kNumber},     {"error_passive", 8, 4, kNumber},
    {"bus_off", 12, 4, kNumber},  {"arbitration_lost", 16, 4, kNumber}, {"restarts", 20, 4, kNumber},
};
constexpr Structure kCanCounters{kCanCounterFields, 24};

// IFLA_INFO_KIND before BYTES, in the list WHOLE that they are in.
std::string_view kind_before(Bytes bytes, Bytes whole) {
  std::string_view kind;
  for (size_t at = 0; whole.data() + at + sizeof(nlattr) < bytes.data();) {
    nlattr header{};
    std::memcpy(&header, whole.data() + at, sizeof header);
    if (header.nla_len < sizeof header) break;
    if ((header.nla_type & NLA_TYPE_MASK) == IFLA_INFO_KIND) {
      const Bytes text = whole.subspan(at + sizeof header);
      kind = {reinterpret_cast<const char*>(text.data()), text.size()};
      kind = kind.substr(0, kind.find('\0'));
    }
    at += NLA_ALIGN(header.nla_len);
  }
  return kind;
}

bool put_link_data(CallText& text, Bytes bytes, Bytes whole, const MessageContext& context) {
  const std::string_view kind = kind_before(bytes, whole);
  if (kind != "bridge" && kind != "tun") return false;
  put_attributes(text, bytes, kind == "tun" ? kTunDataSet : kBridgeDataSet, context);
  return true;
}

bool put_link_counters(CallText& text, Bytes bytes, Bytes whole, const MessageContext& context) {
  if (kind_before(bytes, whole) != "can") return false;
  put_value(text, bytes, structure_of(kCanCounters), context);
  return true;
}

constexpr AttributeRule kLinkInfoRules[] = {
    {IFLA_INFO_KIND, {Show::kBegunText}},
    {IFLA_INFO_DATA, shown_by(put_link_data)},
    {IFLA_INFO_XSTATS, shown_by(put_link_counters)},
    {IFLA_INFO_SLAVE_KIND, {Show::kBegunText}},
};
constexpr AttributeSet kLinkInfoSet{&kLinkInfoAttributes, kLinkInfoRules, {}};

// Virtual functions' ports.
constexpr Field kStationFields[] = {
    POLYTAP_FIELD(ifla_port_vsi, vsi_mgr_id, kNumber),
    POLYTAP_FIELD(ifla_port_vsi, vsi_type_id, kBytes),
    POLYTAP_FIELD(ifla_port_vsi, vsi_type_version, kNumber),
    POLYTAP_RESERVED_FIELD(ifla_port_vsi, pad, kBytes),
};
constexpr Structure kStation{kStationFields, sizeof(ifla_port_vsi)};
constexpr AttributeRule kPortRules[] = {
    {IFLA_PORT_VF, kUint32},     {IFLA_PORT_PROFILE, kEndedText}, {IFLA_PORT_VSI_TYPE, structure_of(kStation)},
    {IFLA_PORT_REQUEST, kUint8}, {IFLA_PORT_RESPONSE, kUint16},
};
constexpr AttributeSet kPortSet{&kPortAttributes, kPortRules, {}};
constexpr AttributeRule kVfPortRules[] = {{IFLA_VF_PORT, nested(kPortSet)}};
constexpr AttributeSet kVfPortSet{&kVfPortAttributes, kVfPortRules, {}};

constexpr AttributeRule kNameRules[] = {{IFLA_ALT_IFNAME, kEndedText}};
constexpr AttributeSet kAlternativeNames{&kLinkAttributes, kNameRules, {}};

constexpr AttributeRule kDownReasonRules[] = {{IFLA_PROTO_DOWN_REASON_MASK, kHex32},
                                              {IFLA_PROTO_DOWN_REASON_VALUE, kHex32}};
constexpr AttributeSet kDownReasonSet{&kDownReasonAttributes, kDownReasonRules, {}};

constexpr Field kMapFields[] = {
    POLYTAP_FIELD(rtnl_link_ifmap, mem_start, {Show::kHex}),
    POLYTAP_FIELD(rtnl_link_ifmap, mem_end, {Show::kHex}),
    POLYTAP_FIELD(rtnl_link_ifmap, base_addr, {Show::kHex}),
    POLYTAP_FIELD(rtnl_link_ifmap, irq, kNumber),
    POLYTAP_FIELD(rtnl_link_ifmap, dma, kNumber),
    POLYTAP_FIELD(rtnl_link_ifmap, port, kNumber),
};
// Without the padding at the end.
constexpr Structure kMap{kMapFields, offsetof(rtnl_link_ifmap, port) + sizeof(rtnl_link_ifmap::port)};

// By family; of messages about bridges, the bridge's own.
bool put_families(CallText& text, Bytes bytes, Bytes, const MessageContext& context) {
  put_attributes(text, bytes, context.family == AF_BRIDGE ? kBridgeFamilySet : kFamilySet, context);
  return true;
}

// What the protocol of the message's family tells.
bool put_protocol_info(CallText& text, Bytes bytes, Bytes, const MessageContext& context) {
  if (context.family != AF_BRIDGE && context.family != AF_INET6) return false;
  put_attributes(text, bytes, context.family == AF_BRIDGE ? kBridgePortSet : kInet6Set, context);
  return true;
}

constexpr AttributeRule kLinkRules[] = {
    {IFLA_ADDRESS, kMac},
    {IFLA_BROADCAST, kMac},
    {IFLA_PERM_ADDRESS, kMac},
    {IFLA_IFNAME, kEndedText},
    {IFLA_MTU, kUint32},
    {IFLA_LINK, kUint32},
    {IFLA_QDISC, kEndedText},
    {IFLA_STATS, structure_or(kLinkCounters, offsetof(rtnl_link_stats, rx_nohandler))},
    {IFLA_STATS64, shown_by(put_link_counters64)},
    {IFLA_MASTER, kUint32},
    {IFLA_PROTINFO, shown_by(put_protocol_info)},
    {IFLA_TXQLEN, kUint32},
    {IFLA_MAP, structure_of(kMap)},
    {IFLA_WEIGHT, kUint32},
    {IFLA_OPERSTATE, kUint8},
    {IFLA_LINKMODE, kUint8},
    {IFLA_LINKINFO, nested(kLinkInfoSet)},
    {IFLA_NET_NS_PID, kUint32},
    {IFLA_IFALIAS, kEndedText},
    {IFLA_NUM_VF, kUint32},
    {IFLA_VFINFO_LIST, nested(kVirtualFunctionSet)},
    {IFLA_VF_PORTS, nested(kVfPortSet)},
    {IFLA_PORT_SELF, nested(kPortSet)},
    {IFLA_AF_SPEC, shown_by(put_families)},
    {IFLA_GROUP, kUint32},
    {IFLA_NET_NS_FD, kFd},
    {IFLA_EXT_MASK, flags_of_word(kLinkExtFilters, 4)},
    {IFLA_PROMISCUITY, kUint32},
    {IFLA_NUM_TX_QUEUES, kUint32},
    {IFLA_NUM_RX_QUEUES, kUint32},
    {IFLA_CARRIER, kUint8},
    {IFLA_CARRIER_CHANGES, kUint32},
    {IFLA_LINK_NETNSID, kInt32},
    {IFLA_PHYS_PORT_NAME, kEndedText},
    {IFLA_PROTO_DOWN, kUint8},
    {IFLA_GSO_MAX_SEGS, kUint32},
    {IFLA_GSO_MAX_SIZE, kUint32},
    {IFLA_XDP, nested(kXdpSet)},
    {IFLA_EVENT, one_of(kLinkEvents, 4)},
    {IFLA_NEW_NETNSID, kInt32},
    {IFLA_IF_NETNSID, kInt32},
    {IFLA_CARRIER_UP_COUNT, kUint32},
    {IFLA_CARRIER_DOWN_COUNT, kUint32},
    {IFLA_NEW_IFINDEX, kInterface},
    {IFLA_MIN_MTU, kUint32},
    {IFLA_MAX_MTU, kUint32},
    {IFLA_PROP_LIST, nested(kAlternativeNames)},
    {IFLA_ALT_IFNAME, kEndedText},
    {IFLA_PROTO_DOWN_REASON, nested(kDownReasonSet)},
    {IFLA_PARENT_DEV_NAME, kEndedText},
    {IFLA_PARENT_DEV_BUS_NAME, kEndedText},
    {IFLA_GRO_MAX_SIZE, kUint32},
    {IFLA_TSO_MAX_SIZE, kUint32},
    {IFLA_TSO_MAX_SEGS, kUint32},
    {IFLA_ALLMULTI, kUint32},
};
constexpr AttributeSet kLinkSet{&kLinkAttributes, kLinkRules, {}};

}  // namespace

namespace netlink_kinds {

void put_hardware_address(CallText& text, Bytes own, Bytes) {
  const ConstantStyle style = text.style.constants;
  if (style != ConstantStyle::kAbbreviated) put_all_bytes(text, own);
  if (style == ConstantStyle::kRaw) return;
  if (style == ConstantStyle::kVerbose) text.put(" /* ");
  put_value(text, own, {Show::kMac});
  if (style == ConstantStyle::kVerbose) text.put(" */");
}

}  // namespace netlink_kinds

bool put_link_counters64(CallText& text, Bytes bytes, Bytes, const MessageContext& context) {
  put_value(text, bytes, structure_or(kLinkCounters64, offsetof(rtnl_link_stats64, rx_nohandler)), context);
  return true;
}

const MessageLayout kLinkLayout{&kLinkHeader, &kLinkSet};

}  // namespace polytap
