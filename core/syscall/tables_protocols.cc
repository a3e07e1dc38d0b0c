#include "core/syscall/tables_protocols.h"

#include <linux/caif/caif_socket.h>
#include <linux/can.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <linux/if_xdp.h>
#include <linux/kcm.h>
#include <linux/mctp.h>
#include <linux/net.h>
#include <linux/nfc.h>
#include <linux/phonet.h>
#include <linux/vm_sockets.h>

#include "core/syscall/named_constant.h"

namespace polytap {

// clang-format off
static constexpr Constant kEtherTypesConstants[] = {
    NAMED(ETH_P_LOOP), NAMED(ETH_P_PUP), NAMED(ETH_P_PUPAT), NAMED(ETH_P_TSN), NAMED(ETH_P_ERSPAN2), NAMED(ETH_P_IP),
    NAMED(ETH_P_X25), NAMED(ETH_P_ARP), NAMED(ETH_P_BPQ), NAMED(ETH_P_IEEEPUP), NAMED(ETH_P_IEEEPUPAT),
    NAMED(ETH_P_BATMAN), NAMED(ETH_P_DEC), NAMED(ETH_P_DNA_DL), NAMED(ETH_P_DNA_RC), NAMED(ETH_P_DNA_RT),
    NAMED(ETH_P_LAT), NAMED(ETH_P_DIAG), NAMED(ETH_P_CUST), NAMED(ETH_P_SCA), NAMED(ETH_P_TEB), NAMED(ETH_P_RARP),
    NAMED(ETH_P_ATALK), NAMED(ETH_P_AARP), NAMED(ETH_P_8021Q), NAMED(ETH_P_ERSPAN), NAMED(ETH_P_IPX),
    NAMED(ETH_P_IPV6), NAMED(ETH_P_PAUSE), NAMED(ETH_P_SLOW), NAMED(ETH_P_WCCP), NAMED(ETH_P_MPLS_UC),
    NAMED(ETH_P_MPLS_MC), NAMED(ETH_P_ATMMPOA), NAMED(ETH_P_PPP_DISC), NAMED(ETH_P_PPP_SES), NAMED(ETH_P_LINK_CTL),
    NAMED(ETH_P_ATMFATE), NAMED(ETH_P_PAE), NAMED(ETH_P_PROFINET), NAMED(ETH_P_REALTEK), NAMED(ETH_P_AOE),
    NAMED(ETH_P_ETHERCAT), NAMED(ETH_P_8021AD), NAMED(ETH_P_802_EX1), NAMED(ETH_P_PREAUTH), NAMED(ETH_P_TIPC),
    NAMED(ETH_P_LLDP), NAMED(ETH_P_MRP), NAMED(ETH_P_MACSEC), NAMED(ETH_P_8021AH), NAMED(ETH_P_MVRP),
    NAMED(ETH_P_1588), NAMED(ETH_P_NCSI), NAMED(ETH_P_PRP), NAMED(ETH_P_CFM), NAMED(ETH_P_FCOE), NAMED(ETH_P_IBOE),
    NAMED(ETH_P_TDLS), NAMED(ETH_P_FIP), NAMED(ETH_P_80221), NAMED(ETH_P_HSR), NAMED(ETH_P_NSH),
    NAMED(ETH_P_LOOPBACK), NAMED(ETH_P_QINQ1), NAMED(ETH_P_QINQ2), NAMED(ETH_P_QINQ3), NAMED(ETH_P_EDSA),
    NAMED(ETH_P_DSA_8021Q), NAMED(ETH_P_DSA_A5PSW), NAMED(ETH_P_IFE), NAMED(ETH_P_AF_IUCV), NAMED(ETH_P_802_3_MIN),
    NAMED(ETH_P_802_3), NAMED(ETH_P_AX25), NAMED(ETH_P_ALL), NAMED(ETH_P_802_2), NAMED(ETH_P_SNAP),
    NAMED(ETH_P_DDCMP), NAMED(ETH_P_WAN_PPP), NAMED(ETH_P_PPP_MP), NAMED(ETH_P_LOCALTALK), NAMED(ETH_P_CAN),
    NAMED(ETH_P_CANFD), NAMED(ETH_P_CANXL), NAMED(ETH_P_PPPTALK), NAMED(ETH_P_TR_802_2), NAMED(ETH_P_MOBITEX),
    NAMED(ETH_P_CONTROL), NAMED(ETH_P_IRDA), NAMED(ETH_P_ECONET), NAMED(ETH_P_HDLC), NAMED(ETH_P_ARCNET),
    NAMED(ETH_P_DSA), NAMED(ETH_P_TRAILER), NAMED(ETH_P_PHONET), NAMED(ETH_P_IEEE802154), NAMED(ETH_P_CAIF),
    NAMED(ETH_P_XDSA), NAMED(ETH_P_MAP), NAMED(ETH_P_MCTP),
};
const ConstantTable kEtherTypes{kEtherTypesConstants, "ETH_P_?" "??"};

// netax25/ax25.h of libc lacks most of them: include/net/ax25.h of Linux.
static constexpr Constant kAx25ProtocolsConstants[] = {
    {"AX25_P_ROSE", 0x01}, {"AX25_P_VJCOMP", 0x06}, {"AX25_P_VJUNCOMP", 0x07}, {"AX25_P_SEGMENT", 0x08},
    {"AX25_P_TEXNET", 0xc3}, {"AX25_P_LQ", 0xc4}, {"AX25_P_ATALK", 0xca}, {"AX25_P_ATALK_ARP", 0xcb},
    {"AX25_P_IP", 0xcc}, {"AX25_P_ARP", 0xcd}, {"AX25_P_FLEXNET", 0xce}, {"AX25_P_NETROM", 0xcf},
    {"AX25_P_TEXT", 0xf0},
};
const ConstantTable kAx25Protocols{kAx25ProtocolsConstants, "AX25_P_?" "??"};

static constexpr Constant kCanProtocolsConstants[] = {
    NAMED(CAN_RAW), NAMED(CAN_BCM), NAMED(CAN_TP16), NAMED(CAN_TP20), NAMED(CAN_MCNET), NAMED(CAN_ISOTP),
    NAMED(CAN_J1939),
};
const ConstantTable kCanProtocols{kCanProtocolsConstants, "CAN_?" "??"};

// linux/irda.h went with Linux 4.17.
static constexpr Constant kIrdaProtocolsConstants[] = {{"IRDAPROTO_UNITDATA", 0}, {"IRDAPROTO_ULTRA", 1}};
const ConstantTable kIrdaProtocols{kIrdaProtocolsConstants, "IRDAPROTO_?" "??"};

// include/net/bluetooth/bluetooth.h of Linux.
static constexpr Constant kBluetoothProtocolsConstants[] = {
    {"BTPROTO_L2CAP", 0}, {"BTPROTO_HCI", 1}, {"BTPROTO_SCO", 2}, {"BTPROTO_RFCOMM", 3}, {"BTPROTO_BNEP", 4},
    {"BTPROTO_CMTP", 5}, {"BTPROTO_HIDP", 6}, {"BTPROTO_AVDTP", 7}, {"BTPROTO_ISO", 8},
};
const ConstantTable kBluetoothProtocols{kBluetoothProtocolsConstants, "BTPROTO_?" "??"};

static constexpr Constant kIsdnProtocolsConstants[] = {
    {"ISDN_P_BASE", 0}, {"ISDN_P_TE_S0", 1}, {"ISDN_P_NT_S0", 2}, {"ISDN_P_TE_E1", 3}, {"ISDN_P_NT_E1", 4},
    {"ISDN_P_TE_UP0", 5}, {"ISDN_P_NT_UP0", 6}, {"ISDN_P_LAPD_TE", 0x10}, {"ISDN_P_LAPD_NT", 0x11},
    {"ISDN_P_B_MASK", 0x1f}, {"ISDN_P_B_START", 0x20}, {"ISDN_P_B_RAW", 0x21}, {"ISDN_P_B_HDLC", 0x22},
    {"ISDN_P_B_X75SLP", 0x23}, {"ISDN_P_B_L2DTMF", 0x24}, {"ISDN_P_B_L2DSP", 0x25}, {"ISDN_P_B_L2DSPHDLC", 0x26},
};
const ConstantTable kIsdnProtocols{kIsdnProtocolsConstants, "ISDN_P_?" "??"};

static constexpr Constant kPhonetProtocolsConstants[] = {
    NAMED(PN_PROTO_TRANSPORT), NAMED(PN_PROTO_PHONET), NAMED(PN_PROTO_PIPE),
};
const ConstantTable kPhonetProtocols{kPhonetProtocolsConstants, "PN_PROTO_?" "??"};

static constexpr Constant kCaifProtocolsConstants[] = {
    NAMED(CAIFPROTO_AT), NAMED(CAIFPROTO_DATAGRAM), NAMED(CAIFPROTO_DATAGRAM_LOOP), NAMED(CAIFPROTO_UTIL),
    NAMED(CAIFPROTO_RFM), NAMED(CAIFPROTO_DEBUG),
};
const ConstantTable kCaifProtocols{kCaifProtocolsConstants, "CAIFPROTO_?" "??"};

static constexpr Constant kNfcSocketProtocolsConstants[] = {NAMED(NFC_SOCKPROTO_RAW), NAMED(NFC_SOCKPROTO_LLCP)};
const ConstantTable kNfcSocketProtocols{kNfcSocketProtocolsConstants, "NFC_SOCKPROTO_?" "??"};

static constexpr Constant kKcmProtocolsConstants[] = {NAMED(KCMPROTO_CONNECTED)};
const ConstantTable kKcmProtocols{kKcmProtocolsConstants, "KCMPROTO_?" "??"};

// net/smc/smc.h of Linux.
static constexpr Constant kSmcProtocolsConstants[] = {{"SMCPROTO_SMC", 0}, {"SMCPROTO_SMC6", 1}};
const ConstantTable kSmcProtocols{kSmcProtocolsConstants, "SMCPROTO_?" "??"};

static constexpr Constant kSocketSubcallsConstants[] = {
    NAMED(SYS_SOCKET), NAMED(SYS_BIND), NAMED(SYS_CONNECT), NAMED(SYS_LISTEN), NAMED(SYS_ACCEPT),
    NAMED(SYS_GETSOCKNAME), NAMED(SYS_GETPEERNAME), NAMED(SYS_SOCKETPAIR), NAMED(SYS_SEND), NAMED(SYS_RECV),
    NAMED(SYS_SENDTO), NAMED(SYS_RECVFROM), NAMED(SYS_SHUTDOWN), NAMED(SYS_SETSOCKOPT), NAMED(SYS_GETSOCKOPT),
    NAMED(SYS_SENDMSG), NAMED(SYS_RECVMSG), NAMED(SYS_ACCEPT4), NAMED(SYS_RECVMMSG), NAMED(SYS_SENDMMSG),
};
const ConstantTable kSocketSubcalls{kSocketSubcallsConstants, ""};

static constexpr Constant kPacketTypesConstants[] = {
    NAMED(PACKET_HOST), NAMED(PACKET_BROADCAST), NAMED(PACKET_MULTICAST), NAMED(PACKET_OTHERHOST),
    NAMED(PACKET_OUTGOING), NAMED(PACKET_LOOPBACK), NAMED(PACKET_USER), NAMED(PACKET_KERNEL),
};
const ConstantTable kPacketTypes{kPacketTypesConstants, "PACKET_?" "??"};

static constexpr Constant kHciChannelsConstants[] = {
    {"HCI_CHANNEL_RAW", 0}, {"HCI_CHANNEL_USER", 1}, {"HCI_CHANNEL_MONITOR", 2}, {"HCI_CHANNEL_CONTROL", 3},
    {"HCI_CHANNEL_LOGGING", 4},
};
const ConstantTable kHciChannels{kHciChannelsConstants, "HCI_CHANNEL_?" "??"};

static constexpr Constant kBluetoothAddressTypesConstants[] = {
    {"BDADDR_BREDR", 0}, {"BDADDR_LE_PUBLIC", 1}, {"BDADDR_LE_RANDOM", 2},
};
const ConstantTable kBluetoothAddressTypes{kBluetoothAddressTypesConstants, "BDADDR_?" "??"};

static constexpr Constant kNfcProtocolsConstants[] = {
    NAMED(NFC_PROTO_JEWEL), NAMED(NFC_PROTO_MIFARE), NAMED(NFC_PROTO_FELICA), NAMED(NFC_PROTO_ISO14443),
    NAMED(NFC_PROTO_NFC_DEP), NAMED(NFC_PROTO_ISO14443_B), NAMED(NFC_PROTO_ISO15693),
};
const ConstantTable kNfcProtocols{kNfcProtocolsConstants, "NFC_PROTO_?" "??"};

static constexpr Constant kVsockContextsConstants[] = {
    {"VMADDR_CID_ANY", 0xffffffff}, NAMED(VMADDR_CID_HYPERVISOR), NAMED(VMADDR_CID_LOCAL), NAMED(VMADDR_CID_HOST),
};
const ConstantTable kVsockContexts{kVsockContextsConstants, ""};

static constexpr Constant kVsockFlagsConstants[] = {{"VMADDR_FLAG_TO_HOST", 1}};
const ConstantTable kVsockFlags{kVsockFlagsConstants, "VMADDR_FLAG_?" "??"};

static constexpr Constant kXdpFlagsConstants[] = {
    NAMED(XDP_SHARED_UMEM), NAMED(XDP_COPY), NAMED(XDP_ZEROCOPY), NAMED(XDP_USE_NEED_WAKEUP), {"XDP_USE_SG", 0x10},
};
const ConstantTable kXdpFlags{kXdpFlagsConstants, "XDP_?" "??"};

// include/net/af_ieee802154.h of Linux.
static constexpr Constant kLowRateAddressTypesConstants[] = {
    {"IEEE802154_ADDR_NONE", 0}, {"IEEE802154_ADDR_SHORT", 2}, {"IEEE802154_ADDR_LONG", 3},
};
const ConstantTable kLowRateAddressTypes{kLowRateAddressTypesConstants, "IEEE802154_ADDR_?" "??"};

static constexpr Constant kCryptoFlagsConstants[] = {
    {"CRYPTO_ALG_KERN_DRIVER_ONLY", 0x1000},
};
const ConstantTable kCryptoFlags{kCryptoFlagsConstants, "CRYPTO_ALG_?" "??"};

// fs/afs of Linux.
static constexpr Constant kRxrpcServicesConstants[] = {
    {"CM_SERVICE", 1}, {"FS_SERVICE", 1}, {"VL_SERVICE", 52}, {"YFS_FS_SERVICE", 2500}, {"YFS_CM_SERVICE", 2501},
    {"YFS_VL_SERVICE", 2503},
};
const ConstantTable kRxrpcServices{kRxrpcServicesConstants, "?" "??_SERVICE"};

static constexpr Constant kMctpAddressesConstants[] = {{"MCTP_ADDR_NULL", 0}, {"MCTP_ADDR_ANY", 0xff}};
const ConstantTable kMctpAddresses{kMctpAddressesConstants, ""};
// clang-format on

}  // namespace polytap
