// Names of what is in sock_diag's messages, beyond the plain attributes, and of crypto's.
#include "core/syscall/tables_netlink_diag.h"

#include <linux/cryptouser.h>
#include <linux/if_packet.h>
#include <linux/inet_diag.h>
#include <linux/mptcp.h>
#include <linux/netlink_diag.h>
#include <linux/packet_diag.h>
#include <linux/smc_diag.h>
#include <linux/sock_diag.h>
#include <linux/tls.h>

#include "core/syscall/named_constant.h"

namespace polytap {

// clang-format off
static constexpr Constant kConditionCodesConstants[] = {
    NAMED(INET_DIAG_BC_NOP), NAMED(INET_DIAG_BC_JMP), NAMED(INET_DIAG_BC_S_GE), NAMED(INET_DIAG_BC_S_LE),
    NAMED(INET_DIAG_BC_D_GE), NAMED(INET_DIAG_BC_D_LE), NAMED(INET_DIAG_BC_AUTO), NAMED(INET_DIAG_BC_S_COND),
    NAMED(INET_DIAG_BC_D_COND), NAMED(INET_DIAG_BC_DEV_COND), NAMED(INET_DIAG_BC_MARK_COND),
    NAMED(INET_DIAG_BC_S_EQ), NAMED(INET_DIAG_BC_D_EQ), NAMED(INET_DIAG_BC_CGROUP_COND),
};
const ConstantTable kConditionCodes{kConditionCodesConstants, "INET_DIAG_BC_?" "?" "?"};

static constexpr Constant kDiagShutdownConstants[] = {
    {"RCV_SHUTDOWN", 1}, {"SEND_SHUTDOWN", 2},
};
const ConstantTable kDiagShutdown{kDiagShutdownConstants, "?" "?" "?_SHUTDOWN"};

static constexpr Constant kUlpAttributesConstants[] = {
    NAMED(INET_ULP_INFO_UNSPEC), NAMED(INET_ULP_INFO_NAME), NAMED(INET_ULP_INFO_TLS), NAMED(INET_ULP_INFO_MPTCP),
};
const ConstantTable kUlpAttributes{kUlpAttributesConstants, "INET_ULP_INFO_?" "?" "?"};

static constexpr Constant kTlsAttributesConstants[] = {
    NAMED(TLS_INFO_UNSPEC), NAMED(TLS_INFO_VERSION), NAMED(TLS_INFO_CIPHER), NAMED(TLS_INFO_TXCONF),
    NAMED(TLS_INFO_RXCONF), NAMED(TLS_INFO_ZC_RO_TX), NAMED(TLS_INFO_RX_NO_PAD),
};
const ConstantTable kTlsAttributes{kTlsAttributesConstants, "TLS_INFO_?" "?" "?"};

static constexpr Constant kTlsVersionsConstants[] = {
    {"TLS_1_2_VERSION", TLS_1_2_VERSION}, {"TLS_1_3_VERSION", TLS_1_3_VERSION},
};
const ConstantTable kTlsVersions{kTlsVersionsConstants, "TLS_?" "?" "?_VERSION"};

static constexpr Constant kTlsCiphersConstants[] = {
    NAMED(TLS_CIPHER_AES_GCM_128), NAMED(TLS_CIPHER_AES_GCM_256), NAMED(TLS_CIPHER_AES_CCM_128),
    NAMED(TLS_CIPHER_CHACHA20_POLY1305), NAMED(TLS_CIPHER_SM4_GCM), NAMED(TLS_CIPHER_SM4_CCM),
    NAMED(TLS_CIPHER_ARIA_GCM_128), NAMED(TLS_CIPHER_ARIA_GCM_256),
};
const ConstantTable kTlsCiphers{kTlsCiphersConstants, "TLS_CIPHER_?" "?" "?"};

static constexpr Constant kTlsConfigurationsConstants[] = {
    NAMED(TLS_CONF_BASE), NAMED(TLS_CONF_SW), NAMED(TLS_CONF_HW), NAMED(TLS_CONF_HW_RECORD),
};
const ConstantTable kTlsConfigurations{kTlsConfigurationsConstants, "TLS_CONF_?" "?" "?"};

static constexpr Constant kSubflowAttributesConstants[] = {
    NAMED(MPTCP_SUBFLOW_ATTR_UNSPEC), NAMED(MPTCP_SUBFLOW_ATTR_TOKEN_REM), NAMED(MPTCP_SUBFLOW_ATTR_TOKEN_LOC),
    NAMED(MPTCP_SUBFLOW_ATTR_RELWRITE_SEQ), NAMED(MPTCP_SUBFLOW_ATTR_MAP_SEQ), NAMED(MPTCP_SUBFLOW_ATTR_MAP_SFSEQ),
    NAMED(MPTCP_SUBFLOW_ATTR_SSN_OFFSET), NAMED(MPTCP_SUBFLOW_ATTR_MAP_DATALEN), NAMED(MPTCP_SUBFLOW_ATTR_FLAGS),
    NAMED(MPTCP_SUBFLOW_ATTR_ID_REM), NAMED(MPTCP_SUBFLOW_ATTR_ID_LOC), NAMED(MPTCP_SUBFLOW_ATTR_PAD),
};
const ConstantTable kSubflowAttributes{kSubflowAttributesConstants, "MPTCP_SUBFLOW_ATTR_?" "?" "?"};

static constexpr Constant kSubflowFlagsConstants[] = {
    NAMED(MPTCP_SUBFLOW_FLAG_MCAP_REM), NAMED(MPTCP_SUBFLOW_FLAG_MCAP_LOC), NAMED(MPTCP_SUBFLOW_FLAG_JOIN_REM),
    NAMED(MPTCP_SUBFLOW_FLAG_JOIN_LOC), NAMED(MPTCP_SUBFLOW_FLAG_BKUP_REM), NAMED(MPTCP_SUBFLOW_FLAG_BKUP_LOC),
    NAMED(MPTCP_SUBFLOW_FLAG_FULLY_ESTABLISHED), NAMED(MPTCP_SUBFLOW_FLAG_CONNECTED),
    NAMED(MPTCP_SUBFLOW_FLAG_MAPVALID),
};
const ConstantTable kSubflowFlags{kSubflowFlagsConstants, "MPTCP_SUBFLOW_FLAG_?" "?" "?"};

static constexpr Constant kNetlinkSocketFlagsConstants[] = {
    NAMED(NDIAG_FLAG_CB_RUNNING), NAMED(NDIAG_FLAG_PKTINFO), NAMED(NDIAG_FLAG_BROADCAST_ERROR),
    NAMED(NDIAG_FLAG_NO_ENOBUFS), NAMED(NDIAG_FLAG_LISTEN_ALL_NSID), NAMED(NDIAG_FLAG_CAP_ACK),
};
const ConstantTable kNetlinkSocketFlags{kNetlinkSocketFlagsConstants, "NDIAG_FLAG_?" "?" "?"};

static constexpr Constant kNetlinkStatesConstants[] = {
    {"NETLINK_UNCONNECTED", 0}, {"NETLINK_CONNECTED", 1}, {"TCP_CLOSE", 7},
};
const ConstantTable kNetlinkStates{kNetlinkStatesConstants, "NETLINK_?" "?" "?"};

static constexpr Constant kPacketShowConstants[] = {
    NAMED(PACKET_SHOW_INFO), NAMED(PACKET_SHOW_MCLIST), NAMED(PACKET_SHOW_RING_CFG), NAMED(PACKET_SHOW_FANOUT),
    NAMED(PACKET_SHOW_MEMINFO), NAMED(PACKET_SHOW_FILTER),
};
const ConstantTable kPacketShow{kPacketShowConstants, "PACKET_SHOW_?" "?" "?"};

static constexpr Constant kPacketAttributesConstants[] = {
    NAMED(PACKET_DIAG_INFO), NAMED(PACKET_DIAG_MCLIST), NAMED(PACKET_DIAG_RX_RING), NAMED(PACKET_DIAG_TX_RING),
    NAMED(PACKET_DIAG_FANOUT), NAMED(PACKET_DIAG_UID), NAMED(PACKET_DIAG_MEMINFO), NAMED(PACKET_DIAG_FILTER),
};
const ConstantTable kPacketAttributes{kPacketAttributesConstants, "PACKET_DIAG_?" "?" "?"};

static constexpr Constant kPacketVersionsConstants[] = {
    NAMED(TPACKET_V1), NAMED(TPACKET_V2), NAMED(TPACKET_V3),
};
const ConstantTable kPacketVersions{kPacketVersionsConstants, "TPACKET_?" "?" "?"};

static constexpr Constant kPacketFlagsConstants[] = {
    NAMED(PDI_RUNNING), NAMED(PDI_AUXDATA), NAMED(PDI_ORIGDEV), NAMED(PDI_VNETHDR), NAMED(PDI_LOSS),
};
const ConstantTable kPacketFlags{kPacketFlagsConstants, "PDI_?" "?" "?"};

static constexpr Constant kSmcAttributesConstants[] = {
    NAMED(SMC_DIAG_NONE), NAMED(SMC_DIAG_CONNINFO), NAMED(SMC_DIAG_LGRINFO), NAMED(SMC_DIAG_SHUTDOWN),
    NAMED(SMC_DIAG_DMBINFO), NAMED(SMC_DIAG_FALLBACK),
};
const ConstantTable kSmcAttributes{kSmcAttributesConstants, "SMC_DIAG_?" "?" "?"};

static constexpr Constant kSmcModesConstants[] = {
    NAMED(SMC_DIAG_MODE_SMCR), NAMED(SMC_DIAG_MODE_FALLBACK_TCP), NAMED(SMC_DIAG_MODE_SMCD),
};
const ConstantTable kSmcModes{kSmcModesConstants, "SMC_DIAG_MODE_?" "?" "?"};

static constexpr Constant kSmcExtensionsConstants[] = {
    {"1<<(SMC_DIAG_CONNINFO-1)", 1U << (SMC_DIAG_CONNINFO - 1)},
    {"1<<(SMC_DIAG_LGRINFO-1)", 1U << (SMC_DIAG_LGRINFO - 1)},
    {"1<<(SMC_DIAG_SHUTDOWN-1)", 1U << (SMC_DIAG_SHUTDOWN - 1)},
    {"1<<(SMC_DIAG_DMBINFO-1)", 1U << (SMC_DIAG_DMBINFO - 1)},
    {"1<<(SMC_DIAG_FALLBACK-1)", 1U << (SMC_DIAG_FALLBACK - 1)},
};
const ConstantTable kSmcExtensions{kSmcExtensionsConstants, "1<<SMC_DIAG_?" "?" "?-1"};

static constexpr Constant kSmcStatesConstants[] = {
    {"SMC_ACTIVE", 1}, {"SMC_INIT", 2}, {"SMC_CLOSED", 7}, {"SMC_LISTEN", 10}, {"SMC_PEERCLOSEWAIT1", 20},
    {"SMC_PEERCLOSEWAIT2", 21}, {"SMC_APPFINCLOSEWAIT", 24}, {"SMC_APPCLOSEWAIT1", 22}, {"SMC_APPCLOSEWAIT2", 23},
    {"SMC_PEERFINCLOSEWAIT", 25}, {"SMC_PEERABORTWAIT", 26}, {"SMC_PROCESSABORT", 27},
};
const ConstantTable kSmcStates{kSmcStatesConstants, "SMC_?" "?" "?"};

static constexpr Constant kSmcRolesConstants[] = {
    {"SMC_CLNT", 0}, {"SMC_SERV", 1},
};
const ConstantTable kSmcRoles{kSmcRolesConstants, "SMC_?" "?" "?"};

static constexpr Constant kSmcDeclinesConstants[] = {
    {"SMC_CLC_DECL_MEM", 16842752}, {"SMC_CLC_DECL_TIMEOUT_CL", 33619968}, {"SMC_CLC_DECL_TIMEOUT_AL", 33685504},
    {"SMC_CLC_DECL_CNFERR", 50331648}, {"SMC_CLC_DECL_PEERNOSMC", 50397184}, {"SMC_CLC_DECL_IPSEC", 50462720},
    {"SMC_CLC_DECL_NOSMCDEV", 50528256}, {"SMC_CLC_DECL_NOSMCDDEV", 50528257},
    {"SMC_CLC_DECL_NOSMCRDEV", 50528258}, {"SMC_CLC_DECL_MODEUNSUPP", 50593792},
    {"SMC_CLC_DECL_RMBE_EC", 50659328}, {"SMC_CLC_DECL_OPTUNSUPP", 50724864}, {"SMC_CLC_DECL_SYNCERR", 67108864},
    {"SMC_CLC_DECL_PEERDECL", 83886080}, {"SMC_CLC_DECL_INTERR", 161021952}, {"SMC_CLC_DECL_ERR_RTOK", 161021953},
    {"SMC_CLC_DECL_ERR_RDYLNK", 161021954}, {"SMC_CLC_DECL_ERR_REGRMB", 161021955},
};
const ConstantTable kSmcDeclines{kSmcDeclinesConstants, "SMC_CLC_DECL_?" "?" "?"};

static constexpr Constant kStorageRepliesConstants[] = {
    {"SK_DIAG_BPF_STORAGE_REP_NONE", SK_DIAG_BPF_STORAGE_REP_NONE}, {"SK_DIAG_BPF_STORAGE", SK_DIAG_BPF_STORAGE},
};
const ConstantTable kStorageReplies{kStorageRepliesConstants, "SK_DIAG_BPF_STORAGE_?" "?" "?"};

static constexpr Constant kStorageAttributesConstants[] = {
    NAMED(SK_DIAG_BPF_STORAGE_NONE), NAMED(SK_DIAG_BPF_STORAGE_PAD), NAMED(SK_DIAG_BPF_STORAGE_MAP_ID),
    NAMED(SK_DIAG_BPF_STORAGE_MAP_VALUE),
};
const ConstantTable kStorageAttributes{kStorageAttributesConstants, "SK_DIAG_BPF_STORAGE_?" "?" "?"};

static constexpr Constant kCryptoAttributesConstants[] = {
    NAMED(CRYPTOCFGA_UNSPEC), NAMED(CRYPTOCFGA_PRIORITY_VAL), NAMED(CRYPTOCFGA_REPORT_LARVAL),
    NAMED(CRYPTOCFGA_REPORT_HASH), NAMED(CRYPTOCFGA_REPORT_BLKCIPHER), NAMED(CRYPTOCFGA_REPORT_AEAD),
    NAMED(CRYPTOCFGA_REPORT_COMPRESS), NAMED(CRYPTOCFGA_REPORT_RNG), NAMED(CRYPTOCFGA_REPORT_CIPHER),
    NAMED(CRYPTOCFGA_REPORT_AKCIPHER), NAMED(CRYPTOCFGA_REPORT_KPP), NAMED(CRYPTOCFGA_REPORT_ACOMP),
    NAMED(CRYPTOCFGA_STAT_LARVAL), NAMED(CRYPTOCFGA_STAT_HASH), NAMED(CRYPTOCFGA_STAT_BLKCIPHER),
    NAMED(CRYPTOCFGA_STAT_AEAD), NAMED(CRYPTOCFGA_STAT_COMPRESS), NAMED(CRYPTOCFGA_STAT_RNG),
    NAMED(CRYPTOCFGA_STAT_CIPHER), NAMED(CRYPTOCFGA_STAT_AKCIPHER), NAMED(CRYPTOCFGA_STAT_KPP),
    NAMED(CRYPTOCFGA_STAT_ACOMP),
};
const ConstantTable kCryptoAttributes{kCryptoAttributesConstants, "CRYPTOCFGA_?" "?" "?"};
// clang-format on

}  // namespace polytap
