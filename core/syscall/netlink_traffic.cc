// rtnetlink(7): traffic control, and the multicast groups of bridges.
#include <arpa/inet.h>
#include <linux/gen_stats.h>
#include <linux/if_bridge.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include <cstring>

#include "core/syscall/netlink_kinds.h"
#include "core/syscall/netlink_link.h"
#include "core/syscall/tables_netlink_nested.h"
#include "core/syscall/tables_netlink_types.h"

namespace polytap {
namespace {

using Bytes = std::span<const std::byte>;
using namespace netlink_kinds;

constexpr Field kTrafficHeaderFields[] = {
    POLYTAP_FIELD(tcmsg, tcm_family, kFamily), POLYTAP_FIELD(tcmsg, tcm_ifindex, kInterface),
    POLYTAP_FIELD(tcmsg, tcm_handle, kNumber), POLYTAP_FIELD(tcmsg, tcm_parent, kNumber),
    POLYTAP_FIELD(tcmsg, tcm_info, kNumber),
};
constexpr Structure kTrafficHeader{kTrafficHeaderFields, sizeof(tcmsg)};

constexpr Field kCounterFields[] = {
    POLYTAP_FIELD(tc_stats, bytes, kNumber), POLYTAP_FIELD(tc_stats, packets, kNumber),
    POLYTAP_FIELD(tc_stats, drops, kNumber), POLYTAP_FIELD(tc_stats, overlimits, kNumber),
    POLYTAP_FIELD(tc_stats, bps, kNumber),   POLYTAP_FIELD(tc_stats, pps, kNumber),
    POLYTAP_FIELD(tc_stats, qlen, kNumber),  POLYTAP_FIELD(tc_stats, backlog, kNumber),
};
// Without the padding at the end.
constexpr Structure kCounters{kCounterFields, offsetof(tc_stats, backlog) + sizeof(tc_stats::backlog)};
constexpr Field kEstimatorFields[] = {POLYTAP_FIELD(tc_estimator, interval, kSigned),
                                      POLYTAP_FIELD(tc_estimator, ewma_log, kNumber)};
constexpr Structure kEstimator{kEstimatorFields, sizeof(tc_estimator)};
constexpr Field kBasicFields[] = {POLYTAP_FIELD(gnet_stats_basic, bytes, kNumber),
                                  POLYTAP_FIELD(gnet_stats_basic, packets, kNumber)};
constexpr Structure kBasic{kBasicFields, offsetof(gnet_stats_basic, packets) + sizeof(gnet_stats_basic::packets)};
constexpr Field kRateFields[] = {POLYTAP_FIELD(gnet_stats_rate_est, bps, kNumber),
                                 POLYTAP_FIELD(gnet_stats_rate_est, pps, kNumber)};
constexpr Structure kRate{kRateFields, sizeof(gnet_stats_rate_est)};
constexpr Field kRate64Fields[] = {POLYTAP_FIELD(gnet_stats_rate_est64, bps, kNumber),
                                   POLYTAP_FIELD(gnet_stats_rate_est64, pps, kNumber)};
constexpr Structure kRate64{kRate64Fields, sizeof(gnet_stats_rate_est64)};
constexpr Field kQueueFields[] = {
    POLYTAP_FIELD(gnet_stats_queue, qlen, kNumber),       POLYTAP_FIELD(gnet_stats_queue, backlog, kNumber),
    POLYTAP_FIELD(gnet_stats_queue, drops, kNumber),      POLYTAP_FIELD(gnet_stats_queue, requeues, kNumber),
    POLYTAP_FIELD(gnet_stats_queue, overlimits, kNumber),
};
constexpr Structure kQueue{kQueueFields, sizeof(gnet_stats_queue)};
constexpr AttributeRule kStatisticRules[] = {
    {TCA_STATS_BASIC, structure_of(kBasic)},    {TCA_STATS_RATE_EST, structure_of(kRate)},
    {TCA_STATS_QUEUE, structure_of(kQueue)},    {TCA_STATS_RATE_EST64, structure_of(kRate64)},
    {TCA_STATS_BASIC_HW, structure_of(kBasic)}, {TCA_STATS_PKT64, kUint64},
};
constexpr AttributeSet kStatisticSet{&kControlStatistics, kStatisticRules, {}};

constexpr Field kSizeFields[] = {
    POLYTAP_FIELD(tc_sizespec, cell_log, kNumber),   POLYTAP_FIELD(tc_sizespec, size_log, kNumber),
    POLYTAP_FIELD(tc_sizespec, cell_align, kSigned), POLYTAP_FIELD(tc_sizespec, overhead, kSigned),
    POLYTAP_FIELD(tc_sizespec, linklayer, kNumber),  POLYTAP_FIELD(tc_sizespec, mpu, kNumber),
    POLYTAP_FIELD(tc_sizespec, mtu, kNumber),        POLYTAP_FIELD(tc_sizespec, tsize, kNumber),
};
constexpr Structure kSize{kSizeFields, sizeof(tc_sizespec)};
constexpr AttributeRule kSizeRules[] = {{TCA_STAB_BASE, structure_of(kSize)}, {TCA_STAB_DATA, array_of(kUint16, 2)}};
constexpr AttributeSet kSizeSet{&kSizeTables, kSizeRules, {}};

constexpr AttributeRule kTrafficRules[] = {
    {TCA_KIND, kEndedText},
    {TCA_STATS, structure_of(kCounters)},
    {TCA_RATE, structure_of(kEstimator)},
    {TCA_FCNT, kUint32},
    {TCA_STATS2, nested(kStatisticSet)},
    {TCA_STAB, nested(kSizeSet)},
    {TCA_CHAIN, kUint32},
    {TCA_HW_OFFLOAD, kUint8},
    {TCA_INGRESS_BLOCK, kUint32},
    {TCA_EGRESS_BLOCK, kUint32},
    {TCA_DUMP_FLAGS, kUint32},
    {16, kEndedText},  // TCA_EXT_WARN_MSG of linux/rtnetlink.h of 6.3
};
constexpr AttributeSet kTrafficSet{&kControlAttributes, kTrafficRules, {}};

constexpr Field kActionHeaderFields[] = {POLYTAP_FIELD(tcamsg, tca_family, kFamily)};
constexpr Structure kActionHeader{kActionHeaderFields, sizeof(tcamsg)};
constexpr AttributeRule kActionRules[] = {
    {TCA_ACT_KIND, kEndedText},
    {TCA_ACT_INDEX, kUint32},
    {TCA_ACT_STATS, nested(kStatisticSet)},
    {TCA_ACT_FLAGS, flags_of_word(kActionFlags, 4)},
    {TCA_ACT_HW_STATS, flags_of_word(kActionCounters, 4)},
    {TCA_ACT_USED_HW_STATS, flags_of_word(kActionCounters, 4)},
    {TCA_ACT_IN_HW_COUNT, kUint32},
};
constexpr AttributeSet kActionSet{&kActionAttributes, kActionRules, {}};

// Multicast groups of bridges.
constexpr AttributeRule kDetailRules[] = {{MDBA_MDB_EATTR_TIMER, kTicks}};
constexpr AttributeSet kDetailSet{&kGroupDetails, kDetailRules, {}};

// The attributes behind a structure of SIZE bytes.
void put_behind(CallText& text, Bytes bytes, size_t size, const AttributeSet& set, const MessageContext& context) {
  if (bytes.size() <= NLMSG_ALIGN(size)) return;
  text.put(", ");
  put_attributes(text, bytes.subspan(NLMSG_ALIGN(size)), set, context);
}

void put_group_entry(CallText& text, const br_mdb_entry& entry, Bytes address) {
  text.put("{ifindex=");
  put_value(text, std::as_bytes(std::span(&entry.ifindex, 1)), kInterface);
  text.put(", state=");
  text.enumeration(kGroupStates, entry.state);
  text.put(", flags=");
  text.flags(kGroupFlags, entry.flags);
  text.print(", vid={}, addr={{", static_cast<unsigned>(entry.vid));
  const uint16_t family = ntohs(entry.addr.proto);
  put_internet_field(text, address, static_cast<uint8_t>(family < 256 ? family : 0), "u");
  text.put(", proto=htons(");
  text.enumeration(kFamilies, family);
  text.put(")}}");
}

bool put_group(CallText& text, Bytes bytes, Bytes, const MessageContext& context) {
  const Bytes own = bytes.first(sizeof(br_mdb_entry));
  if (!put_unreadable(text, own, context)) {
    br_mdb_entry entry{};
    std::memcpy(&entry, own.data(), sizeof entry);
    put_group_entry(text, entry, own.subspan(offsetof(br_mdb_entry, addr.u), sizeof entry.addr.u));
  }
  put_behind(text, bytes, sizeof(br_mdb_entry), kDetailSet, context);
  return true;
}

constexpr AttributeRule kEntryRules[] = {{MDBA_MDB_ENTRY_INFO, shown_by(put_group, sizeof(br_mdb_entry))}};
constexpr AttributeSet kEntrySet{&kGroupEntryAttributes, kEntryRules, {}};
constexpr AttributeRule kGroupsRules[] = {{MDBA_MDB_ENTRY, nested(kEntrySet)}};
constexpr AttributeSet kGroupsSet{&kGroupAttributes, kGroupsRules, {}};

constexpr AttributeRule kRouterPortRules[] = {
    {MDBA_ROUTER_PATTR_TIMER, kTicks},
    {MDBA_ROUTER_PATTR_TYPE, one_of(kRouterTypes, 1)},
    {MDBA_ROUTER_PATTR_INET_TIMER, kTicks},
    {MDBA_ROUTER_PATTR_INET6_TIMER, kTicks},
};
constexpr AttributeSet kRouterPortSet{&kRouterPortAttributes, kRouterPortRules, {}};

bool put_router_port(CallText& text, Bytes bytes, Bytes, const MessageContext& context) {
  put_value(text, bytes.first(sizeof(uint32_t)), kInterface, context);
  put_behind(text, bytes, sizeof(uint32_t), kRouterPortSet, context);
  return true;
}

constexpr AttributeRule kRouterRules[] = {{MDBA_ROUTER_PORT, shown_by(put_router_port, sizeof(uint32_t))}};
constexpr AttributeSet kRouterSet{&kRouterAttributes, kRouterRules, {}};

constexpr Field kBridgeHeaderFields[] = {POLYTAP_FIELD(br_port_msg, family, kFamily),
                                         POLYTAP_FIELD(br_port_msg, ifindex, kInterface)};
constexpr Structure kBridgeHeader{kBridgeHeaderFields, sizeof(br_port_msg)};
constexpr AttributeRule kBridgeRules[] = {{MDBA_MDB, nested(kGroupsSet)}, {MDBA_ROUTER, nested(kRouterSet)}};
constexpr AttributeSet kBridgeSet{&kBridgeAttributes, kBridgeRules, {}};

}  // namespace

const MessageLayout kTrafficLayout{&kTrafficHeader, &kTrafficSet};
const MessageLayout kTrafficActionLayout{&kActionHeader, &kActionSet};
const MessageLayout kGroupLayout{&kBridgeHeader, &kBridgeSet};

}  // namespace polytap
