// rtnetlink(7): addresses, routes, neighbors, rules and the rest.
#include <linux/dcbnl.h>
#include <linux/fib_rules.h>
#include <linux/if_addr.h>
#include <linux/if_addrlabel.h>
#include <linux/mroute.h>
#include <linux/mroute6.h>
#include <linux/neighbour.h>
#include <linux/net_namespace.h>
#include <linux/netconf.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <algorithm>

#include "core/syscall/netlink.h"
#include "core/syscall/netlink_kinds.h"
#include "core/syscall/netlink_link.h"
#include "core/syscall/structure.h"
#include "core/syscall/tables.h"
#include "core/syscall/tables_netlink.h"
#include "core/syscall/tables_netlink_nested.h"
#include "core/syscall/tables_netlink_types.h"

namespace polytap {
namespace {

using Bytes = std::span<const std::byte>;
using namespace netlink_kinds;

// A name, or the number alone.
void put_name_or_number(CallText& text, const ConstantTable& table, Bytes bytes) {
  const uint64_t number = number_in(bytes);
  table.find(number).empty() ? text.hex(number) : text.enumeration(table, number);
}
constexpr ValueKind kScope =
    printed_by([](CallText& text, Bytes own, Bytes) { put_name_or_number(text, kRouteScopes, own); });
constexpr ValueKind kTable =
    printed_by([](CallText& text, Bytes own, Bytes) { put_name_or_number(text, kRouteTables, own); });
constexpr ValueKind kTable4 =
    printed_by([](CallText& text, Bytes own, Bytes) { put_name_or_number(text, kRouteTables, own); }, 4);
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
                                      "IPTOS_TOS_?"
                                      "??"};

void put_report_family(CallText& text, Bytes own, Bytes) {
  const uint64_t family = number_in(own);
  text.enumeration(
      kReportFamilies.find(family).empty() && !kFamilies.find(family).empty() ? kFamilies : kReportFamilies, family);
}

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
    {IFA_ADDRESS, kInternet},
    {IFA_LOCAL, kInternet},
    {IFA_LABEL, kEndedText},
    {IFA_BROADCAST, kInternet},
    {IFA_ANYCAST, kInternet},
    {IFA_CACHEINFO, structure_of(kAddressCache)},
    {IFA_MULTICAST, kInternet},
    {IFA_FLAGS, flags_of(kAddressFlags, 4)},
    {IFA_RT_PRIORITY, kUint32},
    {IFA_TARGET_NETNSID, kInt32},
    {IFA_PROTO, one_of_word(kAddressProtocols, 1)},
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
    POLYTAP_FIELD(rta_cacheinfo, rta_clntref, kNumber), POLYTAP_FIELD(rta_cacheinfo, rta_lastuse, kNumber),
    POLYTAP_FIELD(rta_cacheinfo, rta_expires, kNumber), POLYTAP_FIELD(rta_cacheinfo, rta_error, kNumber),
    POLYTAP_FIELD(rta_cacheinfo, rta_used, kNumber),    POLYTAP_FIELD(rta_cacheinfo, rta_id, {Show::kHex}),
    POLYTAP_FIELD(rta_cacheinfo, rta_ts, kNumber),      POLYTAP_FIELD(rta_cacheinfo, rta_tsage, kNumber),
};
constexpr Structure kRouteCache{kRouteCacheFields, sizeof(rta_cacheinfo)};
// All up to the name of an algorithm are numbers.
bool put_metric(CallText& text, Bytes bytes, Bytes whole, const MessageContext& context) {
  const auto type = static_cast<uint16_t>(number_in(Bytes(bytes.data() - sizeof(uint16_t), sizeof(uint16_t))));
  static_cast<void>(whole);
  if (type == RTAX_UNSPEC || type > RTAX_CC_ALGO) return false;
  put_value(text, bytes, kUint32, context);
  return true;
}
constexpr AttributeRule kMetricRules[] = {{RTAX_CC_ALGO, kEndedText}};
constexpr AttributeSet kMetricSet{&kRouteMetrics, kMetricRules, shown_by(put_metric)};

