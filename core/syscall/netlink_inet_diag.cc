// sock_diag(7): sockets of AF_INET and AF_INET6.
#include <arpa/inet.h>
#include <linux/inet_diag.h>
#include <linux/mptcp.h>
#include <linux/sock_diag.h>
#include <linux/tls.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>

#include "core/syscall/netlink_diag.h"
#include "core/syscall/netlink_kinds.h"
#include "core/syscall/printers.h"
#include "core/syscall/tables_netlink.h"
#include "core/syscall/tables_netlink_diag.h"

namespace polytap {
namespace {

using Bytes = std::span<const std::byte>;
using namespace netlink_kinds;

constexpr ValueKind kStateBits{Show::kFlags, &kTcpStateBits};

// The family is the first byte of each message.
void put_ends(CallText& text, Bytes own, Bytes whole) { put_diag_ends(text, own, static_cast<uint8_t>(whole[0])); }

constexpr Field kOldRequestFields[] = {
    POLYTAP_FIELD(inet_diag_req, idiag_family, kFamily),
    POLYTAP_FIELD(inet_diag_req, idiag_src_len, kNumber),
    POLYTAP_FIELD(inet_diag_req, idiag_dst_len, kNumber),
    POLYTAP_FIELD(inet_diag_req, idiag_ext, flags_of(kInetDiagExtensions)),
    POLYTAP_FIELD(inet_diag_req, id, printed_by(put_ends)),
    POLYTAP_FIELD(inet_diag_req, idiag_states, kStateBits),
    POLYTAP_FIELD(inet_diag_req, idiag_dbs, kNumber),
};
constexpr Structure kOldRequest{kOldRequestFields, sizeof(inet_diag_req)};
constexpr Field kRequestFields[] = {
    POLYTAP_FIELD(inet_diag_req_v2, sdiag_family, kFamily),
    POLYTAP_FIELD(inet_diag_req_v2, sdiag_protocol, one_of(kIpProtocols)),
    POLYTAP_FIELD(inet_diag_req_v2, idiag_ext, flags_of(kInetDiagExtensions)),
    POLYTAP_FIELD(inet_diag_req_v2, idiag_states, kStateBits),
    POLYTAP_FIELD(inet_diag_req_v2, id, printed_by(put_ends)),
};
constexpr Structure kRequest{kRequestFields, sizeof(inet_diag_req_v2)};
constexpr Field kReplyFields[] = {
    POLYTAP_FIELD(inet_diag_msg, idiag_family, kFamily),
    POLYTAP_FIELD(inet_diag_msg, idiag_state, one_of(kTcpStates)),
    POLYTAP_FIELD(inet_diag_msg, idiag_timer, kNumber),
    POLYTAP_FIELD(inet_diag_msg, idiag_retrans, kNumber),
    POLYTAP_FIELD(inet_diag_msg, id, printed_by(put_ends)),
    POLYTAP_FIELD(inet_diag_msg, idiag_expires, kNumber),
    POLYTAP_FIELD(inet_diag_msg, idiag_rqueue, kNumber),
    POLYTAP_FIELD(inet_diag_msg, idiag_wqueue, kNumber),
    POLYTAP_FIELD(inet_diag_msg, idiag_uid, kNumber),
    POLYTAP_FIELD(inet_diag_msg, idiag_inode, kNumber),
};
constexpr Structure kReply{kReplyFields, sizeof(inet_diag_msg)};

// Conditions on sockets: an operation, and what it compares with.
constexpr Field kOperationFields[] = {
    POLYTAP_FIELD(inet_diag_bc_op, code, one_of(kConditionCodes)),
    POLYTAP_FIELD(inet_diag_bc_op, yes, kNumber),
    POLYTAP_FIELD(inet_diag_bc_op, no, kNumber),
};
constexpr Structure kOperation{kOperationFields, sizeof(inet_diag_bc_op)};
constexpr Field kMarkFields[] = {POLYTAP_FIELD(inet_diag_markcond, mark, kNumber),
                                 POLYTAP_FIELD(inet_diag_markcond, mask, kNumber)};
constexpr Structure kMark{kMarkFields, sizeof(inet_diag_markcond)};

void put_host_condition(CallText& text, Bytes bytes, const MessageContext& context) {
  inet_diag_hostcond condition{};
  constexpr size_t kSize = offsetof(inet_diag_hostcond, addr);
  if (bytes.size() < kSize) return put_hex_bytes(text, bytes, context);
  if (put_unreadable(text, bytes.first(kSize), context)) return;
  std::memcpy(&condition, bytes.data(), kSize);
  text.put("{family=");
  text.enumeration(kFamilies, condition.family);
  text.print(", prefix_len={}, port={}", condition.prefix_len, condition.port);
  if (bytes.size() > kSize) {
    text.put(", ");
    put_internet_address(text, bytes.subspan(kSize), condition.family, "addr", context);
  }
  text.put('}');
}

void put_condition(CallText& text, uint8_t code, Bytes bytes, const MessageContext& context) {
  switch (code) {
    case INET_DIAG_BC_S_COND:
    case INET_DIAG_BC_D_COND:
      return put_host_condition(text, bytes, context);
    case INET_DIAG_BC_DEV_COND:
      return put_value(text, bytes, kInterface, context);
    case INET_DIAG_BC_S_GE:
    case INET_DIAG_BC_S_LE:
    case INET_DIAG_BC_D_GE:
    case INET_DIAG_BC_D_LE:
      return put_value(text, bytes, structure_of(kOperation), context);
    case INET_DIAG_BC_MARK_COND:
      return put_value(text, bytes, structure_of(kMark), context);
    default:
      return put_hex_bytes(text, bytes, context);
  }
}

bool put_conditions(CallText& text, Bytes bytes, Bytes, const MessageContext& context) {
  const Bytes own = bytes.first(sizeof(inet_diag_bc_op));
  if (put_unreadable(text, own, context)) return true;
  put_structure(text, own, kOperation, context);
  if (bytes.size() > own.size()) {
    text.put(", ");
    put_condition(text, static_cast<uint8_t>(own[0]), bytes.subspan(own.size()), context);
  }
  return true;
}

constexpr AttributeRule kRequestRules[] = {
    {INET_DIAG_REQ_BYTECODE, shown_by(put_conditions, sizeof(inet_diag_bc_op))},
    {INET_DIAG_REQ_PROTOCOL, one_of_word(kIpProtocols, 0)},
};
constexpr AttributeSet kRequestSet{&kInetDiagRequestAttributes, kRequestRules, {}};

// What congestion control tells.
constexpr Field kMemoryFields[] = {
    POLYTAP_FIELD(inet_diag_meminfo, idiag_rmem, kNumber),
    POLYTAP_FIELD(inet_diag_meminfo, idiag_wmem, kNumber),
    POLYTAP_FIELD(inet_diag_meminfo, idiag_fmem, kNumber),
    POLYTAP_FIELD(inet_diag_meminfo, idiag_tmem, kNumber),
};
constexpr Structure kMemory{kMemoryFields, sizeof(inet_diag_meminfo)};
constexpr Field kVegasFields[] = {
    POLYTAP_FIELD(tcpvegas_info, tcpv_enabled, kNumber),
    POLYTAP_FIELD(tcpvegas_info, tcpv_rttcnt, kNumber),
    POLYTAP_FIELD(tcpvegas_info, tcpv_rtt, kNumber),
    POLYTAP_FIELD(tcpvegas_info, tcpv_minrtt, kNumber),
};
constexpr Structure kVegas{kVegasFields, sizeof(tcpvegas_info)};
constexpr Field kDctcpFields[] = {
    POLYTAP_FIELD(tcp_dctcp_info, dctcp_enabled, kNumber), POLYTAP_FIELD(tcp_dctcp_info, dctcp_ce_state, kNumber),
    POLYTAP_FIELD(tcp_dctcp_info, dctcp_alpha, kNumber),   POLYTAP_FIELD(tcp_dctcp_info, dctcp_ab_ecn, kNumber),
    POLYTAP_FIELD(tcp_dctcp_info, dctcp_ab_tot, kNumber),
};
constexpr Structure kDctcp{kDctcpFields, sizeof(tcp_dctcp_info)};
constexpr Field kBbrFields[] = {
    POLYTAP_FIELD(tcp_bbr_info, bbr_bw_lo, kHex),        POLYTAP_FIELD(tcp_bbr_info, bbr_bw_hi, kHex),
    POLYTAP_FIELD(tcp_bbr_info, bbr_min_rtt, kNumber),   POLYTAP_FIELD(tcp_bbr_info, bbr_pacing_gain, kNumber),
    POLYTAP_FIELD(tcp_bbr_info, bbr_cwnd_gain, kNumber),
};
constexpr Structure kBbr{kBbrFields, sizeof(tcp_bbr_info)};

// struct tcp_diag_md5sig of linux/tcp.h, which does not go with netinet/tcp.h.
struct Signature {
  uint8_t family;
  uint8_t prefix_length;
  uint16_t key_length;
  uint32_t address[4];
  uint8_t key[80];
};
void put_signature_address(CallText& text, Bytes own, Bytes whole) {
  put_internet_field(text, own, static_cast<uint8_t>(whole[0]), "tcpm_addr");
}
void put_key(CallText& text, Bytes own, Bytes whole) {
  const uint64_t length = number_in(whole.subspan(offsetof(Signature, key_length), sizeof(uint16_t)));
  put_all_bytes(text, own.first(std::min<uint64_t>(length, own.size())));
}
constexpr Field kSignatureFields[] = {
    {"tcpm_family", offsetof(Signature, family), 1, kFamily},
    {"tcpm_prefixlen", offsetof(Signature, prefix_length), 1, kNumber},
    {"tcpm_keylen", offsetof(Signature, key_length), 2, kNumber},
    {{}, offsetof(Signature, address), 16, printed_by(put_signature_address)},
    {"tcpm_key", offsetof(Signature, key), 80, printed_by(put_key)},
};
constexpr Structure kSignature{kSignatureFields, sizeof(Signature)};
constexpr ValueKind kSignatureKind = structure_of(kSignature);

// Protocols above TCP.
constexpr AttributeRule kTlsRules[] = {
    {TLS_INFO_VERSION, one_of_word(kTlsVersions, 2)},
    {TLS_INFO_CIPHER, one_of_word(kTlsCiphers, 2)},
    {TLS_INFO_TXCONF, one_of_word(kTlsConfigurations, 2)},
    {TLS_INFO_RXCONF, one_of_word(kTlsConfigurations, 2)},
};
constexpr AttributeSet kTlsSet{&kTlsAttributes, kTlsRules, {}};
constexpr AttributeRule kSubflowRules[] = {
    {MPTCP_SUBFLOW_ATTR_TOKEN_REM, kHex32},     {MPTCP_SUBFLOW_ATTR_TOKEN_LOC, kHex32},
    {MPTCP_SUBFLOW_ATTR_RELWRITE_SEQ, kUint32}, {MPTCP_SUBFLOW_ATTR_MAP_SEQ, kUint64},
    {MPTCP_SUBFLOW_ATTR_MAP_SFSEQ, kUint32},    {MPTCP_SUBFLOW_ATTR_SSN_OFFSET, kUint32},
    {MPTCP_SUBFLOW_ATTR_MAP_DATALEN, kUint16},  {MPTCP_SUBFLOW_ATTR_FLAGS, flags_of_word(kSubflowFlags, 4)},
    {MPTCP_SUBFLOW_ATTR_ID_REM, kUint8},        {MPTCP_SUBFLOW_ATTR_ID_LOC, kUint8},
};
constexpr AttributeSet kSubflowSet{&kSubflowAttributes, kSubflowRules, {}};
constexpr AttributeRule kUlpRules[] = {
    {INET_ULP_INFO_NAME, kEndedText}, {INET_ULP_INFO_TLS, nested(kTlsSet)}, {INET_ULP_INFO_MPTCP, nested(kSubflowSet)}};
constexpr AttributeSet kUlpSet{&kUlpAttributes, kUlpRules, {}};

// struct inet_diag_sockopt, and what newer kernels put behind it.
bool put_options(CallText& text, Bytes bytes, Bytes, const MessageContext& context) {
  const Bytes own = bytes.first(sizeof(inet_diag_sockopt));
  if (put_unreadable(text, own, context)) return true;
  put_value(text, own, {Show::kSocketBits}, context);
  const Bytes behind = bytes.subspan(own.size());
  if (std::ranges::any_of(behind, [](std::byte each) { return each != std::byte{0}; })) {
    text.print(", /* bytes {}..{} */ ", own.size(), bytes.size() - 1);
    put_hex_bytes(text, behind, context);
  }
  return true;
}

// Of SCTP, which has several on each side.
void put_endpoint(CallText& text, Bytes own, Bytes) {
  printers::put_socket_address(text, std::span(reinterpret_cast<const char*>(own.data()), own.size()));
}
constexpr ValueKind kAddressKind = printed_by(put_endpoint, sizeof(sockaddr_storage));

// A value of a map: as a number where it is as wide as one.
bool put_map_value(CallText& text, Bytes bytes, Bytes, const MessageContext& context) {
  if (bytes.size() > sizeof(uint64_t) || (bytes.size() & (bytes.size() - 1)) != 0) return false;
  put_value(text, bytes, kHex, context);
  return true;
}
constexpr AttributeRule kStorageRules[] = {{SK_DIAG_BPF_STORAGE_MAP_ID, kUint32},
                                           {SK_DIAG_BPF_STORAGE_MAP_VALUE, shown_by(put_map_value)}};
constexpr AttributeSet kStorageSet{&kStorageAttributes, kStorageRules, {}};
constexpr AttributeRule kStorageReplyRules[] = {{SK_DIAG_BPF_STORAGE, nested(kStorageSet)}};
constexpr AttributeSet kStorageReplySet{&kStorageReplies, kStorageReplyRules, {}};

constexpr AttributeRule kReplyRules[] = {
    {INET_DIAG_MEMINFO, structure_of(kMemory)},
    {INET_DIAG_VEGASINFO, structure_of(kVegas)},
    {INET_DIAG_CONG, kEndedText},
    {INET_DIAG_TOS, kUint8},
    {INET_DIAG_TCLASS, kUint8},
    {INET_DIAG_SKMEMINFO, {Show::kArray, &kSocketMemory}},
    {INET_DIAG_SHUTDOWN, at_most({Show::kFlagsToo, &kDiagShutdown, nullptr, nullptr, 1}, 8)},
    {INET_DIAG_DCTCPINFO, structure_of(kDctcp)},
    {INET_DIAG_LOCALS, array_of(kAddressKind, sizeof(sockaddr_storage))},
    {INET_DIAG_PEERS, array_of(kAddressKind, sizeof(sockaddr_storage))},
    {INET_DIAG_PROTOCOL, one_of_word(kIpProtocols, 0)},
    {INET_DIAG_SKV6ONLY, kUint8},
    {INET_DIAG_MARK, kUint32},
    {INET_DIAG_BBRINFO, structure_of(kBbr)},
    {INET_DIAG_CLASS_ID, kUint32},
    {INET_DIAG_MD5SIG, array_of(kSignatureKind, sizeof(Signature))},
    {INET_DIAG_ULP_INFO, nested(kUlpSet)},
    {INET_DIAG_CGROUP_ID, kUint64},
    {INET_DIAG_SK_BPF_STORAGES, nested(kStorageReplySet)},
    {INET_DIAG_SOCKOPT, shown_by(put_options, sizeof(inet_diag_sockopt))},
};
constexpr AttributeSet kReplySet{&kInetDiagAttributes, kReplyRules, {}};

constexpr MessageLayout kOldRequestLayout{&kOldRequest, &kRequestSet};
constexpr MessageLayout kRequestLayout{&kRequest, &kRequestSet};
constexpr MessageLayout kReplyLayout{&kReply, &kReplySet};

// htons(22); the two bytes as they are where constants have no names.
void put_port(CallText& text, const uint16_t& port) {
  const Bytes bytes = std::as_bytes(std::span(&port, 1));
  if (text.style.constants != ConstantStyle::kAbbreviated) put_hex_bytes(text, bytes);
  if (text.style.constants == ConstantStyle::kRaw) return;
  const bool beside = text.style.constants == ConstantStyle::kVerbose;
  text.print("{}htons({}){}", beside ? " /* " : "", ntohs(port), beside ? " */" : "");
}

}  // namespace

void put_diag_ends(CallText& text, Bytes bytes, uint8_t family) {
  inet_diag_sockid id{};
  std::memcpy(&id, bytes.data(), sizeof id);
  text.put("{idiag_sport=");
  put_port(text, id.idiag_sport);
  text.put(", idiag_dport=");
  put_port(text, id.idiag_dport);
  text.put(", ");
  put_internet_field(text, std::as_bytes(std::span(id.idiag_src)), family, "idiag_src");
  text.put(", ");
  put_internet_field(text, std::as_bytes(std::span(id.idiag_dst)), family, "idiag_dst");
  text.put(", idiag_if=");
  put_value(text, std::as_bytes(std::span(&id.idiag_if, 1)), kInterface);
  text.print(", idiag_cookie=[{}, {}]}}", id.idiag_cookie[0], id.idiag_cookie[1]);
}

const MessageLayout& inet_diag_layout(bool is_request, uint16_t type) {
  if (!is_request) return kReplyLayout;
  return type == TCPDIAG_GETSOCK || type == DCCPDIAG_GETSOCK ? kOldRequestLayout : kRequestLayout;
}

}  // namespace polytap
