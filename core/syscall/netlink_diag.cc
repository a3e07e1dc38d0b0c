// sock_diag(7): sockets of AF_UNIX, AF_NETLINK, AF_PACKET and AF_SMC.
#include "core/syscall/netlink_diag.h"

#include <linux/filter.h>
#include <linux/netlink.h>
#include <linux/netlink_diag.h>
#include <linux/packet_diag.h>
#include <linux/smc_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "core/syscall/netlink.h"
#include "core/syscall/netlink_kinds.h"
#include "core/syscall/printers.h"
#include "core/syscall/tables_netlink.h"
#include "core/syscall/tables_netlink_diag.h"
#include "core/syscall/tables_netlink_link.h"

namespace polytap {
namespace {

using Bytes = std::span<const std::byte>;
using namespace netlink_kinds;

constexpr ValueKind kStateBits{Show::kFlags, &kTcpStateBits};
constexpr ValueKind kSocketMemoryKind{Show::kArray, &kSocketMemory};

// AF_UNIX.
constexpr Field kUnixRequestFields[] = {
    POLYTAP_FIELD(unix_diag_req, sdiag_family, kFamily),
    POLYTAP_FIELD(unix_diag_req, sdiag_protocol, kNumber),
    POLYTAP_FIELD(unix_diag_req, udiag_states, kStateBits),
    POLYTAP_FIELD(unix_diag_req, udiag_ino, kNumber),
    POLYTAP_FIELD(unix_diag_req, udiag_show, flags_of(kUnixDiagShow)),
    POLYTAP_FIELD(unix_diag_req, udiag_cookie, kNumbers),
};
constexpr Structure kUnixRequest{kUnixRequestFields, sizeof(unix_diag_req)};
constexpr Field kUnixReplyFields[] = {
    POLYTAP_FIELD(unix_diag_msg, udiag_family, kFamily),
    POLYTAP_FIELD(unix_diag_msg, udiag_type, one_of(kSocketTypes)),
    POLYTAP_FIELD(unix_diag_msg, udiag_state, one_of(kTcpStates)),
    POLYTAP_FIELD(unix_diag_msg, udiag_ino, kNumber),
    POLYTAP_FIELD(unix_diag_msg, udiag_cookie, kNumbers),
};
constexpr Structure kUnixReply{kUnixReplyFields, sizeof(unix_diag_msg)};
constexpr Field kUnixVfsFields[] = {
    {"udiag_vfs_dev", offsetof(unix_diag_vfs, udiag_vfs_dev), 4, {Show::kDevice}},
    POLYTAP_FIELD(unix_diag_vfs, udiag_vfs_ino, kNumber),
};
constexpr Structure kUnixVfs{kUnixVfsFields, sizeof(unix_diag_vfs)};
constexpr Field kUnixQueueFields[] = {
    POLYTAP_FIELD(unix_diag_rqlen, udiag_rqueue, kNumber),
    POLYTAP_FIELD(unix_diag_rqlen, udiag_wqueue, kNumber),
};
constexpr Structure kUnixQueue{kUnixQueueFields, sizeof(unix_diag_rqlen)};
constexpr AttributeRule kUnixRules[] = {
    {UNIX_DIAG_NAME, kEndedText},
    {UNIX_DIAG_VFS, structure_of(kUnixVfs)},
    {UNIX_DIAG_PEER, kUint32},
    {UNIX_DIAG_ICONS, kNumbers},
    {UNIX_DIAG_RQLEN, structure_of(kUnixQueue)},
    {UNIX_DIAG_MEMINFO, kSocketMemoryKind},
    {UNIX_DIAG_SHUTDOWN, kUint8},
    {UNIX_DIAG_UID, kUser},
};
constexpr AttributeSet kUnixSet{&kUnixDiagAttributes, kUnixRules, {}};

// AF_NETLINK.
constexpr Field kNetlinkRequestFields[] = {
    POLYTAP_FIELD(netlink_diag_req, sdiag_family, kFamily),
    POLYTAP_FIELD(netlink_diag_req, sdiag_protocol, one_of(kNetlinkDiagProtocols)),
    POLYTAP_FIELD(netlink_diag_req, ndiag_ino, kNumber),
    POLYTAP_FIELD(netlink_diag_req, ndiag_show, flags_of(kNetlinkDiagShow)),
    POLYTAP_FIELD(netlink_diag_req, ndiag_cookie, kNumbers),
};
constexpr Structure kNetlinkRequest{kNetlinkRequestFields, sizeof(netlink_diag_req)};
constexpr Field kNetlinkReplyFields[] = {
    POLYTAP_FIELD(netlink_diag_msg, ndiag_family, kFamily),
    POLYTAP_FIELD(netlink_diag_msg, ndiag_type, one_of(kSocketTypes)),
    POLYTAP_FIELD(netlink_diag_msg, ndiag_protocol, one_of(kNetlinkProtocols)),
    POLYTAP_FIELD(netlink_diag_msg, ndiag_state, one_of(kNetlinkStates)),
    POLYTAP_FIELD(netlink_diag_msg, ndiag_portid, kNumber),
    POLYTAP_FIELD(netlink_diag_msg, ndiag_dst_portid, kNumber),
    POLYTAP_FIELD(netlink_diag_msg, ndiag_dst_group, kNumber),
    POLYTAP_FIELD(netlink_diag_msg, ndiag_ino, kNumber),
    POLYTAP_FIELD(netlink_diag_msg, ndiag_cookie, kNumbers),
};
constexpr Structure kNetlinkReply{kNetlinkReplyFields, sizeof(netlink_diag_msg)};
constexpr Field kNetlinkRingFields[] = {
    POLYTAP_FIELD(netlink_diag_ring, ndr_block_size, kNumber),
    POLYTAP_FIELD(netlink_diag_ring, ndr_block_nr, kNumber),
    POLYTAP_FIELD(netlink_diag_ring, ndr_frame_size, kNumber),
    POLYTAP_FIELD(netlink_diag_ring, ndr_frame_nr, kNumber),
};
constexpr Structure kNetlinkRing{kNetlinkRingFields, sizeof(netlink_diag_ring)};
constexpr ValueKind kGroupWord{Show::kFixedHex, nullptr, nullptr, nullptr, 8};
constexpr AttributeRule kNetlinkRules[] = {
    {NETLINK_DIAG_MEMINFO, kSocketMemoryKind},
    {NETLINK_DIAG_GROUPS, array_of(kGroupWord, 8)},
    {NETLINK_DIAG_RX_RING, structure_of(kNetlinkRing)},
    {NETLINK_DIAG_TX_RING, structure_of(kNetlinkRing)},
    {NETLINK_DIAG_FLAGS, flags_of(kNetlinkSocketFlags, 4)},
};
constexpr AttributeSet kNetlinkSet{&kNetlinkDiagAttributes, kNetlinkRules, {}};

// AF_PACKET.
constexpr Field kPacketRequestFields[] = {
    POLYTAP_FIELD(packet_diag_req, sdiag_family, kFamily),
    POLYTAP_FIELD(packet_diag_req, sdiag_protocol, kHex),
    POLYTAP_FIELD(packet_diag_req, pdiag_ino, kNumber),
    POLYTAP_FIELD(packet_diag_req, pdiag_show, flags_of(kPacketShow)),
    POLYTAP_FIELD(packet_diag_req, pdiag_cookie, kNumbers),
};
constexpr Structure kPacketRequest{kPacketRequestFields, sizeof(packet_diag_req)};
constexpr Field kPacketReplyFields[] = {
    POLYTAP_FIELD(packet_diag_msg, pdiag_family, kFamily),
    POLYTAP_FIELD(packet_diag_msg, pdiag_type, one_of(kSocketTypes)),
    POLYTAP_FIELD(packet_diag_msg, pdiag_num, one_of(kPacketProtocols)),
    POLYTAP_FIELD(packet_diag_msg, pdiag_ino, kNumber),
    POLYTAP_FIELD(packet_diag_msg, pdiag_cookie, kNumbers),
};
constexpr Structure kPacketReply{kPacketReplyFields, sizeof(packet_diag_msg)};
constexpr Field kPacketInfoFields[] = {
    POLYTAP_FIELD(packet_diag_info, pdi_index, kInterface),
    POLYTAP_FIELD(packet_diag_info, pdi_version, one_of(kPacketVersions)),
    POLYTAP_FIELD(packet_diag_info, pdi_reserve, kNumber),
    POLYTAP_FIELD(packet_diag_info, pdi_copy_thresh, kNumber),
    POLYTAP_FIELD(packet_diag_info, pdi_tstamp, kNumber),
    POLYTAP_FIELD(packet_diag_info, pdi_flags, flags_of(kPacketFlags)),
};
constexpr Structure kPacketInfo{kPacketInfoFields, sizeof(packet_diag_info)};
void put_member(CallText& text, Bytes own, Bytes whole) {
  const uint64_t length = number_in(whole.subspan(offsetof(packet_diag_mclist, pdmc_alen), sizeof(uint16_t)));
  put_all_bytes(text, own.first(std::min<uint64_t>(length, own.size())));
}
constexpr Field kMembershipFields[] = {
    POLYTAP_FIELD(packet_diag_mclist, pdmc_index, kInterface),
    POLYTAP_FIELD(packet_diag_mclist, pdmc_count, kNumber),
    POLYTAP_FIELD(packet_diag_mclist, pdmc_type, kNumber),
    POLYTAP_FIELD(packet_diag_mclist, pdmc_alen, kNumber),
    POLYTAP_FIELD(packet_diag_mclist, pdmc_addr, printed_by(put_member)),
};
constexpr Structure kMembership{kMembershipFields, sizeof(packet_diag_mclist)};
constexpr ValueKind kMembershipKind = structure_of(kMembership);
constexpr Field kPacketRingFields[] = {
    POLYTAP_FIELD(packet_diag_ring, pdr_block_size, kNumber), POLYTAP_FIELD(packet_diag_ring, pdr_block_nr, kNumber),
    POLYTAP_FIELD(packet_diag_ring, pdr_frame_size, kNumber), POLYTAP_FIELD(packet_diag_ring, pdr_frame_nr, kNumber),
    POLYTAP_FIELD(packet_diag_ring, pdr_retire_tmo, kNumber), POLYTAP_FIELD(packet_diag_ring, pdr_sizeof_priv, kNumber),
    POLYTAP_FIELD(packet_diag_ring, pdr_features, kNumber),
};
constexpr Structure kPacketRing{kPacketRingFields, sizeof(packet_diag_ring)};

bool put_filter(CallText& text, Bytes bytes, Bytes, const MessageContext& context) {
  const uint64_t address = context.memory->address + static_cast<uint64_t>(bytes.data() - context.memory->begin);
  if (!text.style.verbose) {
    text.address(address);
  } else {
    printers::put_classic_instructions(text, address, bytes.size() / sizeof(sock_filter), false);
  }
  return true;
}

constexpr AttributeRule kPacketRules[] = {
    {PACKET_DIAG_INFO, structure_of(kPacketInfo)},
    {PACKET_DIAG_MCLIST, array_of(kMembershipKind, sizeof(packet_diag_mclist))},
    {PACKET_DIAG_RX_RING, structure_of(kPacketRing)},
    {PACKET_DIAG_TX_RING, structure_of(kPacketRing)},
    {PACKET_DIAG_FANOUT, kUint32},
    {PACKET_DIAG_UID, kUser},
    {PACKET_DIAG_MEMINFO, kSocketMemoryKind},
    {PACKET_DIAG_FILTER, shown_by(put_filter, sizeof(sock_filter))},
};
constexpr AttributeSet kPacketSet{&kPacketAttributes, kPacketRules, {}};

// AF_SMC, whose addresses are those of AF_INET.
void put_inet_ends(CallText& text, Bytes own, Bytes) { put_diag_ends(text, own, AF_INET); }
constexpr Field kSmcRequestFields[] = {
    POLYTAP_FIELD(smc_diag_req, diag_family, kFamily),
    POLYTAP_FIELD(smc_diag_req, diag_ext, flags_of(kSmcExtensions)),
    POLYTAP_FIELD(smc_diag_req, id, printed_by(put_inet_ends)),
};
constexpr Structure kSmcRequest{kSmcRequestFields, sizeof(smc_diag_req)};
constexpr Field kSmcReplyFields[] = {
    POLYTAP_FIELD(smc_diag_msg, diag_family, kFamily),
    POLYTAP_FIELD(smc_diag_msg, diag_state, one_of(kSmcStates)),
    POLYTAP_FIELD(smc_diag_msg, diag_fallback, one_of(kSmcModes)),
    POLYTAP_FIELD(smc_diag_msg, diag_shutdown, kNumber),
    POLYTAP_FIELD(smc_diag_msg, id, printed_by(put_inet_ends)),
    POLYTAP_FIELD(smc_diag_msg, diag_uid, kNumber),
    POLYTAP_FIELD(smc_diag_msg, diag_inode, kNumber),
};
constexpr Structure kSmcReply{kSmcReplyFields, sizeof(smc_diag_msg)};
constexpr Field kCursorFields[] = {
    POLYTAP_FIELD(smc_diag_cursor, reserved, kNumber),
    POLYTAP_FIELD(smc_diag_cursor, wrap, kNumber),
    POLYTAP_FIELD(smc_diag_cursor, count, kNumber),
};
constexpr Structure kCursor{kCursorFields, sizeof(smc_diag_cursor)};
constexpr ValueKind kFlagByte{Show::kFixedHex};
constexpr Field kConnectionFields[] = {
    POLYTAP_FIELD(smc_diag_conninfo, token, kNumber),
    POLYTAP_FIELD(smc_diag_conninfo, sndbuf_size, kNumber),
    POLYTAP_FIELD(smc_diag_conninfo, rmbe_size, kNumber),
    POLYTAP_FIELD(smc_diag_conninfo, peer_rmbe_size, kNumber),
    POLYTAP_FIELD(smc_diag_conninfo, rx_prod, structure_of(kCursor)),
    POLYTAP_FIELD(smc_diag_conninfo, rx_cons, structure_of(kCursor)),
    POLYTAP_FIELD(smc_diag_conninfo, tx_prod, structure_of(kCursor)),
    POLYTAP_FIELD(smc_diag_conninfo, tx_cons, structure_of(kCursor)),
    POLYTAP_FIELD(smc_diag_conninfo, rx_prod_flags, kFlagByte),
    POLYTAP_FIELD(smc_diag_conninfo, rx_conn_state_flags, kFlagByte),
    POLYTAP_FIELD(smc_diag_conninfo, tx_prod_flags, kFlagByte),
    POLYTAP_FIELD(smc_diag_conninfo, tx_conn_state_flags, kFlagByte),
    POLYTAP_FIELD(smc_diag_conninfo, tx_prep, structure_of(kCursor)),
    POLYTAP_FIELD(smc_diag_conninfo, tx_sent, structure_of(kCursor)),
    POLYTAP_FIELD(smc_diag_conninfo, tx_fin, structure_of(kCursor)),
};
constexpr Structure kConnection{kConnectionFields, sizeof(smc_diag_conninfo)};
constexpr Field kSmcLinkFields[] = {
    POLYTAP_FIELD(smc_diag_linkinfo, link_id, kNumber),   POLYTAP_FIELD(smc_diag_linkinfo, ibname, kCString),
    POLYTAP_FIELD(smc_diag_linkinfo, ibport, kNumber),    POLYTAP_FIELD(smc_diag_linkinfo, gid, kCString),
    POLYTAP_FIELD(smc_diag_linkinfo, peer_gid, kCString),
};
constexpr Structure kSmcLink{kSmcLinkFields, sizeof(smc_diag_linkinfo)};
constexpr ValueKind kSmcLinkKind = structure_of(kSmcLink);
constexpr Field kSmcGroupFields[] = {
    POLYTAP_FIELD(smc_diag_lgrinfo, lnk, array_of(kSmcLinkKind)),
    POLYTAP_FIELD(smc_diag_lgrinfo, role, one_of(kSmcRoles)),
};
constexpr Structure kSmcGroup{kSmcGroupFields, sizeof(smc_diag_lgrinfo)};
constexpr Field kMemoryBufferFields[] = {
    POLYTAP_FIELD(smcd_diag_dmbinfo, linkid, kNumber),  POLYTAP_FIELD(smcd_diag_dmbinfo, peer_gid, kHex),
    POLYTAP_FIELD(smcd_diag_dmbinfo, my_gid, kHex),     POLYTAP_FIELD(smcd_diag_dmbinfo, token, kHex),
    POLYTAP_FIELD(smcd_diag_dmbinfo, peer_token, kHex),
};
constexpr Structure kMemoryBuffer{kMemoryBufferFields, sizeof(smcd_diag_dmbinfo)};

void put_decline(CallText& text, Bytes own, Bytes) {
  const bool raw = text.style.constants == ConstantStyle::kRaw;
  append_enumeration(text.out, kSmcDeclines, number_in(own), raw ? ConstantStyle::kRaw : ConstantStyle::kVerbose);
}
constexpr Field kFallbackFields[] = {
    POLYTAP_FIELD(smc_diag_fallback, reason, printed_by(put_decline)),
    POLYTAP_FIELD(smc_diag_fallback, peer_diagnosis, printed_by(put_decline)),
};
constexpr Structure kFallback{kFallbackFields, sizeof(smc_diag_fallback)};
constexpr AttributeRule kSmcRules[] = {
    {SMC_DIAG_CONNINFO, structure_of(kConnection)},       {SMC_DIAG_LGRINFO, structure_of(kSmcGroup)},
    {SMC_DIAG_SHUTDOWN, flags_of_word(kDiagShutdown, 1)}, {SMC_DIAG_DMBINFO, structure_of(kMemoryBuffer)},
    {SMC_DIAG_FALLBACK, structure_of(kFallback)},
};
constexpr AttributeSet kSmcSet{&kSmcAttributes, kSmcRules, {}};

// Nothing is shown behind requests but those of AF_INET.
constexpr MessageLayout kUnixRequestLayout{&kUnixRequest, nullptr};
constexpr MessageLayout kUnixReplyLayout{&kUnixReply, &kUnixSet};
constexpr MessageLayout kNetlinkRequestLayout{&kNetlinkRequest, nullptr};
constexpr MessageLayout kNetlinkReplyLayout{&kNetlinkReply, &kNetlinkSet};
constexpr MessageLayout kPacketRequestLayout{&kPacketRequest, nullptr};
constexpr MessageLayout kPacketReplyLayout{&kPacketReply, &kPacketSet};
constexpr MessageLayout kSmcRequestLayout{&kSmcRequest, nullptr};
constexpr MessageLayout kSmcReplyLayout{&kSmcReply, &kSmcSet};

const MessageLayout* layout_of(uint8_t family, bool is_request, uint16_t type) {
  switch (family) {
    case AF_UNIX:
      return is_request ? &kUnixRequestLayout : &kUnixReplyLayout;
    case AF_NETLINK:
      return is_request ? &kNetlinkRequestLayout : &kNetlinkReplyLayout;
    case AF_PACKET:
      return is_request ? &kPacketRequestLayout : &kPacketReplyLayout;
    case AF_SMC:
      return is_request ? &kSmcRequestLayout : &kSmcReplyLayout;
    case AF_INET:
    case AF_INET6:
      return &inet_diag_layout(is_request, type);
    default:
      return nullptr;
  }
}

}  // namespace

bool put_diag_payload(CallText& text, const NetlinkMessage& message) {
  const Bytes payload = message.payload;
  if (put_unreadable(text, payload.first(1), message.context)) return true;
  const auto family = static_cast<uint8_t>(payload[0]);
  const MessageContext context{family, message.context.memory};
  const bool is_request = (message.header.nlmsg_flags & NLM_F_REQUEST) != 0;
  const MessageLayout* layout = layout_of(family, is_request, message.header.nlmsg_type);
  if (layout != nullptr && payload.size() > 1) {
    put_layout(text, payload, *layout, context);
    return true;
  }
  text.put("{family=");
  text.enumeration(kFamilies, family);
  if (payload.size() > 1) {
    text.put(", data=");
    put_hex_bytes(text, payload.subspan(1), context);
  }
  text.put('}');
  return true;
}

}  // namespace polytap
