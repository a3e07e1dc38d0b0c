// sock_diag(7), and the controller of generic netlink.
#include <arpa/inet.h>
#include <linux/genetlink.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/netlink_diag.h>
#include <linux/sock_diag.h>
#include <linux/unix_diag.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "core/syscall/netlink.h"
#include "core/syscall/structure.h"
#include "core/syscall/tables.h"
#include "core/syscall/tables_netlink.h"
#include "core/syscall/value_kinds.h"

namespace polytap {
namespace {

using Bytes = std::span<const std::byte>;
using namespace value_kinds;

constexpr ValueKind kNumbers{Show::kArray};
constexpr ValueKind kFamily{Show::kEnumeration, &kFamilies};
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
    {UNIX_DIAG_NAME, {Show::kSocketPath}},
    {UNIX_DIAG_VFS, structure_of(kUnixVfs)},
    {UNIX_DIAG_PEER, kUint32},
    {UNIX_DIAG_ICONS, kNumbers},
    {UNIX_DIAG_RQLEN, structure_of(kUnixQueue)},
    {UNIX_DIAG_MEMINFO, kSocketMemoryKind},
    {UNIX_DIAG_SHUTDOWN, kUint8},
    {UNIX_DIAG_UID, kUint32},
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
    POLYTAP_FIELD(netlink_diag_msg, ndiag_state, one_of(kTcpStates)),
    POLYTAP_FIELD(netlink_diag_msg, ndiag_portid, kNumber),
    POLYTAP_FIELD(netlink_diag_msg, ndiag_dst_portid, kNumber),
    POLYTAP_FIELD(netlink_diag_msg, ndiag_dst_group, kNumber),
    POLYTAP_FIELD(netlink_diag_msg, ndiag_ino, kNumber),
    POLYTAP_FIELD(netlink_diag_msg, ndiag_cookie, kNumbers),
};
constexpr Structure kNetlinkReply{kNetlinkReplyFields, sizeof(netlink_diag_msg)};
constexpr AttributeRule kNetlinkRules[] = {{NETLINK_DIAG_MEMINFO, kSocketMemoryKind}};
constexpr AttributeSet kNetlinkSet{&kNetlinkDiagAttributes, kNetlinkRules, {}};

// AF_INET, AF_INET6.
constexpr AttributeRule kInetRequestRules[] = {{INET_DIAG_REQ_PROTOCOL, {Show::kEnumeration, &kIpProtocols}}};
constexpr AttributeSet kInetRequestSet{&kInetDiagRequestAttributes, kInetRequestRules, {}};
constexpr Field kMemoryFields[] = {
    POLYTAP_FIELD(inet_diag_meminfo, idiag_rmem, kNumber),
    POLYTAP_FIELD(inet_diag_meminfo, idiag_wmem, kNumber),
    POLYTAP_FIELD(inet_diag_meminfo, idiag_fmem, kNumber),
    POLYTAP_FIELD(inet_diag_meminfo, idiag_tmem, kNumber),
};
constexpr Structure kMemory{kMemoryFields, sizeof(inet_diag_meminfo)};
constexpr AttributeRule kInetRules[] = {
    {INET_DIAG_MEMINFO, structure_of(kMemory)},
    {INET_DIAG_CONG, kText},
    {INET_DIAG_TOS, kUint8},
    {INET_DIAG_TCLASS, kUint8},
    {INET_DIAG_SKMEMINFO, kSocketMemoryKind},
    {INET_DIAG_SHUTDOWN, kUint8},
    {INET_DIAG_PROTOCOL, {Show::kEnumeration, &kIpProtocols, nullptr, nullptr, 1}},
    {INET_DIAG_SKV6ONLY, kUint8},
    {INET_DIAG_MARK, kUint32},
    {INET_DIAG_CLASS_ID, kUint32},
    {INET_DIAG_CGROUP_ID, kUint64},
    {INET_DIAG_SOCKOPT, {Show::kSocketBits}},
};
constexpr AttributeSet kInetSet{&kInetDiagAttributes, kInetRules, {}};

void put_end(CallText& text, std::string_view name, const void* address, uint8_t family) {
  std::array<char, INET6_ADDRSTRLEN> shown{};
  inet_ntop(family == AF_INET6 ? AF_INET6 : AF_INET, address, shown.data(), shown.size());
  if (family == AF_INET6) {
    text.print("inet_pton(AF_INET6, \"{}\", &{})", shown.data(), name);
  } else {
    text.print("{}=inet_addr(\"{}\")", name, shown.data());
  }
}

void put_ends(CallText& text, const inet_diag_sockid& id, uint8_t family) {
  text.print("id={{idiag_sport=htons({}), idiag_dport=htons({}), ", ntohs(id.idiag_sport), ntohs(id.idiag_dport));
  put_end(text, "idiag_src", id.idiag_src, family);
  text.put(", ");
  put_end(text, "idiag_dst", id.idiag_dst, family);
  text.put(", idiag_if=");
  put_value(text, std::as_bytes(std::span(&id.idiag_if, 1)), {Show::kInterface});
  text.print(", idiag_cookie=[{}, {}]}}", id.idiag_cookie[0], id.idiag_cookie[1]);
}

bool put_inet_request(CallText& text, Bytes payload) {
  inet_diag_req_v2 request{};
  if (payload.size() < sizeof request) return false;
  std::memcpy(&request, payload.data(), sizeof request);
  text.put("{sdiag_family=");
  text.enumeration(kFamilies, request.sdiag_family);
  text.put(", sdiag_protocol=");
  text.enumeration(kIpProtocols, request.sdiag_protocol);
  text.put(", idiag_ext=");
  text.flags(kInetDiagExtensions, request.idiag_ext);
  text.put(", idiag_states=");
  text.flags(kTcpStateBits, request.idiag_states);
  text.put(", ");
  put_ends(text, request.id, request.sdiag_family);
  text.put('}');
  return true;
}

bool put_inet_reply(CallText& text, Bytes payload) {
  inet_diag_msg reply{};
  if (payload.size() < sizeof reply) return false;
  std::memcpy(&reply, payload.data(), sizeof reply);
  text.put("{idiag_family=");
  text.enumeration(kFamilies, reply.idiag_family);
  text.put(", idiag_state=");
  text.enumeration(kTcpStates, reply.idiag_state);
  text.print(", idiag_timer={}, idiag_retrans={}, ", reply.idiag_timer, reply.idiag_retrans);
  put_ends(text, reply.id, reply.idiag_family);
  text.print(", idiag_expires={}, idiag_rqueue={}, idiag_wqueue={}, idiag_uid={}, idiag_inode={}}}",
             reply.idiag_expires, reply.idiag_rqueue, reply.idiag_wqueue, reply.idiag_uid, reply.idiag_inode);
  return true;
}

// What follows a header of SIZE bytes.
void put_rest(CallText& text, Bytes payload, size_t size, const AttributeSet& set) {
  const Bytes attributes = payload.subspan(std::min<size_t>(NLMSG_ALIGN(size), payload.size()));
  if (attributes.empty()) return;
  text.put(", ");
  put_attributes(text, attributes, set);
}

bool put_with_header(CallText& text, Bytes payload, const Structure& header, const AttributeSet& set) {
  if (payload.size() < header.size) return false;
  put_structure(text, payload.first(header.size), header);
  put_rest(text, payload, header.size, set);
  return true;
}

// Generic netlink's controller.
constexpr Field kGenericFields[] = {
    POLYTAP_FIELD(genlmsghdr, cmd, one_of(kGenericCommands)),
    POLYTAP_FIELD(genlmsghdr, version, {Show::kHex}),
};
constexpr Structure kGenericHeader{kGenericFields, sizeof(genlmsghdr)};
constexpr AttributeRule kGenericRules[] = {
    {CTRL_ATTR_FAMILY_ID, {Show::kUnsigned, nullptr, nullptr, nullptr, 2}},
    {CTRL_ATTR_FAMILY_NAME, kText},
    {CTRL_ATTR_VERSION, kUint32},
    {CTRL_ATTR_HDRSIZE, kUint32},
    {CTRL_ATTR_MAXATTR, kUint32},
};
constexpr AttributeSet kGenericSet{&kGenericAttributes, kGenericRules, {}};

}  // namespace

