// rtnetlink(7): what links of bridges and their ports have.
#include <linux/if_bridge.h>
#include <linux/if_link.h>

#include "core/syscall/netlink_kinds.h"
#include "core/syscall/netlink_link.h"
#include "core/syscall/tables_netlink_link.h"

namespace polytap {
namespace {

using Bytes = std::span<const std::byte>;
using namespace netlink_kinds;

constexpr ValueKind kPriority = array_of(kUint8);
constexpr Field kBridgeIdFields[] = {
    POLYTAP_FIELD(ifla_bridge_id, prio, kPriority),
    POLYTAP_FIELD(ifla_bridge_id, addr, kHardware),
};
constexpr Structure kBridgeId{kBridgeIdFields, sizeof(ifla_bridge_id)};
constexpr AttributeRule kBridgePortRules[] = {
    {IFLA_BRPORT_STATE, kUint8},
    {IFLA_BRPORT_PRIORITY, kUint16},
    {IFLA_BRPORT_COST, kUint32},
    {IFLA_BRPORT_MODE, kUint8},
    {IFLA_BRPORT_GUARD, kUint8},
    {IFLA_BRPORT_PROTECT, kUint8},
    {IFLA_BRPORT_FAST_LEAVE, kUint8},
    {IFLA_BRPORT_LEARNING, kUint8},
    {IFLA_BRPORT_UNICAST_FLOOD, kUint8},
    {IFLA_BRPORT_PROXYARP, kUint8},
    {IFLA_BRPORT_LEARNING_SYNC, kUint8},
    {IFLA_BRPORT_PROXYARP_WIFI, kUint8},
    {IFLA_BRPORT_ROOT_ID, structure_of(kBridgeId)},
    {IFLA_BRPORT_BRIDGE_ID, structure_of(kBridgeId)},
    {IFLA_BRPORT_DESIGNATED_PORT, kUint16},
    {IFLA_BRPORT_DESIGNATED_COST, kUint16},
    {IFLA_BRPORT_ID, kUint16},
    {IFLA_BRPORT_NO, kUint16},
    {IFLA_BRPORT_TOPOLOGY_CHANGE_ACK, kUint8},
    {IFLA_BRPORT_CONFIG_PENDING, kUint8},
    {IFLA_BRPORT_MESSAGE_AGE_TIMER, kTicks},
    {IFLA_BRPORT_FORWARD_DELAY_TIMER, kTicks},
    {IFLA_BRPORT_HOLD_TIMER, kTicks},
    {IFLA_BRPORT_MULTICAST_ROUTER, kUint8},
    {IFLA_BRPORT_MCAST_FLOOD, kUint8},
    {IFLA_BRPORT_MCAST_TO_UCAST, kUint8},
    {IFLA_BRPORT_VLAN_TUNNEL, kUint8},
    {IFLA_BRPORT_BCAST_FLOOD, kUint8},
    {IFLA_BRPORT_GROUP_FWD_MASK, kHex16},
    {IFLA_BRPORT_NEIGH_SUPPRESS, kUint8},
    {IFLA_BRPORT_ISOLATED, kUint8},
    {IFLA_BRPORT_BACKUP_PORT, kInterface},
    {IFLA_BRPORT_MRP_RING_OPEN, kUint8},
    {IFLA_BRPORT_MRP_IN_OPEN, kUint8},
    {IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT, kUint32},
    {IFLA_BRPORT_MCAST_EHT_HOSTS_CNT, kUint32},
    {IFLA_BRPORT_LOCKED, kUint8},
};

// htons(ETH_P_8021Q).
void put_ethernet_protocol(CallText& text, Bytes own, Bytes) {
  text.put("htons(");
  text.enumeration(kEthernetProtocols, static_cast<uint64_t>(own[0]) << 8 | static_cast<uint64_t>(own[1]));
  text.put(')');
}

constexpr Field kSwitchFields[] = {POLYTAP_FIELD(br_boolopt_multi, optval, flags_of(kBridgeSwitches)),
                                   POLYTAP_FIELD(br_boolopt_multi, optmask, flags_of(kBridgeSwitches))};
constexpr Structure kSwitches{kSwitchFields, sizeof(br_boolopt_multi)};
constexpr AttributeRule kQuerierRules[] = {
    {BRIDGE_QUERIER_IP_ADDRESS, kInternet4}, {BRIDGE_QUERIER_IP_PORT, kInterface},
    {BRIDGE_QUERIER_IP_OTHER_TIMER, kTicks}, {BRIDGE_QUERIER_IPV6_ADDRESS, kInternet6},
    {BRIDGE_QUERIER_IPV6_PORT, kInterface},  {BRIDGE_QUERIER_IPV6_OTHER_TIMER, kTicks},
};
constexpr AttributeSet kQuerierSet{&kBridgeQueriers, kQuerierRules, {}};
constexpr AttributeRule kBridgeDataRules[] = {
    {IFLA_BR_FORWARD_DELAY, kTicks},
    {IFLA_BR_HELLO_TIME, kTicks},
    {IFLA_BR_MAX_AGE, kTicks},
    {IFLA_BR_AGEING_TIME, kTicks},
    {IFLA_BR_STP_STATE, kUint32},
    {IFLA_BR_PRIORITY, kUint16},
    {IFLA_BR_VLAN_FILTERING, kUint8},
    {IFLA_BR_VLAN_PROTOCOL, at_most(printed_by(put_ethernet_protocol, 2), 8)},
    {IFLA_BR_GROUP_FWD_MASK, kHex16},
    {IFLA_BR_ROOT_ID, structure_of(kBridgeId)},
    {IFLA_BR_BRIDGE_ID, structure_of(kBridgeId)},
    {IFLA_BR_ROOT_PORT, kUint16},
    {IFLA_BR_ROOT_PATH_COST, kUint32},
    {IFLA_BR_TOPOLOGY_CHANGE, kUint8},
    {IFLA_BR_TOPOLOGY_CHANGE_DETECTED, kUint8},
    {IFLA_BR_HELLO_TIMER, kTicks},
    {IFLA_BR_TCN_TIMER, kTicks},
    {IFLA_BR_TOPOLOGY_CHANGE_TIMER, kTicks},
    {IFLA_BR_GC_TIMER, kTicks},
    {IFLA_BR_GROUP_ADDR, kMac},
    {IFLA_BR_MCAST_ROUTER, kUint8},
    {IFLA_BR_MCAST_SNOOPING, kUint8},
    {IFLA_BR_MCAST_QUERY_USE_IFADDR, kUint8},
    {IFLA_BR_MCAST_QUERIER, kUint8},
    {IFLA_BR_MCAST_HASH_ELASTICITY, kUint32},
    {IFLA_BR_MCAST_HASH_MAX, kUint32},
    {IFLA_BR_MCAST_LAST_MEMBER_CNT, kUint32},
    {IFLA_BR_MCAST_STARTUP_QUERY_CNT, kUint32},
    {IFLA_BR_MCAST_LAST_MEMBER_INTVL, kTicks},
    {IFLA_BR_MCAST_MEMBERSHIP_INTVL, kTicks},
    {IFLA_BR_MCAST_QUERIER_INTVL, kTicks},
    {IFLA_BR_MCAST_QUERY_INTVL, kTicks},
    {IFLA_BR_MCAST_QUERY_RESPONSE_INTVL, kTicks},
    {IFLA_BR_MCAST_STARTUP_QUERY_INTVL, kTicks},
    {IFLA_BR_NF_CALL_IPTABLES, kUint8},
    {IFLA_BR_NF_CALL_IP6TABLES, kUint8},
    {IFLA_BR_NF_CALL_ARPTABLES, kUint8},
    {IFLA_BR_VLAN_DEFAULT_PVID, kUint16},
    {IFLA_BR_VLAN_STATS_ENABLED, kUint8},
    {IFLA_BR_MCAST_STATS_ENABLED, kUint8},
    {IFLA_BR_MCAST_IGMP_VERSION, kUint8},
    {IFLA_BR_MCAST_MLD_VERSION, kUint8},
    {IFLA_BR_VLAN_STATS_PER_PORT, kUint8},
    {IFLA_BR_MULTI_BOOLOPT, structure_of(kSwitches)},
    {IFLA_BR_MCAST_QUERIER_STATE, nested(kQuerierSet)},
};

// IFLA_AF_SPEC of bridges.
constexpr Field kVlanFields[] = {POLYTAP_FIELD(bridge_vlan_info, flags, flags_of(kBridgeVlanFlags)),
                                 POLYTAP_FIELD(bridge_vlan_info, vid, kNumber)};
constexpr Structure kVlan{kVlanFields, sizeof(bridge_vlan_info)};

bool put_vlan(CallText& text, Bytes bytes, Bytes, const MessageContext& context) {
  const Bytes own = bytes.first(kVlan.size);
  if (put_unreadable(text, own, context)) return true;
  put_structure(text, own, kVlan, context);
  if (bytes.size() > own.size()) {
    text.put(", ");
    put_hex_bytes(text, bytes.subspan(own.size()), context);
  }
  return true;
}

constexpr AttributeRule kTunnelRules[] = {
    {IFLA_BRIDGE_VLAN_TUNNEL_ID, kUint32},
    {IFLA_BRIDGE_VLAN_TUNNEL_VID, kUint16},
    {IFLA_BRIDGE_VLAN_TUNNEL_FLAGS, flags_of_word(kBridgeVlanFlags, 2)},
};
constexpr AttributeSet kTunnelSet{&kBridgeTunnelAttributes, kTunnelRules, {}};
constexpr AttributeRule kBridgeRules[] = {
    {IFLA_BRIDGE_FLAGS, flags_of_word(kBridgeFlags, 2)},
    {IFLA_BRIDGE_MODE, one_of_word(kBridgeModes, 2)},
    {IFLA_BRIDGE_VLAN_INFO, shown_by(put_vlan, sizeof(bridge_vlan_info))},
    {IFLA_BRIDGE_VLAN_TUNNEL_INFO, nested(kTunnelSet)},
};

}  // namespace

const AttributeSet kBridgePortSet{&kBridgePortAttributes, kBridgePortRules, {}};
const AttributeSet kBridgeDataSet{&kBridgeDataAttributes, kBridgeDataRules, {}};
const AttributeSet kBridgeFamilySet{&kBridgeFamilyAttributes, kBridgeRules, {}};

}  // namespace polytap
