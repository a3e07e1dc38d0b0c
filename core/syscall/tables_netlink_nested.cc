// Names of what is nested in rtnetlink's other messages.
#include "core/syscall/tables_netlink_nested.h"

#include <linux/dcbnl.h>
#include <linux/gen_stats.h>
#include <linux/if_addr.h>
#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/lwtunnel.h>
#include <linux/mroute.h>
#include <linux/mroute6.h>
#include <linux/neighbour.h>
#include <linux/nexthop.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>

#include "core/syscall/named_constant.h"

namespace polytap {

// clang-format off
static constexpr Constant kNextHopFlagsConstants[] = {
    NAMED(RTNH_F_DEAD), NAMED(RTNH_F_PERVASIVE), NAMED(RTNH_F_ONLINK), NAMED(RTNH_F_OFFLOAD),
    NAMED(RTNH_F_LINKDOWN), NAMED(RTNH_F_UNRESOLVED), NAMED(RTNH_F_TRAP),
};
const ConstantTable kNextHopFlags{kNextHopFlagsConstants, "RTNH_F_?" "?" "?"};

static constexpr Constant kEncapsulationsConstants[] = {
    NAMED(LWTUNNEL_ENCAP_NONE), NAMED(LWTUNNEL_ENCAP_MPLS), NAMED(LWTUNNEL_ENCAP_IP), NAMED(LWTUNNEL_ENCAP_ILA),
    NAMED(LWTUNNEL_ENCAP_IP6), NAMED(LWTUNNEL_ENCAP_SEG6), NAMED(LWTUNNEL_ENCAP_BPF),
    NAMED(LWTUNNEL_ENCAP_SEG6_LOCAL), NAMED(LWTUNNEL_ENCAP_RPL), NAMED(LWTUNNEL_ENCAP_IOAM6),
    NAMED(LWTUNNEL_ENCAP_XFRM),
};
const ConstantTable kEncapsulations{kEncapsulationsConstants, "LWTUNNEL_ENCAP_?" "?" "?"};

static constexpr Constant kAddressProtocolsConstants[] = {
    NAMED(IFAPROT_UNSPEC), NAMED(IFAPROT_KERNEL_LO), NAMED(IFAPROT_KERNEL_RA), NAMED(IFAPROT_KERNEL_LL),
};
const ConstantTable kAddressProtocols{kAddressProtocolsConstants, "IFAPROT_?" "?" "?"};

static constexpr Constant kForwardingAttributesConstants[] = {
    NAMED(NFEA_UNSPEC), NAMED(NFEA_ACTIVITY_NOTIFY), NAMED(NFEA_DONT_REFRESH),
};
const ConstantTable kForwardingAttributes{kForwardingAttributesConstants, "NFEA_?" "?" "?"};

static constexpr Constant kForwardingNoticesConstants[] = {
    NAMED(FDB_NOTIFY_BIT), NAMED(FDB_NOTIFY_INACTIVE_BIT),
};
const ConstantTable kForwardingNotices{kForwardingNoticesConstants, "FDB_NOTIFY_?" "?" "?"};

static constexpr Constant kNeighborExtFlagsConstants[] = {
    NAMED(NTF_EXT_MANAGED),
};
const ConstantTable kNeighborExtFlags{kNeighborExtFlagsConstants, "NTF_EXT_?" "?" "?"};

static constexpr Constant kTableParametersConstants[] = {
    NAMED(NDTPA_UNSPEC), NAMED(NDTPA_IFINDEX), NAMED(NDTPA_REFCNT), NAMED(NDTPA_REACHABLE_TIME),
    NAMED(NDTPA_BASE_REACHABLE_TIME), NAMED(NDTPA_RETRANS_TIME), NAMED(NDTPA_GC_STALETIME),
    NAMED(NDTPA_DELAY_PROBE_TIME), NAMED(NDTPA_QUEUE_LEN), NAMED(NDTPA_APP_PROBES), NAMED(NDTPA_UCAST_PROBES),
    NAMED(NDTPA_MCAST_PROBES), NAMED(NDTPA_ANYCAST_DELAY), NAMED(NDTPA_PROXY_DELAY), NAMED(NDTPA_PROXY_QLEN),
    NAMED(NDTPA_LOCKTIME), NAMED(NDTPA_QUEUE_LENBYTES), NAMED(NDTPA_MCAST_REPROBES), NAMED(NDTPA_PAD),
    NAMED(NDTPA_INTERVAL_PROBE_TIME_MS),
};
const ConstantTable kTableParameters{kTableParametersConstants, "NDTPA_?" "?" "?"};

static constexpr Constant kControlStatisticsConstants[] = {
    NAMED(TCA_STATS_UNSPEC), NAMED(TCA_STATS_BASIC), NAMED(TCA_STATS_RATE_EST), NAMED(TCA_STATS_QUEUE),
    NAMED(TCA_STATS_APP), NAMED(TCA_STATS_RATE_EST64), NAMED(TCA_STATS_PAD), NAMED(TCA_STATS_BASIC_HW),
    NAMED(TCA_STATS_PKT64),
};
const ConstantTable kControlStatistics{kControlStatisticsConstants, "TCA_STATS_?" "?" "?"};

static constexpr Constant kSizeTablesConstants[] = {
    NAMED(TCA_STAB_UNSPEC), NAMED(TCA_STAB_BASE), NAMED(TCA_STAB_DATA),
};
const ConstantTable kSizeTables{kSizeTablesConstants, "TCA_STAB_?" "?" "?"};

static constexpr Constant kActionAttributesConstants[] = {
    NAMED(TCA_ACT_UNSPEC), NAMED(TCA_ACT_KIND), NAMED(TCA_ACT_OPTIONS), NAMED(TCA_ACT_INDEX), NAMED(TCA_ACT_STATS),
    NAMED(TCA_ACT_PAD), NAMED(TCA_ACT_COOKIE), NAMED(TCA_ACT_FLAGS), NAMED(TCA_ACT_HW_STATS),
    NAMED(TCA_ACT_USED_HW_STATS), NAMED(TCA_ACT_IN_HW_COUNT),
};
const ConstantTable kActionAttributes{kActionAttributesConstants, "TCA_ACT_?" "?" "?"};

static constexpr Constant kActionFlagsConstants[] = {
    NAMED(TCA_ACT_FLAGS_NO_PERCPU_STATS), NAMED(TCA_ACT_FLAGS_SKIP_HW), NAMED(TCA_ACT_FLAGS_SKIP_SW),
};
const ConstantTable kActionFlags{kActionFlagsConstants, "TCA_ACT_FLAGS_?" "?" "?"};

static constexpr Constant kActionCountersConstants[] = {
    NAMED(TCA_ACT_HW_STATS_IMMEDIATE), NAMED(TCA_ACT_HW_STATS_DELAYED),
};
const ConstantTable kActionCounters{kActionCountersConstants, "TCA_ACT_HW_STATS_?" "?" "?"};

static constexpr Constant kDcbCommandsConstants[] = {
    NAMED(DCB_CMD_UNDEFINED), NAMED(DCB_CMD_GSTATE), NAMED(DCB_CMD_SSTATE), NAMED(DCB_CMD_PGTX_GCFG),
    NAMED(DCB_CMD_PGTX_SCFG), NAMED(DCB_CMD_PGRX_GCFG), NAMED(DCB_CMD_PGRX_SCFG), NAMED(DCB_CMD_PFC_GCFG),
    NAMED(DCB_CMD_PFC_SCFG), NAMED(DCB_CMD_SET_ALL), NAMED(DCB_CMD_GPERM_HWADDR), NAMED(DCB_CMD_GCAP),
    NAMED(DCB_CMD_GNUMTCS), NAMED(DCB_CMD_SNUMTCS), NAMED(DCB_CMD_PFC_GSTATE), NAMED(DCB_CMD_PFC_SSTATE),
    NAMED(DCB_CMD_BCN_GCFG), NAMED(DCB_CMD_BCN_SCFG), NAMED(DCB_CMD_GAPP), NAMED(DCB_CMD_SAPP),
    NAMED(DCB_CMD_IEEE_SET), NAMED(DCB_CMD_IEEE_GET), NAMED(DCB_CMD_GDCBX), NAMED(DCB_CMD_SDCBX),
    NAMED(DCB_CMD_GFEATCFG), NAMED(DCB_CMD_SFEATCFG), NAMED(DCB_CMD_CEE_GET), NAMED(DCB_CMD_IEEE_DEL),
};
const ConstantTable kDcbCommands{kDcbCommandsConstants, "DCB_CMD_?" "?" "?"};

static constexpr Constant kDcbAttributesConstants[] = {
    NAMED(DCB_ATTR_UNDEFINED), NAMED(DCB_ATTR_IFNAME), NAMED(DCB_ATTR_STATE), NAMED(DCB_ATTR_PFC_STATE),
    NAMED(DCB_ATTR_PFC_CFG), NAMED(DCB_ATTR_NUM_TC), NAMED(DCB_ATTR_PG_CFG), NAMED(DCB_ATTR_SET_ALL),
    NAMED(DCB_ATTR_PERM_HWADDR), NAMED(DCB_ATTR_CAP), NAMED(DCB_ATTR_NUMTCS), NAMED(DCB_ATTR_BCN),
    NAMED(DCB_ATTR_APP), NAMED(DCB_ATTR_IEEE), NAMED(DCB_ATTR_DCBX), NAMED(DCB_ATTR_FEATCFG), NAMED(DCB_ATTR_CEE),
};
const ConstantTable kDcbAttributes{kDcbAttributesConstants, "DCB_ATTR_?" "?" "?"};

static constexpr Constant kGroupAttributesConstants[] = {
    NAMED(MDBA_MDB_UNSPEC), NAMED(MDBA_MDB_ENTRY),
};
const ConstantTable kGroupAttributes{kGroupAttributesConstants, "MDBA_MDB_?" "?" "?"};

static constexpr Constant kGroupEntryAttributesConstants[] = {
    NAMED(MDBA_MDB_ENTRY_UNSPEC), NAMED(MDBA_MDB_ENTRY_INFO),
};
const ConstantTable kGroupEntryAttributes{kGroupEntryAttributesConstants, "MDBA_MDB_ENTRY_?" "?" "?"};

static constexpr Constant kGroupDetailsConstants[] = {
    NAMED(MDBA_MDB_EATTR_UNSPEC), NAMED(MDBA_MDB_EATTR_TIMER), NAMED(MDBA_MDB_EATTR_SRC_LIST),
    NAMED(MDBA_MDB_EATTR_GROUP_MODE), NAMED(MDBA_MDB_EATTR_SOURCE), NAMED(MDBA_MDB_EATTR_RTPROT),
};
const ConstantTable kGroupDetails{kGroupDetailsConstants, "MDBA_MDB_EATTR_?" "?" "?"};

static constexpr Constant kGroupStatesConstants[] = {
    NAMED(MDB_TEMPORARY), NAMED(MDB_PERMANENT),
};
const ConstantTable kGroupStates{kGroupStatesConstants, "MDB_?" "?" "?"};

static constexpr Constant kGroupFlagsConstants[] = {
    NAMED(MDB_FLAGS_OFFLOAD), NAMED(MDB_FLAGS_FAST_LEAVE), NAMED(MDB_FLAGS_STAR_EXCL), NAMED(MDB_FLAGS_BLOCKED),
};
const ConstantTable kGroupFlags{kGroupFlagsConstants, "MDB_FLAGS_?" "?" "?"};

static constexpr Constant kRouterAttributesConstants[] = {
    NAMED(MDBA_ROUTER_UNSPEC), NAMED(MDBA_ROUTER_PORT),
};
const ConstantTable kRouterAttributes{kRouterAttributesConstants, "MDBA_ROUTER_?" "?" "?"};

static constexpr Constant kRouterPortAttributesConstants[] = {
    NAMED(MDBA_ROUTER_PATTR_UNSPEC), NAMED(MDBA_ROUTER_PATTR_TIMER), NAMED(MDBA_ROUTER_PATTR_TYPE),
    NAMED(MDBA_ROUTER_PATTR_INET_TIMER), NAMED(MDBA_ROUTER_PATTR_INET6_TIMER), NAMED(MDBA_ROUTER_PATTR_VID),
};
const ConstantTable kRouterPortAttributes{kRouterPortAttributesConstants, "MDBA_ROUTER_PATTR_?" "?" "?"};

static constexpr Constant kReportFamiliesConstants[] = {
    {"RTNL_FAMILY_IPMR", RTNL_FAMILY_IPMR}, {"RTNL_FAMILY_IP6MR", RTNL_FAMILY_IP6MR},
};
const ConstantTable kReportFamilies{kReportFamiliesConstants, "RTNL_FAMILY_?" "?" "?"};

static constexpr Constant kReportAttributesConstants[] = {
    NAMED(IPMRA_CREPORT_UNSPEC), NAMED(IPMRA_CREPORT_MSGTYPE), NAMED(IPMRA_CREPORT_VIF_ID),
    NAMED(IPMRA_CREPORT_SRC_ADDR), NAMED(IPMRA_CREPORT_DST_ADDR), NAMED(IPMRA_CREPORT_PKT),
    NAMED(IPMRA_CREPORT_TABLE),
};
const ConstantTable kReportAttributes{kReportAttributesConstants, "IPMRA_CREPORT_?" "?" "?"};

static constexpr Constant kReport6AttributesConstants[] = {
    NAMED(IP6MRA_CREPORT_UNSPEC), NAMED(IP6MRA_CREPORT_MSGTYPE), NAMED(IP6MRA_CREPORT_MIF_ID),
    NAMED(IP6MRA_CREPORT_SRC_ADDR), NAMED(IP6MRA_CREPORT_DST_ADDR), NAMED(IP6MRA_CREPORT_PKT),
};
const ConstantTable kReport6Attributes{kReport6AttributesConstants, "IP6MRA_CREPORT_?" "?" "?"};

static constexpr Constant kReportTypesConstants[] = {
    NAMED(IGMPMSG_NOCACHE), NAMED(IGMPMSG_WRONGVIF), NAMED(IGMPMSG_WHOLEPKT), NAMED(IGMPMSG_WRVIFWHOLE),
};
const ConstantTable kReportTypes{kReportTypesConstants, "IGMPMSG_?" "?" "?"};

static constexpr Constant kReport6TypesConstants[] = {
    NAMED(MRT6MSG_NOCACHE), NAMED(MRT6MSG_WRONGMIF), NAMED(MRT6MSG_WHOLEPKT), NAMED(MRT6MSG_WRMIFWHOLE),
};
const ConstantTable kReport6Types{kReport6TypesConstants, "MRT6MSG_?" "?" "?"};

static constexpr Constant kHopAttributesConstants[] = {
    NAMED(NHA_UNSPEC), NAMED(NHA_ID), NAMED(NHA_GROUP), NAMED(NHA_GROUP_TYPE), NAMED(NHA_BLACKHOLE),
    NAMED(NHA_OIF), NAMED(NHA_GATEWAY), NAMED(NHA_ENCAP_TYPE), NAMED(NHA_ENCAP), NAMED(NHA_GROUPS),
    NAMED(NHA_MASTER), NAMED(NHA_FDB), NAMED(NHA_RES_GROUP), NAMED(NHA_RES_BUCKET),
};
const ConstantTable kHopAttributes{kHopAttributesConstants, "NHA_?" "?" "?"};

static constexpr Constant kHopGroupTypesConstants[] = {
    NAMED(NEXTHOP_GRP_TYPE_MPATH), NAMED(NEXTHOP_GRP_TYPE_RES),
};
const ConstantTable kHopGroupTypes{kHopGroupTypesConstants, "NEXTHOP_GRP_TYPE_?" "?" "?"};

static constexpr Constant kHopGroupAttributesConstants[] = {
    NAMED(NHA_RES_GROUP_PAD), NAMED(NHA_RES_GROUP_BUCKETS), NAMED(NHA_RES_GROUP_IDLE_TIMER),
    NAMED(NHA_RES_GROUP_UNBALANCED_TIMER), NAMED(NHA_RES_GROUP_UNBALANCED_TIME),
};
const ConstantTable kHopGroupAttributes{kHopGroupAttributesConstants, "NHA_RES_GROUP_?" "?" "?"};

static constexpr Constant kHopBucketAttributesConstants[] = {
    NAMED(NHA_RES_BUCKET_PAD), NAMED(NHA_RES_BUCKET_INDEX), NAMED(NHA_RES_BUCKET_IDLE_TIME),
    NAMED(NHA_RES_BUCKET_NH_ID),
};
const ConstantTable kHopBucketAttributes{kHopBucketAttributesConstants, "NHA_RES_BUCKET_?" "?" "?"};

static constexpr Constant kStatisticsAttributesConstants[] = {
    NAMED(IFLA_STATS_UNSPEC), NAMED(IFLA_STATS_LINK_64), NAMED(IFLA_STATS_LINK_XSTATS),
    NAMED(IFLA_STATS_LINK_XSTATS_SLAVE), NAMED(IFLA_STATS_LINK_OFFLOAD_XSTATS), NAMED(IFLA_STATS_AF_SPEC),
};
const ConstantTable kStatisticsAttributes{kStatisticsAttributesConstants, "IFLA_STATS_?" "?" "?"};

static constexpr Constant kStatisticsBitsConstants[] = {
    {"1<<IFLA_STATS_UNSPEC", 1U << IFLA_STATS_UNSPEC}, {"1<<IFLA_STATS_LINK_64", 1U << IFLA_STATS_LINK_64},
    {"1<<IFLA_STATS_LINK_XSTATS", 1U << IFLA_STATS_LINK_XSTATS},
    {"1<<IFLA_STATS_LINK_XSTATS_SLAVE", 1U << IFLA_STATS_LINK_XSTATS_SLAVE},
    {"1<<IFLA_STATS_LINK_OFFLOAD_XSTATS", 1U << IFLA_STATS_LINK_OFFLOAD_XSTATS},
    {"1<<IFLA_STATS_AF_SPEC", 1U << IFLA_STATS_AF_SPEC},
};
const ConstantTable kStatisticsBits{kStatisticsBitsConstants, "IFLA_STATS_?" "?" "?"};

static constexpr Constant kXstatsTypesConstants[] = {
    NAMED(LINK_XSTATS_TYPE_UNSPEC), NAMED(LINK_XSTATS_TYPE_BRIDGE), NAMED(LINK_XSTATS_TYPE_BOND),
};
const ConstantTable kXstatsTypes{kXstatsTypesConstants, "LINK_XSTATS_TYPE_?" "?" "?"};

static constexpr Constant kOffloadAttributesConstants[] = {
    NAMED(IFLA_OFFLOAD_XSTATS_UNSPEC), NAMED(IFLA_OFFLOAD_XSTATS_CPU_HIT), NAMED(IFLA_OFFLOAD_XSTATS_HW_S_INFO),
    NAMED(IFLA_OFFLOAD_XSTATS_L3_STATS),
};
const ConstantTable kOffloadAttributes{kOffloadAttributesConstants, "IFLA_OFFLOAD_XSTATS_?" "?" "?"};

static constexpr Constant kRouterTypesConstants[] = {
    NAMED(MDB_RTR_TYPE_DISABLED), NAMED(MDB_RTR_TYPE_TEMP_QUERY), NAMED(MDB_RTR_TYPE_PERM),
    NAMED(MDB_RTR_TYPE_TEMP),
};
const ConstantTable kRouterTypes{kRouterTypesConstants, "MDB_RTR_TYPE_?" "?" "?"};
// clang-format on

}  // namespace polytap
