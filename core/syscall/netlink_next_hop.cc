// rtnetlink(7): next hops as objects, and statistics of links.
#include <linux/if_link.h>
#include <linux/nexthop.h>

#include "core/syscall/netlink_kinds.h"
#include "core/syscall/netlink_link.h"
#include "core/syscall/tables_netlink.h"
#include "core/syscall/tables_netlink_nested.h"

namespace polytap {
namespace {

using Bytes = std::span<const std::byte>;
using namespace netlink_kinds;

void put_scope(CallText& text, Bytes own, Bytes) {
  const uint64_t scope = number_in(own);
  kRouteScopes.find(scope).empty() ? text.hex(scope) : text.enumeration(kRouteScopes, scope);
}
constexpr Field kNextHopFields[] = {
    POLYTAP_FIELD(nhmsg, nh_family, kFamily),
    POLYTAP_FIELD(nhmsg, nh_scope, printed_by(put_scope)),
    POLYTAP_FIELD(nhmsg, nh_protocol, one_of(kRouteProtocols)),
    POLYTAP_RESERVED_FIELD(nhmsg, resvd, kHex),
    POLYTAP_FIELD(nhmsg, nh_flags, flags_of(kNextHopFlags)),
};
constexpr Structure kNextHop{kNextHopFields, sizeof(nhmsg)};

constexpr Field kMemberFields[] = {
    POLYTAP_FIELD(nexthop_grp, id, kNumber),
    POLYTAP_FIELD(nexthop_grp, weight, kNumber),
    POLYTAP_RESERVED_FIELD(nexthop_grp, resvd1, kHex),
    POLYTAP_RESERVED_FIELD(nexthop_grp, resvd2, kHex),
};
constexpr Structure kMember{kMemberFields, sizeof(nexthop_grp)};
constexpr ValueKind kMemberKind = structure_of(kMember);

constexpr AttributeRule kGroupRules[] = {
    {NHA_RES_GROUP_BUCKETS, kUint16},
    {NHA_RES_GROUP_IDLE_TIMER, kTicks},
    {NHA_RES_GROUP_UNBALANCED_TIMER, kTicks},
    {NHA_RES_GROUP_UNBALANCED_TIME, kTicks},
};
constexpr AttributeSet kGroupSet{&kHopGroupAttributes, kGroupRules, {}};
constexpr AttributeRule kBucketRules[] = {
    {NHA_RES_BUCKET_INDEX, kUint16},
    {NHA_RES_BUCKET_IDLE_TIME, kTicks},
    {NHA_RES_BUCKET_NH_ID, kUint32},
};
constexpr AttributeSet kBucketSet{&kHopBucketAttributes, kBucketRules, {}};

constexpr AttributeRule kNextHopRules[] = {
    {NHA_ID, kUint32},
    {NHA_GROUP, array_of(kMemberKind, sizeof(nexthop_grp))},
    {NHA_GROUP_TYPE, one_of_word(kHopGroupTypes, 2)},
    {NHA_BLACKHOLE, kUint32},
    {NHA_OIF, kInterface},
    {NHA_GATEWAY, kInternet},
    {NHA_ENCAP_TYPE, one_of(kEncapsulations, 2)},
    {NHA_GROUPS, kUint32},
    {NHA_MASTER, kInterface},
    {NHA_FDB, kUint32},
    {NHA_RES_GROUP, nested(kGroupSet)},
    {NHA_RES_BUCKET, nested(kBucketSet)},
};
constexpr AttributeSet kNextHopSet{&kHopAttributes, kNextHopRules, {}};

// Statistics of links.
constexpr Field kStatisticsFields[] = {
    POLYTAP_FIELD(if_stats_msg, family, kFamily),
    POLYTAP_RESERVED_FIELD(if_stats_msg, pad1, kHex),
    POLYTAP_RESERVED_FIELD(if_stats_msg, pad2, kHex),
    POLYTAP_FIELD(if_stats_msg, ifindex, kInterface),
    POLYTAP_FIELD(if_stats_msg, filter_mask, flags_of(kStatisticsBits)),
};
constexpr Structure kStatistics{kStatisticsFields, sizeof(if_stats_msg)};
constexpr AttributeSet kXstatsSet{&kXstatsTypes, std::span<const AttributeRule>(), {}};
constexpr AttributeSet kOffloadSet{&kOffloadAttributes, std::span<const AttributeRule>(), {}};
constexpr AttributeSet kFamilySet{&kFamilies, std::span<const AttributeRule>(), {}};

constexpr AttributeRule kStatisticsRules[] = {
    {IFLA_STATS_LINK_64, shown_by(put_link_counters64)},
    {IFLA_STATS_LINK_XSTATS, nested(kXstatsSet)},
    {IFLA_STATS_LINK_XSTATS_SLAVE, nested(kXstatsSet)},
    {IFLA_STATS_LINK_OFFLOAD_XSTATS, nested(kOffloadSet)},
    {IFLA_STATS_AF_SPEC, nested(kFamilySet)},
};
constexpr AttributeSet kStatisticsSet{&kStatisticsAttributes, kStatisticsRules, {}};

}  // namespace

const MessageLayout kNextHopLayout{&kNextHop, &kNextHopSet};
const MessageLayout kStatisticsLayout{&kStatistics, &kStatisticsSet};

}  // namespace polytap
