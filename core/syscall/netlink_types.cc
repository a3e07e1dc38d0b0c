#include "core/syscall/netlink_types.h"

#include <linux/genetlink.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cstring>
#include <string>

#include "core/base/unique_fd.h"
#include "core/syscall/tables_netlink.h"
#include "core/syscall/tables_netlink_types.h"

namespace polytap {
namespace {

const ConstantTable& types_of(unsigned protocol) {
  switch (protocol) {
    case NETLINK_ROUTE:
      return kRouteMessages;
    case NETLINK_SOCK_DIAG:
      return kDiagMessages;
    case NETLINK_XFRM:
      return kXfrmMessages;
    case NETLINK_AUDIT:
      return kAuditMessages;
    case NETLINK_SELINUX:
      return kSelinuxMessages;
    case NETLINK_CRYPTO:
      return kCryptoMessages;
    default:
      return kNetlinkTypes;
  }
}

// What is shown beside a message of no name; empty for subsystems without names.
std::string_view unknown_netfilter_message(unsigned subsystem) {
  switch (subsystem) {
    case NFNL_SUBSYS_CTNETLINK:
      return "IPCTNL_MSG_CT_?"
             "??";
    case NFNL_SUBSYS_CTNETLINK_EXP:
      return "IPCTNL_MSG_EXP_?"
             "??";
    case NFNL_SUBSYS_QUEUE:
      return "NFQNL_MSG_?"
             "??";
    case NFNL_SUBSYS_ULOG:
      return "NFULNL_MSG_?"
             "??";
    case NFNL_SUBSYS_OSF:
      return "OSF_MSG_?"
             "??";
    case NFNL_SUBSYS_IPSET:
      return "IPSET_CMD_?"
             "??";
    case NFNL_SUBSYS_ACCT:
      return "NFNL_MSG_ACCT_?"
             "??";
    case NFNL_SUBSYS_CTNETLINK_TIMEOUT:
      return "IPCTNL_MSG_TIMEOUT_?"
             "??";
    case NFNL_SUBSYS_CTHELPER:
      return "NFNL_MSG_CTHELPER_?"
             "??";
    case NFNL_SUBSYS_NFTABLES:
      return "NFT_MSG_?"
             "??";
    case NFNL_SUBSYS_HOOK:
      return "NFT_MSG_HOOK_?"
             "??";
    case NFNL_SUBSYS_NFT_COMPAT:
      return "NFNL_MSG_COMPAT_?"
             "??";
    default:
      return {};
  }
}

// A value whose name is not in a table of its own.
void put_named(CallText& text, uint64_t value, std::string_view name, std::string_view unknown) {
  const ConstantStyle style = text.style.constants;
  if (name.empty() || style != ConstantStyle::kAbbreviated) text.hex(value);
  if (style == ConstantStyle::kRaw) return;
  if (name.empty() && !unknown.empty()) text.print(" /* {} */", unknown);
  if (name.empty()) return;
  style == ConstantStyle::kVerbose ? text.print(" /* {} */", name) : text.put(name);
}

// NFNL_SUBSYS_CTNETLINK<<8|IPCTNL_MSG_CT_NEW.
void put_netfilter_type(CallText& text, uint16_t type) {
  const std::string_view name = kNetfilterMessages.find(type);
  constexpr std::string_view kBetween = "<<8|";
  const size_t between = name.find(kBetween);
  if (!name.empty() && between == std::string_view::npos) return put_named(text, type, name, {});
  text.enumeration(kNetfilterSubsystems, static_cast<uint64_t>(type) >> 8);
  text.put(kBetween);
  put_named(text, type & 0xffU, name.empty() ? name : name.substr(between + kBetween.size()),
            unknown_netfilter_message(type >> 8));
}

// The kernel numbers generic families as they come. Empty where it has none of this number.
std::string generic_family_name(uint16_t type) {
  const UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC));
  struct {
    nlmsghdr header;
    genlmsghdr generic;
    nlattr attribute;
    uint16_t id;
    uint16_t padding;
  } const request{{sizeof request - sizeof(uint16_t) + sizeof(uint16_t), GENL_ID_CTRL, NLM_F_REQUEST, 0, 0},
                  {CTRL_CMD_GETFAMILY, 1, 0},
                  {sizeof(nlattr) + sizeof(uint16_t), CTRL_ATTR_FAMILY_ID},
                  type,
                  0};
  std::array<std::byte, 8192> reply{};
  if (!socket.valid() || ::send(socket.get(), &request, sizeof request, 0) < 0) return {};
  const ssize_t size = ::recv(socket.get(), reply.data(), reply.size(), MSG_DONTWAIT);
  constexpr size_t kHeaders = sizeof(nlmsghdr) + sizeof(genlmsghdr);
  for (size_t at = kHeaders; size > 0 && at + sizeof(nlattr) <= static_cast<size_t>(size);) {
    nlattr attribute{};
    std::memcpy(&attribute, reply.data() + at, sizeof attribute);
    if (attribute.nla_len < sizeof attribute || at + attribute.nla_len > static_cast<size_t>(size)) break;
    if (attribute.nla_type == CTRL_ATTR_FAMILY_NAME) {
      return reinterpret_cast<const char*>(reply.data() + at + sizeof attribute);  // ends with NUL
    }
    at += NLA_ALIGN(attribute.nla_len);
  }
  return {};
}

// By what a message of NAME does.
const ConstantTable& flags_by_name(std::string_view name) {
  const auto has = [&](std::string_view part) { return name.find(part) != std::string_view::npos; };
  if (has("DEFAULT") || has("IPSET") || has("GETSTAT")) return kNetlinkFlags;
  if (has("GET")) return kNetlinkGetFlags;
  if (has("DEL")) return kNetlinkDeleteFlags;
  return has("NEW") ? kNetlinkNewFlags : kNetlinkFlags;
}

}  // namespace

void put_netlink_type(CallText& text, uint16_t type, unsigned protocol) {
  if (type < NLMSG_MIN_TYPE) return text.enumeration(kNetlinkTypes, type);
  if (protocol == NETLINK_NETFILTER) return put_netfilter_type(text, type);
  if (protocol == NETLINK_GENERIC) return put_named(text, type, generic_family_name(type), kGenericFamilies.unknown);
  text.enumeration(types_of(protocol), type);
}

const ConstantTable& netlink_flags_of(uint16_t type, unsigned protocol) {
  constexpr const ConstantTable* kByVerb[] = {&kNetlinkNewFlags, &kNetlinkDeleteFlags, &kNetlinkGetFlags,
                                              &kNetlinkFlags};
  if (type < NLMSG_MIN_TYPE) return type == NLMSG_ERROR ? kNetlinkAckFlags : kNetlinkFlags;
  switch (protocol) {
    case NETLINK_SOCK_DIAG:
      return kNetlinkGetFlags;
    case NETLINK_XFRM:
      return flags_by_name(kXfrmMessages.find(type));
    case NETLINK_CRYPTO:
      return flags_by_name(kCryptoMessages.find(type));
    case NETLINK_NETFILTER:
      return flags_by_name(kNetfilterMessages.find(type));
    case NETLINK_ROUTE:
      return type == RTM_DELACTION ? kNetlinkGetFlags : *kByVerb[type % 4];  // it takes NLM_F_ROOT
    default:
      return kNetlinkFlags;
  }
}

}  // namespace polytap
