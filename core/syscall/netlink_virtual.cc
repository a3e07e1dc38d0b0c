// rtnetlink(7): the virtual functions of links.
#include <linux/if_link.h>

#include "core/syscall/netlink_kinds.h"
#include "core/syscall/netlink_link.h"
#include "core/syscall/tables_netlink_link.h"

namespace polytap {
namespace {

using Bytes = std::span<const std::byte>;
using namespace netlink_kinds;

constexpr Field kFunctionMacFields[] = {
    POLYTAP_FIELD(ifla_vf_mac, vf, kNumber),
    POLYTAP_FIELD(ifla_vf_mac, mac, kHardware),
};
constexpr Structure kFunctionMac{kFunctionMacFields, sizeof(ifla_vf_mac)};
constexpr Field kBroadcastFields[] = {
    POLYTAP_FIELD(ifla_vf_broadcast, broadcast, kHardware),
};
constexpr Structure kBroadcast{kBroadcastFields, sizeof(ifla_vf_broadcast)};
constexpr Field kVlanFields[] = {
    POLYTAP_FIELD(ifla_vf_vlan, vf, kNumber),
    POLYTAP_FIELD(ifla_vf_vlan, vlan, kNumber),
    POLYTAP_FIELD(ifla_vf_vlan, qos, kNumber),
};
constexpr Structure kVlan{kVlanFields, sizeof(ifla_vf_vlan)};
void put_protocol(CallText& text, Bytes own, Bytes) {
  text.put("htons(");
  text.enumeration(kPacketProtocols, static_cast<uint64_t>(own[0]) << 8 | static_cast<uint64_t>(own[1]));
  text.put(')');
}
constexpr Field kVlanInfoFields[] = {
    POLYTAP_FIELD(ifla_vf_vlan_info, vf, kNumber),
    POLYTAP_FIELD(ifla_vf_vlan_info, vlan, kNumber),
    POLYTAP_FIELD(ifla_vf_vlan_info, qos, kNumber),
    POLYTAP_FIELD(ifla_vf_vlan_info, vlan_proto, printed_by(put_protocol)),
};
constexpr Structure kVlanInfo{kVlanInfoFields, sizeof(ifla_vf_vlan_info)};
constexpr Field kTransmitRateFields[] = {
    POLYTAP_FIELD(ifla_vf_tx_rate, vf, kNumber),
    POLYTAP_FIELD(ifla_vf_tx_rate, rate, kNumber),
};
constexpr Structure kTransmitRate{kTransmitRateFields, sizeof(ifla_vf_tx_rate)};
// The structures of all switches are alike.
constexpr Field kSettingFields[] = {
    POLYTAP_FIELD(ifla_vf_spoofchk, vf, kNumber),
    POLYTAP_FIELD(ifla_vf_spoofchk, setting, kNumber),
};
constexpr Structure kSetting{kSettingFields, sizeof(ifla_vf_spoofchk)};
constexpr Field kLinkStateFields[] = {
    POLYTAP_FIELD(ifla_vf_link_state, vf, kNumber),
    POLYTAP_FIELD(ifla_vf_link_state, link_state, one_of(kFunctionLinkStates)),
};
constexpr Structure kLinkState{kLinkStateFields, sizeof(ifla_vf_link_state)};
constexpr Field kRateFields[] = {
    POLYTAP_FIELD(ifla_vf_rate, vf, kNumber),
    POLYTAP_FIELD(ifla_vf_rate, min_tx_rate, kNumber),
    POLYTAP_FIELD(ifla_vf_rate, max_tx_rate, kNumber),
};
constexpr Structure kRate{kRateFields, sizeof(ifla_vf_rate)};

// struct ifla_vf_guid has a gap before the number, but for 32-bit programs.
bool put_identifier(CallText& text, Bytes bytes, Bytes, const MessageContext& context) {
  constexpr size_t kWithoutGap = sizeof(uint32_t) + sizeof(uint64_t);
  if (bytes.size() != kWithoutGap && bytes.size() != sizeof(ifla_vf_guid)) return false;
  if (put_unreadable(text, bytes, context)) return true;
  text.print("{{vf={}, guid=", static_cast<uint32_t>(number_in(bytes.first(sizeof(uint32_t)))));
  text.hex(number_in(bytes.last(sizeof(uint64_t))));
  text.put('}');
  return true;
}

constexpr AttributeRule kCounterRules[] = {
    {IFLA_VF_STATS_RX_PACKETS, kUint64}, {IFLA_VF_STATS_TX_PACKETS, kUint64}, {IFLA_VF_STATS_RX_BYTES, kUint64},
    {IFLA_VF_STATS_TX_BYTES, kUint64},   {IFLA_VF_STATS_BROADCAST, kUint64},  {IFLA_VF_STATS_MULTICAST, kUint64},
    {IFLA_VF_STATS_RX_DROPPED, kUint64}, {IFLA_VF_STATS_TX_DROPPED, kUint64},
};
constexpr AttributeSet kCounterSet{&kFunctionCounters, kCounterRules, {}};
constexpr AttributeRule kVlanRules[] = {{IFLA_VF_VLAN_INFO, structure_of(kVlanInfo)}};
constexpr AttributeSet kVlanSet{&kFunctionVlans, kVlanRules, {}};

constexpr AttributeRule kFunctionRules[] = {
    {IFLA_VF_MAC, structure_of(kFunctionMac)},        {IFLA_VF_VLAN, structure_of(kVlan)},
    {IFLA_VF_TX_RATE, structure_of(kTransmitRate)},   {IFLA_VF_SPOOFCHK, structure_of(kSetting)},
    {IFLA_VF_LINK_STATE, structure_of(kLinkState)},   {IFLA_VF_RATE, structure_of(kRate)},
    {IFLA_VF_RSS_QUERY_EN, structure_of(kSetting)},   {IFLA_VF_STATS, nested(kCounterSet)},
    {IFLA_VF_TRUST, structure_of(kSetting)},          {IFLA_VF_IB_NODE_GUID, shown_by(put_identifier)},
    {IFLA_VF_IB_PORT_GUID, shown_by(put_identifier)}, {IFLA_VF_VLAN_LIST, nested(kVlanSet)},
    {IFLA_VF_BROADCAST, structure_of(kBroadcast)},
};
constexpr AttributeSet kFunctionSet{&kFunctionAttributes, kFunctionRules, {}};
constexpr AttributeRule kListRules[] = {{IFLA_VF_INFO, nested(kFunctionSet)}};

}  // namespace

const AttributeSet kVirtualFunctionSet{&kFunctionLists, kListRules, {}};

}  // namespace polytap