constexpr Field kForwardedFields[] = {
    POLYTAP_FIELD(rta_mfc_stats, mfcs_packets, kNumber),
    POLYTAP_FIELD(rta_mfc_stats, mfcs_bytes, kNumber),
    POLYTAP_FIELD(rta_mfc_stats, mfcs_wrong_if, kNumber),
};
constexpr Structure kForwarded{kForwardedFields, sizeof(rta_mfc_stats)};

// struct rtvia: an address of another family.
bool put_via(CallText& text, Bytes bytes, Bytes, const MessageContext& context) {
  constexpr size_t kFamilySize = sizeof(rtvia::rtvia_family);
  if (put_unreadable(text, bytes.first(sizeof(rtvia)), context)) return true;
  const auto family = static_cast<uint16_t>(number_in(bytes.first(kFamilySize)));
  text.put("{rtvia_family=");
  text.enumeration(kFamilies, family);
  if (bytes.size() > kFamilySize) {
    text.put(", ");
    put_internet_address(text, bytes.subspan(kFamilySize), static_cast<uint8_t>(family), "rtvia_addr", context);
  }
  text.put('}');
  return true;
}

bool put_next_hops(CallText& text, Bytes bytes, Bytes whole, const MessageContext& context);

constexpr AttributeRule kRouteRules[] = {
    {RTA_DST, kInternet},
    {RTA_SRC, kInternet},
    {RTA_IIF, kInterface},
    {RTA_OIF, kInterface},
    {RTA_GATEWAY, kInternet},
    {RTA_PRIORITY, kUint32},
    {RTA_PREFSRC, kInternet},
    {RTA_METRICS, nested(kMetricSet)},
    {RTA_MULTIPATH, shown_by(put_next_hops, sizeof(rtnexthop))},
    {RTA_PROTOINFO, kUint32},
    {RTA_FLOW, kUint32},
    {RTA_CACHEINFO, structure_of(kRouteCache)},
    {RTA_MP_ALGO, kUint32},
    {RTA_TABLE, kTable4},
    {RTA_MARK, kUint32},
    {RTA_MFC_STATS, structure_of(kForwarded)},
    {RTA_VIA, shown_by(put_via, sizeof(rtvia))},
    {RTA_NEWDST, kInternet},
    {RTA_PREF, kUint8},
    {RTA_ENCAP_TYPE, one_of(kEncapsulations, 2)},
    {RTA_EXPIRES, kUint64},
    {RTA_UID, kUint32},
    {RTA_TTL_PROPAGATE, kUint8},
    {RTA_IP_PROTO, kUint8},
    {RTA_SPORT, kUint16},
    {RTA_DPORT, kUint16},
};
constexpr AttributeSet kRouteSet{&kRouteAttributes, kRouteRules, {}};

constexpr Field kNextHopFields[] = {
    POLYTAP_FIELD(rtnexthop, rtnh_len, kNumber),
    POLYTAP_FIELD(rtnexthop, rtnh_flags, flags_of(kNextHopFlags)),
    POLYTAP_FIELD(rtnexthop, rtnh_hops, kNumber),
    POLYTAP_FIELD(rtnexthop, rtnh_ifindex, kInterface),
};
constexpr Structure kNextHop{kNextHopFields, sizeof(rtnexthop)};