// All that is known of a message that is too short for its family, or of a family without a description.
static bool put_family(CallText& text, Bytes payload) {
  text.put("{sdiag_family=");
  text.enumeration(kFamilies, static_cast<uint8_t>(payload[0]));
  text.put(payload.size() > 1 ? ", ...}" : "}");
  return true;
}

bool put_diag_payload(CallText& text, uint16_t type, bool is_request, Bytes payload) {
  if (type < NLMSG_MIN_TYPE || payload.empty()) return false;
  if (type != SOCK_DIAG_BY_FAMILY && type != SOCK_DESTROY) return put_family(text, payload);
  switch (static_cast<uint8_t>(payload[0])) {
    case AF_UNIX:
      return put_with_header(text, payload, is_request ? kUnixRequest : kUnixReply, kUnixSet);
    case AF_NETLINK:
      return put_with_header(text, payload, is_request ? kNetlinkRequest : kNetlinkReply, kNetlinkSet);
    case AF_INET:
    case AF_INET6:
      if (!(is_request ? put_inet_request(text, payload) : put_inet_reply(text, payload))) {
        return put_family(text, payload);
      }
      put_rest(text, payload, is_request ? sizeof(inet_diag_req_v2) : sizeof(inet_diag_msg),
               is_request ? kInetRequestSet : kInetSet);
      return true;
    default:
      return put_family(text, payload);
  }
}

bool put_generic_payload(CallText& text, uint16_t type, Bytes payload) {
  if (type != GENL_ID_CTRL) return false;
  return put_with_header(text, payload, kGenericHeader, kGenericSet);
}

}  // namespace polytap
