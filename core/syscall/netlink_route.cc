// rtnetlink(7): links, addresses, routes, neighbors and rules.
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_addrlabel.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/net_namespace.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>

#include "core/syscall/netlink.h"
#include "core/syscall/structure.h"
#include "core/syscall/tables.h"
#include "core/syscall/tables_netlink.h"
#include "core/syscall/tables_netlink_types.h"
#include "core/syscall/value_kinds.h"

namespace polytap {
namespace {

using Bytes = std::span<const std::byte>;
using namespace value_kinds;

constexpr ValueKind kMac{Show::kMac};
constexpr ValueKind kInternet{Show::kInternet};
constexpr ValueKind kInterface{Show::kInterface, nullptr, nullptr, nullptr, 4};
constexpr ValueKind kFamily{Show::kEnumeration, &kFamilies};
// Newer kernels add fields.
constexpr ValueKind growing(const Structure& structure) { return {Show::kStructure, nullptr, &structure}; }
constexpr ValueKind nested(const AttributeSet& set) { return {Show::kNested, nullptr, nullptr, &set}; }

// A name, or the number alone.
void put_name_or_number(CallText& text, const ConstantTable& table, Bytes bytes) {
  const uint64_t number = number_in(bytes);
  table.find(number).empty() ? text.hex(number) : text.enumeration(table, number);
}
constexpr ValueKind kScope =
    printed_by([](CallText& text, Bytes own, Bytes) { put_name_or_number(text, kRouteScopes, own); });
constexpr ValueKind kTable =
    printed_by([](CallText& text, Bytes own, Bytes) { put_name_or_number(text, kRouteTables, own); });
constexpr Constant kRuleFlagConstants[] = {
    {"FIB_RULE_PERMANENT", FIB_RULE_PERMANENT},       {"FIB_RULE_INVERT", FIB_RULE_INVERT},
    {"FIB_RULE_UNRESOLVED", FIB_RULE_UNRESOLVED},     {"FIB_RULE_IIF_DETACHED", FIB_RULE_IIF_DETACHED},
    {"FIB_RULE_OIF_DETACHED", FIB_RULE_OIF_DETACHED}, {"FIB_RULE_FIND_SADDR", FIB_RULE_FIND_SADDR},
};
constexpr ConstantTable kRuleFlags{kRuleFlagConstants,
                                   "FIB_RULE_?"
                                   "??"};

// netinet/ip.h.
constexpr Constant kServiceTypeConstants[] = {
    {"IPTOS_LOWDELAY", 0x10}, {"IPTOS_THROUGHPUT", 8}, {"IPTOS_RELIABILITY", 4}, {"IPTOS_MINCOST", 2}};
constexpr ConstantTable kServiceTypes{kServiceTypeConstants,
                                      "IPTOS_?"
                                      "??"};

// Links.
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
    {IFLA_INET6_FLAGS, flags_of(kInet6LinkFlags, 4)},
    {IFLA_INET6_CONF, {Show::kSignedArray, &kInet6Configuration}},
    {IFLA_INET6_CACHEINFO, structure_of(kCacheInfo)},
    {IFLA_INET6_STATS, {Show::kArray, &kInternetCounters, nullptr, nullptr, 8}},
    {IFLA_INET6_ICMP6STATS, {Show::kArray, &kInternetControlCounters, nullptr, nullptr, 8}},
    {IFLA_INET6_TOKEN, kInternet},
    {IFLA_INET6_ADDR_GEN_MODE, kUint8},
};
constexpr AttributeSet kInet6Set{&kLinkInet6Attributes, kInet6Rules, {}};

constexpr AttributeRule kFamilyRules[] = {{AF_INET, nested(kInet4Set)}, {AF_INET6, nested(kInet6Set)}};
constexpr AttributeSet kFamilySet{&kFamilies, kFamilyRules, {}};

constexpr AttributeRule kXdpRules[] = {
    {IFLA_XDP_FD, {Show::kFd, nullptr, nullptr, nullptr, 4}},
    {IFLA_XDP_ATTACHED, one_of(kXdpAttached, 1)},
    {IFLA_XDP_PROG_ID, kUint32},
};
constexpr AttributeSet kXdpSet{&kXdpAttributes, kXdpRules, {}};

constexpr AttributeRule kLinkInfoRules[] = {{IFLA_INFO_KIND, kText}, {IFLA_INFO_SLAVE_KIND, kText}};
constexpr AttributeSet kLinkInfoSet{&kLinkInfoAttributes, kLinkInfoRules, {}};

constexpr AttributeSet kAlternativeNames{&kLinkAttributes, std::span<const AttributeRule>(), kText};

constexpr Field kMapFields[] = {
    POLYTAP_FIELD(rtnl_link_ifmap, mem_start, {Show::kHex}),
    POLYTAP_FIELD(rtnl_link_ifmap, mem_end, {Show::kHex}),
    POLYTAP_FIELD(rtnl_link_ifmap, base_addr, {Show::kHex}),
    POLYTAP_FIELD(rtnl_link_ifmap, irq, kNumber),
    POLYTAP_FIELD(rtnl_link_ifmap, dma, kNumber),
    POLYTAP_FIELD(rtnl_link_ifmap, port, kNumber),
};
constexpr Structure kMap{kMapFields, sizeof(rtnl_link_ifmap)};

constexpr AttributeRule kLinkRules[] = {
    {IFLA_ADDRESS, kMac},
    {IFLA_BROADCAST, kMac},
    {IFLA_PERM_ADDRESS, kMac},
    {IFLA_IFNAME, kText},
    {IFLA_MTU, kUint32},
    {IFLA_LINK, kInterface},
    {IFLA_QDISC, kText},
    {IFLA_STATS, growing(kLinkCounters)},
    {IFLA_STATS64, growing(kLinkCounters64)},
    {IFLA_MASTER, kInterface},
    {IFLA_TXQLEN, kUint32},
    {IFLA_MAP, structure_of(kMap)},
    {IFLA_WEIGHT, kUint32},
    {IFLA_OPERSTATE, kUint8},
    {IFLA_LINKMODE, kUint8},
    {IFLA_LINKINFO, nested(kLinkInfoSet)},
    {IFLA_NET_NS_PID, kUint32},
    {IFLA_IFALIAS, kText},
    {IFLA_NUM_VF, kUint32},
    {IFLA_AF_SPEC, nested(kFamilySet)},
    {IFLA_GROUP, kUint32},
    {IFLA_NET_NS_FD, {Show::kFd, nullptr, nullptr, nullptr, 4}},
    {IFLA_EXT_MASK, flags_of(kLinkExtFilters, 4)},
    {IFLA_PROMISCUITY, kUint32},
    {IFLA_NUM_TX_QUEUES, kUint32},
    {IFLA_NUM_RX_QUEUES, kUint32},
    {IFLA_CARRIER, kUint8},
    {IFLA_CARRIER_CHANGES, kUint32},
    {IFLA_LINK_NETNSID, kInt32},
    {IFLA_PHYS_PORT_NAME, kText},
    {IFLA_PROTO_DOWN, kUint8},
    {IFLA_GSO_MAX_SEGS, kUint32},
    {IFLA_GSO_MAX_SIZE, kUint32},
    {IFLA_XDP, nested(kXdpSet)},
    {IFLA_EVENT, kUint32},
    {IFLA_NEW_NETNSID, kInt32},
    {IFLA_IF_NETNSID, kInt32},
    {IFLA_CARRIER_UP_COUNT, kUint32},
    {IFLA_CARRIER_DOWN_COUNT, kUint32},
    {IFLA_NEW_IFINDEX, kInterface},
    {IFLA_MIN_MTU, kUint32},
    {IFLA_MAX_MTU, kUint32},
    {IFLA_PROP_LIST, nested(kAlternativeNames)},
    {IFLA_ALT_IFNAME, kText},
    {IFLA_PARENT_DEV_NAME, kText},
    {IFLA_PARENT_DEV_BUS_NAME, kText},
    {IFLA_GRO_MAX_SIZE, kUint32},
    {IFLA_TSO_MAX_SIZE, kUint32},
    {IFLA_TSO_MAX_SEGS, kUint32},
    {IFLA_ALLMULTI, kUint32},
};
constexpr AttributeSet kLinkSet{&kLinkAttributes, kLinkRules, {}};

// Addresses.
constexpr Field kAddressHeaderFields[] = {
    POLYTAP_FIELD(ifaddrmsg, ifa_family, kFamily),
    POLYTAP_FIELD(ifaddrmsg, ifa_prefixlen, kNumber),
    POLYTAP_FIELD(ifaddrmsg, ifa_flags, flags_of(kAddressFlags)),
    POLYTAP_FIELD(ifaddrmsg, ifa_scope, kScope),
    POLYTAP_FIELD(ifaddrmsg, ifa_index, kInterface),
};
constexpr Structure kAddressHeader{kAddressHeaderFields, sizeof(ifaddrmsg)};
constexpr Field kAddressCacheFields[] = {
    POLYTAP_FIELD(ifa_cacheinfo, ifa_prefered, kNumber),
    POLYTAP_FIELD(ifa_cacheinfo, ifa_valid, kNumber),
    POLYTAP_FIELD(ifa_cacheinfo, cstamp, kNumber),
    POLYTAP_FIELD(ifa_cacheinfo, tstamp, kNumber),
};
constexpr Structure kAddressCache{kAddressCacheFields, sizeof(ifa_cacheinfo)};
constexpr AttributeRule kAddressRules[] = {
    {IFA_ADDRESS, kInternet},   {IFA_LOCAL, kInternet},
    {IFA_LABEL, kText},         {IFA_BROADCAST, kInternet},
    {IFA_ANYCAST, kInternet},   {IFA_CACHEINFO, structure_of(kAddressCache)},
    {IFA_MULTICAST, kInternet}, {IFA_FLAGS, flags_of(kAddressFlags, 4)},
    {IFA_RT_PRIORITY, kUint32}, {IFA_TARGET_NETNSID, kInt32},
};
constexpr AttributeSet kAddressSet{&kAddressAttributes, kAddressRules, {}};

// Routes.
constexpr Field kRouteHeaderFields[] = {
    POLYTAP_FIELD(rtmsg, rtm_family, kFamily),
    POLYTAP_FIELD(rtmsg, rtm_dst_len, kNumber),
    POLYTAP_FIELD(rtmsg, rtm_src_len, kNumber),
    POLYTAP_FIELD(rtmsg, rtm_tos, flags_of(kServiceTypes)),
    POLYTAP_FIELD(rtmsg, rtm_table, kTable),
    POLYTAP_FIELD(rtmsg, rtm_protocol, one_of(kRouteProtocols)),
    POLYTAP_FIELD(rtmsg, rtm_scope, kScope),
    POLYTAP_FIELD(rtmsg, rtm_type, one_of(kRouteTypes)),
    POLYTAP_FIELD(rtmsg, rtm_flags, flags_of(kRouteFlags)),
};
constexpr Structure kRouteHeader{kRouteHeaderFields, sizeof(rtmsg)};
constexpr Field kRouteCacheFields[] = {
    POLYTAP_FIELD(rta_cacheinfo, rta_clntref, kNumber),
    POLYTAP_FIELD(rta_cacheinfo, rta_lastuse, kNumber),
    POLYTAP_FIELD(rta_cacheinfo, rta_expires, {Show::kSigned}),
    POLYTAP_FIELD(rta_cacheinfo, rta_error, kNumber),
    POLYTAP_FIELD(rta_cacheinfo, rta_used, kNumber),
    POLYTAP_FIELD(rta_cacheinfo, rta_id, {Show::kHex}),
    POLYTAP_FIELD(rta_cacheinfo, rta_ts, kNumber),
    POLYTAP_FIELD(rta_cacheinfo, rta_tsage, kNumber),
};
constexpr Structure kRouteCache{kRouteCacheFields, sizeof(rta_cacheinfo)};
constexpr AttributeRule kMetricRules[] = {{RTAX_CC_ALGO, kText}};
constexpr AttributeSet kMetricSet{&kRouteMetrics, kMetricRules, kUint32};
constexpr AttributeRule kRouteRules[] = {
    {RTA_DST, kInternet},
    {RTA_SRC, kInternet},
    {RTA_IIF, kInterface},
    {RTA_OIF, kInterface},
    {RTA_GATEWAY, kInternet},
    {RTA_PRIORITY, kUint32},
    {RTA_PREFSRC, kInternet},
    {RTA_METRICS, nested(kMetricSet)},
    {RTA_FLOW, kUint32},
    {RTA_CACHEINFO, structure_of(kRouteCache)},
    {RTA_TABLE, one_of(kRouteTables, 4)},
    {RTA_MARK, kUint32},
    {RTA_PREF, one_of(kRoutePreferences, 1)},
    {RTA_EXPIRES, kUint32},
    {RTA_UID, kUint32},
    {RTA_TTL_PROPAGATE, kUint8},
    {RTA_IP_PROTO, one_of(kIpProtocols, 1)},
    {RTA_SPORT, kUint16},
    {RTA_DPORT, kUint16},
};
constexpr AttributeSet kRouteSet{&kRouteAttributes, kRouteRules, {}};

// Neighbors.
constexpr Field kNeighborHeaderFields[] = {
    POLYTAP_FIELD(ndmsg, ndm_family, kFamily),
    POLYTAP_FIELD(ndmsg, ndm_ifindex, kInterface),
    POLYTAP_FIELD(ndmsg, ndm_state, flags_of(kNeighborStates)),
    POLYTAP_FIELD(ndmsg, ndm_flags, flags_of(kNeighborFlags)),
    POLYTAP_FIELD(ndmsg, ndm_type, one_of(kRouteTypes)),
};
constexpr Structure kNeighborHeader{kNeighborHeaderFields, sizeof(ndmsg)};
constexpr Field kNeighborCacheFields[] = {
    POLYTAP_FIELD(nda_cacheinfo, ndm_confirmed, kNumber),
    POLYTAP_FIELD(nda_cacheinfo, ndm_used, kNumber),
    POLYTAP_FIELD(nda_cacheinfo, ndm_updated, kNumber),
    POLYTAP_FIELD(nda_cacheinfo, ndm_refcnt, kNumber),
};
constexpr Structure kNeighborCache{kNeighborCacheFields, sizeof(nda_cacheinfo)};
constexpr AttributeRule kNeighborRules[] = {
    {NDA_DST, kInternet},       {NDA_LLADDR, kMac},        {NDA_CACHEINFO, structure_of(kNeighborCache)},
    {NDA_PROBES, kUint32},      {NDA_VLAN, kUint16},       {NDA_PORT, {Show::kNetwork, nullptr, nullptr, nullptr, 2}},
    {NDA_VNI, kUint32},         {NDA_IFINDEX, kInterface}, {NDA_MASTER, kInterface},
    {NDA_LINK_NETNSID, kInt32}, {NDA_SRC_VNI, kUint32},    {NDA_PROTOCOL, one_of(kRouteProtocols, 1)},
};
constexpr AttributeSet kNeighborSet{&kNeighborAttributes, kNeighborRules, {}};

// Rules.
constexpr Field kRuleHeaderFields[] = {
    POLYTAP_FIELD(fib_rule_hdr, family, kFamily),
    POLYTAP_FIELD(fib_rule_hdr, dst_len, kNumber),
    POLYTAP_FIELD(fib_rule_hdr, src_len, kNumber),
    POLYTAP_FIELD(fib_rule_hdr, tos, flags_of(kServiceTypes)),
    POLYTAP_FIELD(fib_rule_hdr, table, one_of(kRouteTables)),
    POLYTAP_FIELD(fib_rule_hdr, action, one_of(kRuleActions)),
    POLYTAP_FIELD(fib_rule_hdr, flags, flags_of(kRuleFlags)),
};
constexpr Structure kRuleHeader{kRuleHeaderFields, sizeof(fib_rule_hdr)};
constexpr AttributeRule kRuleRules[] = {
    {FRA_DST, kInternet},
    {FRA_SRC, kInternet},
    {FRA_IIFNAME, kText},
    {FRA_OIFNAME, kText},
    {FRA_GOTO, kUint32},
    {FRA_PRIORITY, kUint32},
    {FRA_FWMARK, kUint32},
    {FRA_FLOW, kUint32},
    {FRA_TUN_ID, {Show::kNetwork, nullptr, nullptr, nullptr, 8}},
    {FRA_SUPPRESS_IFGROUP, kUint32},
    {FRA_SUPPRESS_PREFIXLEN, kUint32},
    {FRA_TABLE, one_of(kRouteTables, 4)},
    {FRA_FWMASK, kUint32},
    {FRA_PROTOCOL, one_of(kRouteProtocols, 1)},
    {FRA_IP_PROTO, one_of(kIpProtocols, 1)},
};
constexpr AttributeSet kRuleSet{&kRuleAttributes, kRuleRules, {}};

// Traffic control and the rest.
constexpr Field kControlHeaderFields[] = {
    POLYTAP_FIELD(tcmsg, tcm_family, kFamily), POLYTAP_FIELD(tcmsg, tcm_ifindex, kInterface),
    POLYTAP_FIELD(tcmsg, tcm_handle, kNumber), POLYTAP_FIELD(tcmsg, tcm_parent, kNumber),
    POLYTAP_FIELD(tcmsg, tcm_info, kNumber),
};
constexpr Structure kControlHeader{kControlHeaderFields, sizeof(tcmsg)};
constexpr AttributeRule kControlRules[] = {
    {TCA_KIND, kText},           {TCA_CHAIN, kUint32}, {TCA_HW_OFFLOAD, kUint8}, {TCA_INGRESS_BLOCK, kUint32},
    {TCA_EGRESS_BLOCK, kUint32},
};
constexpr AttributeSet kControlSet{&kControlAttributes, kControlRules, {}};

constexpr Field kActionHeaderFields[] = {POLYTAP_FIELD(tcamsg, tca_family, kFamily)};
constexpr Structure kActionHeader{kActionHeaderFields, sizeof(tcamsg)};
constexpr AttributeSet kActionSet{&kActionAttributes, std::span<const AttributeRule>(), {}};

constexpr Field kTableHeaderFields[] = {POLYTAP_FIELD(ndtmsg, ndtm_family, kFamily)};
constexpr Structure kTableHeader{kTableHeaderFields, sizeof(ndtmsg)};
constexpr AttributeRule kTableRules[] = {
    {NDTA_NAME, kText},      {NDTA_THRESH1, kUint32},     {NDTA_THRESH2, kUint32},
    {NDTA_THRESH3, kUint32}, {NDTA_GC_INTERVAL, kUint64},
};
constexpr AttributeSet kTableSet{&kTableAttributes, kTableRules, {}};

constexpr Field kLabelHeaderFields[] = {
    POLYTAP_FIELD(ifaddrlblmsg, ifal_family, kFamily), POLYTAP_FIELD(ifaddrlblmsg, ifal_prefixlen, kNumber),
    POLYTAP_FIELD(ifaddrlblmsg, ifal_flags, kNumber),  POLYTAP_FIELD(ifaddrlblmsg, ifal_index, kInterface),
    POLYTAP_FIELD(ifaddrlblmsg, ifal_seq, kNumber),
};
constexpr Structure kLabelHeader{kLabelHeaderFields, sizeof(ifaddrlblmsg)};
constexpr AttributeRule kLabelRules[] = {{IFAL_ADDRESS, kInternet}, {IFAL_LABEL, kUint32}};
constexpr AttributeSet kLabelSet{&kLabelAttributes, kLabelRules, {}};

constexpr Field kConfigurationHeaderFields[] = {POLYTAP_FIELD(netconfmsg, ncm_family, kFamily)};
constexpr Structure kConfigurationHeader{kConfigurationHeaderFields, sizeof(netconfmsg)};
constexpr AttributeRule kConfigurationRules[] = {
    {NETCONFA_IFINDEX, kInterface},   {NETCONFA_FORWARDING, kInt32},    {NETCONFA_RP_FILTER, kInt32},
    {NETCONFA_MC_FORWARDING, kInt32}, {NETCONFA_PROXY_NEIGH, kInt32},   {NETCONFA_IGNORE_ROUTES_WITH_LINKDOWN, kInt32},
    {NETCONFA_INPUT, kInt32},         {NETCONFA_BC_FORWARDING, kInt32},
};
constexpr AttributeSet kConfigurationSet{&kConfigurationAttributes, kConfigurationRules, {}};

constexpr Field kBridgeHeaderFields[] = {POLYTAP_FIELD(br_port_msg, family, kFamily),
                                         POLYTAP_FIELD(br_port_msg, ifindex, kInterface)};
constexpr Structure kBridgeHeader{kBridgeHeaderFields, sizeof(br_port_msg)};
constexpr AttributeSet kBridgeSet{&kBridgeAttributes, std::span<const AttributeRule>(), {}};

constexpr Field kNamespaceHeaderFields[] = {{"rtgen_family", 0, 1, kFamily}};
constexpr Structure kNamespaceHeader{kNamespaceHeaderFields, 1};
constexpr AttributeRule kNamespaceRules[] = {
    {NETNSA_NSID, kInt32},        {NETNSA_PID, kUint32},         {NETNSA_FD, {Show::kFd, nullptr, nullptr, nullptr, 4}},
    {NETNSA_TARGET_NSID, kInt32}, {NETNSA_CURRENT_NSID, kInt32},
};
constexpr AttributeSet kNamespaceSet{&kNamespaceAttributes, kNamespaceRules, {}};

struct Family {
  uint16_t first_type;  // of the four RTM_NEW.., RTM_DEL.., RTM_GET.., RTM_SET..
  const Structure* header;
  const AttributeSet* attributes;
};
constexpr Family kMessageFamilies[] = {
    {RTM_NEWLINK, &kLinkHeader, &kLinkSet},
    {RTM_NEWADDR, &kAddressHeader, &kAddressSet},
    {RTM_NEWROUTE, &kRouteHeader, &kRouteSet},
    {RTM_NEWNEIGH, &kNeighborHeader, &kNeighborSet},
    {RTM_NEWRULE, &kRuleHeader, &kRuleSet},
    {RTM_NEWQDISC, &kControlHeader, &kControlSet},
    {RTM_NEWTCLASS, &kControlHeader, &kControlSet},
    {RTM_NEWTFILTER, &kControlHeader, &kControlSet},
    {RTM_NEWCHAIN, &kControlHeader, &kControlSet},
    {RTM_NEWACTION, &kActionHeader, &kActionSet},
    {RTM_GETMULTICAST, &kAddressHeader, &kAddressSet},
    {RTM_GETANYCAST, &kAddressHeader, &kAddressSet},
    {RTM_NEWNEIGHTBL, &kTableHeader, &kTableSet},
    {RTM_NEWADDRLABEL, &kLabelHeader, &kLabelSet},
    {RTM_NEWNETCONF, &kConfigurationHeader, &kConfigurationSet},
    {RTM_NEWMDB, &kBridgeHeader, &kBridgeSet},
    {RTM_NEWNSID, &kNamespaceHeader, &kNamespaceSet},
};

}  // namespace