// Structures with attributes behind each; the length in a structure is that of both.
bool put_next_hops(CallText& text, Bytes bytes, Bytes, const MessageContext& context) {
  bool is_list = false;
  Bytes rest = bytes;
  while (true) {
    // What is left may be less than a structure: what lies behind is shown, as far as it was read.
    const Bytes start(rest.data(), sizeof(rtnexthop));
    if (put_unreadable(text, start, context)) break;
    const auto given = static_cast<uint16_t>(number_in(start.first(sizeof(rtnexthop::rtnh_len))));
    const size_t own = std::min<size_t>(given, rest.size());
    if (rest.data() == bytes.data() && given < bytes.size()) {
      text.put('[');
      is_list = true;
    }
    const bool has_attributes = own > sizeof(rtnexthop);
    if (has_attributes) text.put('[');
    put_structure(text, start, kNextHop, context);
    if (has_attributes) {
      text.put(", ");
      put_attributes(text, rest.first(own).subspan(sizeof(rtnexthop)), kRouteSet, context);
      text.put(']');
    }
    const size_t step = RTNH_ALIGN(own);
    if (step >= rest.size() || step == 0) break;
    rest = rest.subspan(step);
    text.put(", ");
  }
  if (is_list) text.put(']');
  return true;
}

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
constexpr AttributeRule kForwardingRules[] = {{NFEA_ACTIVITY_NOTIFY, flags_of_word(kForwardingNotices, 1)}};
constexpr AttributeSet kForwardingSet{&kForwardingAttributes, kForwardingRules, {}};
constexpr AttributeRule kNeighborRules[] = {
    {NDA_DST, kInternet},
    {NDA_LLADDR, kMac},
    {NDA_CACHEINFO, structure_of(kNeighborCache)},
    {NDA_PROBES, kUint32},
    {NDA_VLAN, kUint16},
    {NDA_PORT, kNetwork16},
    {NDA_VNI, kUint32},
    {NDA_IFINDEX, kInterface},
    {NDA_MASTER, kInterface},
    {NDA_LINK_NETNSID, kUint32},
    {NDA_SRC_VNI, kUint32},
    {NDA_PROTOCOL, one_of_word(kIpProtocols, 0)},
    {NDA_NH_ID, kUint32},
    {NDA_FDB_EXT_ATTRS, nested(kForwardingSet)},
    {NDA_FLAGS_EXT, flags_of_word(kNeighborExtFlags, 4)},
    {NDA_NDM_STATE_MASK, flags_of_word(kNeighborStates, 2)},
    {NDA_NDM_FLAGS_MASK, flags_of_word(kNeighborFlags, 1)},
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
constexpr Field kUserRangeFields[] = {POLYTAP_FIELD(fib_rule_uid_range, start, kNumber),
                                      POLYTAP_FIELD(fib_rule_uid_range, end, kNumber)};
constexpr Structure kUserRange{kUserRangeFields, sizeof(fib_rule_uid_range)};
constexpr Field kPortRangeFields[] = {POLYTAP_FIELD(fib_rule_port_range, start, kNumber),
                                      POLYTAP_FIELD(fib_rule_port_range, end, kNumber)};
constexpr Structure kPortRange{kPortRangeFields, sizeof(fib_rule_port_range)};
constexpr AttributeRule kRuleRules[] = {
    {FRA_DST, kInternet},
    {FRA_SRC, kInternet},
    {FRA_IIFNAME, kEndedText},
    {FRA_OIFNAME, kEndedText},
    {FRA_GOTO, kUint32},
    {FRA_PRIORITY, kUint32},
    {FRA_FWMARK, kUint32},
    {FRA_FLOW, kUint32},
    {FRA_TUN_ID, kNetwork64},
    {FRA_SUPPRESS_IFGROUP, kUint32},
    {FRA_SUPPRESS_PREFIXLEN, kUint32},
    {FRA_TABLE, kTable4},
    {FRA_FWMASK, kUint32},
    {FRA_PROTOCOL, one_of(kRouteProtocols, 1)},
    {FRA_IP_PROTO, one_of_word(kIpProtocols, 0)},
    {FRA_L3MDEV, kUint8},
    {FRA_UID_RANGE, structure_of(kUserRange)},
    {FRA_SPORT_RANGE, structure_of(kPortRange)},
    {FRA_DPORT_RANGE, structure_of(kPortRange)},
};
constexpr AttributeSet kRuleSet{&kRuleAttributes, kRuleRules, {}};

// Tables of neighbors and the rest.
constexpr Field kTableHeaderFields[] = {POLYTAP_FIELD(ndtmsg, ndtm_family, kFamily)};
constexpr Structure kTableHeader{kTableHeaderFields, sizeof(ndtmsg)};
constexpr Field kTableConfigurationFields[] = {
    POLYTAP_FIELD(ndt_config, ndtc_key_len, kNumber),
    POLYTAP_FIELD(ndt_config, ndtc_entry_size, kNumber),
    POLYTAP_FIELD(ndt_config, ndtc_entries, kNumber),
    POLYTAP_FIELD(ndt_config, ndtc_last_flush, kNumber),
    POLYTAP_FIELD(ndt_config, ndtc_last_rand, kNumber),
    POLYTAP_FIELD(ndt_config, ndtc_hash_rnd, kNumber),
    POLYTAP_FIELD(ndt_config, ndtc_hash_mask, {Show::kFixedHex}),
    POLYTAP_FIELD(ndt_config, ndtc_hash_chain_gc, kNumber),
    POLYTAP_FIELD(ndt_config, ndtc_proxy_qlen, kNumber),
};
constexpr Structure kTableConfiguration{kTableConfigurationFields, sizeof(ndt_config)};
constexpr Field kTableCounterFields[] = {
    POLYTAP_FIELD(ndt_stats, ndts_allocs, kNumber),           POLYTAP_FIELD(ndt_stats, ndts_destroys, kNumber),
    POLYTAP_FIELD(ndt_stats, ndts_hash_grows, kNumber),       POLYTAP_FIELD(ndt_stats, ndts_res_failed, kNumber),
    POLYTAP_FIELD(ndt_stats, ndts_lookups, kNumber),          POLYTAP_FIELD(ndt_stats, ndts_hits, kNumber),
    POLYTAP_FIELD(ndt_stats, ndts_rcv_probes_mcast, kNumber), POLYTAP_FIELD(ndt_stats, ndts_rcv_probes_ucast, kNumber),
    POLYTAP_FIELD(ndt_stats, ndts_periodic_gc_runs, kNumber), POLYTAP_FIELD(ndt_stats, ndts_forced_gc_runs, kNumber),
    POLYTAP_FIELD(ndt_stats, ndts_table_fulls, kNumber),
};
constexpr Structure kTableCounters{kTableCounterFields, sizeof(ndt_stats)};
constexpr AttributeRule kParameterRules[] = {
    {NDTPA_IFINDEX, kInterface},          {NDTPA_REFCNT, kUint32},         {NDTPA_REACHABLE_TIME, kUint64},
    {NDTPA_BASE_REACHABLE_TIME, kUint64}, {NDTPA_RETRANS_TIME, kUint64},   {NDTPA_GC_STALETIME, kUint64},
    {NDTPA_DELAY_PROBE_TIME, kUint64},    {NDTPA_QUEUE_LEN, kUint32},      {NDTPA_APP_PROBES, kUint32},
    {NDTPA_UCAST_PROBES, kUint32},        {NDTPA_MCAST_PROBES, kUint32},   {NDTPA_ANYCAST_DELAY, kUint64},
    {NDTPA_PROXY_DELAY, kUint64},         {NDTPA_PROXY_QLEN, kUint32},     {NDTPA_LOCKTIME, kUint64},
    {NDTPA_QUEUE_LENBYTES, kUint32},      {NDTPA_MCAST_REPROBES, kUint32}, {NDTPA_INTERVAL_PROBE_TIME_MS, kUint64},
};
constexpr AttributeSet kParameterSet{&kTableParameters, kParameterRules, {}};
constexpr AttributeRule kTableRules[] = {
    {NDTA_NAME, kEndedText},
    {NDTA_THRESH1, kUint32},
    {NDTA_THRESH2, kUint32},
    {NDTA_THRESH3, kUint32},
    {NDTA_GC_INTERVAL, kUint64},
    {NDTA_CONFIG, structure_of(kTableConfiguration)},
    {NDTA_PARMS, nested(kParameterSet)},
    {NDTA_STATS, structure_or(kTableCounters, offsetof(ndt_stats, ndts_table_fulls))},
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

constexpr Field kNamespaceHeaderFields[] = {{"rtgen_family", 0, 1, kFamily}};
constexpr Structure kNamespaceHeader{kNamespaceHeaderFields, 1};
constexpr AttributeRule kNamespaceRules[] = {
    {NETNSA_NSID, kInt32},        {NETNSA_PID, kUint32},         {NETNSA_FD, kFd},
    {NETNSA_TARGET_NSID, kInt32}, {NETNSA_CURRENT_NSID, kInt32},
};
constexpr AttributeSet kNamespaceSet{&kNamespaceAttributes, kNamespaceRules, {}};

constexpr Field kDcbHeaderFields[] = {POLYTAP_FIELD(dcbmsg, dcb_family, kFamily),
                                      POLYTAP_FIELD(dcbmsg, cmd, one_of(kDcbCommands))};
constexpr Structure kDcbHeader{kDcbHeaderFields, sizeof(dcbmsg)};
constexpr AttributeSet kDcbSet{&kDcbAttributes, std::span<const AttributeRule>(), {}};

constexpr MessageLayout kAddressLayout{&kAddressHeader, &kAddressSet};
constexpr MessageLayout kRouteLayout{&kRouteHeader, &kRouteSet};
constexpr MessageLayout kNeighborLayout{&kNeighborHeader, &kNeighborSet};
constexpr MessageLayout kRuleLayout{&kRuleHeader, &kRuleSet};
constexpr MessageLayout kTableLayout{&kTableHeader, &kTableSet};
constexpr MessageLayout kLabelLayout{&kLabelHeader, &kLabelSet};
constexpr MessageLayout kConfigurationLayout{&kConfigurationHeader, &kConfigurationSet};
constexpr MessageLayout kNamespaceLayout{&kNamespaceHeader, &kNamespaceSet};
constexpr MessageLayout kDcbLayout{&kDcbHeader, &kDcbSet};

// Reports of multicast routing: the family says whose they are.
constexpr Field kReportHeaderFields[] = {{"rtgen_family", 0, 1, printed_by(put_report_family)}};
constexpr Structure kReportHeader{kReportHeaderFields, 1};
constexpr AttributeRule kReportRules[] = {
    {IPMRA_CREPORT_MSGTYPE, one_of_word(kReportTypes, 1)},
    {IPMRA_CREPORT_VIF_ID, kUint32},
    {IPMRA_CREPORT_SRC_ADDR, kInternet4},
    {IPMRA_CREPORT_DST_ADDR, kInternet4},
    {IPMRA_CREPORT_TABLE, kUint32},
};
constexpr AttributeSet kReportSet{&kReportAttributes, kReportRules, {}};
constexpr AttributeRule kReport6Rules[] = {
    {IP6MRA_CREPORT_MSGTYPE, one_of_word(kReport6Types, 1)},
    {IP6MRA_CREPORT_MIF_ID, kUint32},
    {IP6MRA_CREPORT_SRC_ADDR, kInternet6},
    {IP6MRA_CREPORT_DST_ADDR, kInternet6},
};
constexpr AttributeSet kReport6Set{&kReport6Attributes, kReport6Rules, {}};

void put_report(CallText& text, Bytes payload, const MessageContext& context) {
  put_structure(text, payload.first(1), kReportHeader, context);
  const Bytes rest = payload.subspan(std::min<size_t>(NLMSG_ALIGN(1), payload.size()));
  if (rest.empty()) return;
  text.put(", ");
  if (context.family == RTNL_FAMILY_IPMR) return put_attributes(text, rest, kReportSet, context);
  if (context.family == RTNL_FAMILY_IP6MR) return put_attributes(text, rest, kReport6Set, context);
  put_hex_bytes(text, rest, context);
}

struct Family {
  uint16_t first_type;  // of the four RTM_NEW.., RTM_DEL.., RTM_GET.., RTM_SET..
  const MessageLayout* layout;
};
constexpr Family kMessageFamilies[] = {
    {RTM_NEWLINK, &kLinkLayout},         {RTM_NEWADDR, &kAddressLayout},
    {RTM_NEWROUTE, &kRouteLayout},       {RTM_NEWNEIGH, &kNeighborLayout},
    {RTM_NEWRULE, &kRuleLayout},         {RTM_NEWQDISC, &kTrafficLayout},
    {RTM_NEWTCLASS, &kTrafficLayout},    {RTM_NEWTFILTER, &kTrafficLayout},
    {RTM_NEWCHAIN, &kTrafficLayout},     {RTM_NEWACTION, &kTrafficActionLayout},
    {RTM_GETMULTICAST, &kAddressLayout}, {RTM_GETANYCAST, &kAddressLayout},
    {RTM_NEWNEIGHTBL, &kTableLayout},    {RTM_NEWADDRLABEL, &kLabelLayout},
    {RTM_GETDCB, &kDcbLayout},           {RTM_NEWNETCONF, &kConfigurationLayout},
    {RTM_NEWMDB, &kGroupLayout},         {RTM_NEWNSID, &kNamespaceLayout},
    {RTM_NEWSTATS, &kStatisticsLayout},  {RTM_NEWNEXTHOP, &kNextHopLayout},
};

// struct rtgenmsg is what all messages begin with.
void put_unknown(CallText& text, Bytes payload, const MessageContext& context) {
  text.put("{family=");
  text.enumeration(kFamilies, static_cast<uint8_t>(payload[0]));
  if (payload.size() > 1) {
    text.put(", data=");
    put_hex_bytes(text, payload.subspan(1), context);
  }
  text.put('}');
}

}  // namespace

void put_layout(CallText& text, Bytes payload, const MessageLayout& layout, const MessageContext& context) {
  const Structure& header = *layout.header;
  text.put('{');
  put_fields(text, payload.first(1), header, context);
  if (header.fields.size() > 1) {
    text.put(", ");
    if (payload.size() < header.size) return text.put("...}");
    const Bytes rest = payload.first(header.size).subspan(1);
    if (put_unreadable(text, rest, context)) return text.put('}');
    put_fields(text, payload.first(header.size), {header.fields.subspan(1), header.size}, context);
  }
  text.put('}');
  const Bytes attributes = payload.subspan(std::min<size_t>(NLMSG_ALIGN(header.size), payload.size()));
  if (attributes.empty() || layout.attributes == nullptr) return;
  text.put(", ");
  put_attributes(text, attributes, *layout.attributes, context);
}

bool put_route_payload(CallText& text, const NetlinkMessage& message) {
  const Bytes payload = message.payload;
  if (put_unreadable(text, payload.first(1), message.context)) return true;
  const auto family = static_cast<uint8_t>(payload[0]);
  const MessageContext context{family, message.context.memory};
  const uint16_t type = message.header.nlmsg_type;
  const auto* known =
      std::ranges::find(kMessageFamilies, type / 4, [](const Family& each) { return each.first_type / 4; });
  if (type == RTM_NEWCACHEREPORT) {
    put_report(text, payload, context);
  } else if (known == std::end(kMessageFamilies) || kRouteMessages.find(type).empty()) {
    put_unknown(text, payload, context);
  } else if (type == RTM_GETNEIGH && family == AF_BRIDGE) {
    put_layout(text, payload, kLinkLayout, context);
  } else {
    put_layout(text, payload, *known->layout, context);
  }
  return true;
}

}  // namespace polytap