bool put_route_payload(CallText& text, uint16_t type, Bytes payload) {
  if (type < RTM_BASE || payload.empty()) return false;
  const MessageContext context{static_cast<uint8_t>(payload[0])};
  const auto* family =
      std::ranges::find(kMessageFamilies, type / 4, [](const Family& each) { return each.first_type / 4; });
  if (family == std::end(kMessageFamilies) || kRouteMessages.find(type).empty()) {
    // struct rtgenmsg is what all of them begin with.
    text.put("{family=");
    text.enumeration(kFamilies, context.family);
    if (payload.size() > 1) {
      text.put(", data=");
      put_value(text, payload.subspan(1), {Show::kBytes});
    }
    text.put('}');
    return true;
  }
  if (payload.size() < family->header->size) {
    text.print("{{{}=", family->header->fields[0].name);
    text.enumeration(kFamilies, context.family);
    text.put(family->header->fields.size() > 1 ? ", ...}" : "}");
    return true;
  }
  put_structure(text, payload.first(family->header->size), *family->header, context);
  const Bytes attributes = payload.subspan(std::min<size_t>(NLMSG_ALIGN(family->header->size), payload.size()));
  if (attributes.empty()) return true;
  text.put(", ");
  put_attributes(text, attributes, *family->attributes, context);
  return true;
}

}  // namespace polytap
