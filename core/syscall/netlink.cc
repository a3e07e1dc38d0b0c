#include "core/syscall/netlink.h"

#include <linux/genetlink.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/syscall/structure.h"
#include "core/syscall/tables.h"
#include "core/syscall/tables_netlink.h"
#include "core/syscall/tables_netlink_types.h"

namespace polytap {
namespace {

using Bytes = std::span<const std::byte>;

// More than the kernel puts into one message of a dump.
constexpr size_t kMostBytes = size_t{1} << 20;

const ConstantTable& types_of(unsigned protocol) {
  switch (protocol) {
    case NETLINK_ROUTE:
      return kRouteMessages;
    case NETLINK_SOCK_DIAG:
      return kDiagMessages;
    case NETLINK_GENERIC:
      return kGenericFamilies;
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
    case NFNL_SUBSYS_NFT_COMPAT:
      return "NFNL_MSG_COMPAT_?"
             "??";
    default:
      return {};
  }
}

// NFNL_SUBSYS_CTNETLINK<<8|IPCTNL_MSG_CT_NEW.
void put_netfilter_type(CallText& text, uint16_t type) {
  const std::string_view name = kNetfilterMessages.find(type);
  if (!name.empty()) return text.put(name);
  text.enumeration(kNetfilterSubsystems, static_cast<uint64_t>(type) >> 8);
  text.put("<<8|");
  text.hex(type & 0xffU);
  if (const std::string_view unknown = unknown_netfilter_message(type >> 8); !unknown.empty()) {
    text.print(" /* {} */", unknown);
  }
}

void put_type(CallText& text, uint16_t type, unsigned protocol) {
  if (protocol == NETLINK_NETFILTER && type >= NLMSG_MIN_TYPE) return put_netfilter_type(text, type);
  const bool of_all = type < NLMSG_MIN_TYPE && (type != 0 || types_of(protocol).find(type).empty());
  text.enumeration(of_all ? kNetlinkTypes : types_of(protocol), type);
}

// By what a message of NAME does.
const ConstantTable& flags_by_name(std::string_view name) {
  if (name.find("GET") != std::string_view::npos) return kNetlinkGetFlags;
  if (name.find("DEL") != std::string_view::npos) return kNetlinkDeleteFlags;
  if (name.find("NEW") != std::string_view::npos || name.find("UPD") != std::string_view::npos) return kNetlinkNewFlags;
  return kNetlinkFlags;
}

// What the higher bits mean depends on what a message does (linux/netlink.h).
const ConstantTable& flags_of(uint16_t type, unsigned protocol) {
  if (type == NLMSG_ERROR) return kNetlinkAckFlags;
  if (type < NLMSG_MIN_TYPE) return kNetlinkFlags;
  if (protocol == NETLINK_SOCK_DIAG) return kNetlinkGetFlags;
  if (protocol == NETLINK_XFRM) return flags_by_name(kXfrmMessages.find(type));
  if (protocol == NETLINK_NETFILTER) return flags_by_name(kNetfilterMessages.find(type));
  if (protocol != NETLINK_ROUTE) return kNetlinkFlags;
  constexpr const ConstantTable* kByVerb[] = {&kNetlinkNewFlags, &kNetlinkDeleteFlags, &kNetlinkGetFlags,
                                              &kNetlinkFlags};
  return *kByVerb[type % 4];
}

void put_header(CallText& text, const nlmsghdr& header, unsigned protocol) {
  text.print("{{nlmsg_len={}, nlmsg_type=", header.nlmsg_len);
  put_type(text, header.nlmsg_type, protocol);
  text.put(", nlmsg_flags=");
  text.flags(flags_of(header.nlmsg_type, protocol), header.nlmsg_flags);
  text.print(", nlmsg_seq={}, nlmsg_pid={}}}", header.nlmsg_seq, static_cast<int32_t>(header.nlmsg_pid));
}

void put_message(CallText& text, Bytes bytes, unsigned protocol);

void put_error_number(CallText& text, int error) {
  const std::string_view name = errno_name(-error);
  if (error < 0 && !name.empty()) {
    text.print("-{}", name);
  } else {
    text.print("{}", error);
  }
}

// How much of the message that an error is about lies in PAYLOAD.
size_t inner_length(const nlmsghdr& header, Bytes payload) {
  nlmsghdr inner{};
  if ((header.nlmsg_flags & NLM_F_CAPPED) != 0 || payload.size() < sizeof(int) + sizeof inner) return sizeof inner;
  std::memcpy(&inner, payload.data() + sizeof(int), sizeof inner);
  return std::min<size_t>(inner.nlmsg_len, payload.size() - sizeof(int));
}

// struct nlmsgerr: the error and the message that it is about, whole or its header only.
void put_error(CallText& text, const nlmsghdr& header, Bytes payload, unsigned protocol) {
  int error = 0;
  std::memcpy(&error, payload.data(), sizeof error);
  const size_t whole = sizeof error + std::max<size_t>(inner_length(header, payload), sizeof(nlmsghdr));
  const bool has_attributes = (header.nlmsg_flags & NLM_F_ACK_TLVS) != 0 && NLMSG_ALIGN(whole) < payload.size();
  if (has_attributes) text.put('[');
  text.put("{error=");
  put_error_number(text, error);
  const Bytes about = payload.subspan(sizeof error);
  if (about.size() >= sizeof(nlmsghdr)) {
    text.put(", msg=");
    nlmsghdr inner{};
    std::memcpy(&inner, about.data(), sizeof inner);
    const bool capped = (header.nlmsg_flags & NLM_F_CAPPED) != 0;
    const size_t own = capped ? sizeof inner : std::clamp<size_t>(inner.nlmsg_len, sizeof inner, about.size());
    put_message(text, about.first(own), protocol);
    text.put('}');
    const Bytes attributes = about.subspan(std::min<size_t>(NLMSG_ALIGN(own), about.size()));
    if ((header.nlmsg_flags & NLM_F_ACK_TLVS) == 0 || attributes.empty()) return;
    text.put(", ");
    static constexpr AttributeRule kRules[] = {
        {NLMSGERR_ATTR_MSG, {ValueKind::Show::kText}},
        {NLMSGERR_ATTR_OFFS, {ValueKind::Show::kUnsigned, nullptr, nullptr, nullptr, 4}},
    };
    static constexpr AttributeSet kSet{&kNetlinkAckAttributes, kRules, {}};
    put_attributes(text, attributes, kSet);
    return text.put(']');
  }
  text.put('}');
}

void put_payload(CallText& text, const nlmsghdr& header, Bytes payload, unsigned protocol) {
  if (header.nlmsg_type == NLMSG_DONE && payload.size() == sizeof(int)) {
    int result = 0;
    std::memcpy(&result, payload.data(), sizeof result);
    return put_error_number(text, result);
  }
  if (header.nlmsg_type == NLMSG_ERROR && payload.size() >= sizeof(nlmsgerr)) {
    return put_error(text, header, payload, protocol);
  }
  const bool known = protocol == NETLINK_ROUTE ? put_route_payload(text, header.nlmsg_type, payload)
                     : protocol == NETLINK_SOCK_DIAG
                         ? put_diag_payload(text, header.nlmsg_type, (header.nlmsg_flags & NLM_F_REQUEST) != 0, payload)
                     : protocol == NETLINK_GENERIC   ? put_generic_payload(text, header.nlmsg_type, payload)
                     : protocol == NETLINK_NETFILTER ? put_netfilter_payload(text, header.nlmsg_type, payload)
                                                     : false;
  if (known) return;
  put_value(text, payload, {ValueKind::Show::kBytes});
}

// One message: BYTES begins with its header and ends with it.
void put_message(CallText& text, Bytes bytes, unsigned protocol) {
  nlmsghdr header{};
  std::memcpy(&header, bytes.data(), sizeof header);
  const Bytes payload = bytes.subspan(sizeof header);
  if (payload.empty()) return put_header(text, header, protocol);
  text.put('[');
  put_header(text, header, protocol);
  text.put(", ");
  put_payload(text, header, payload, protocol);
  text.put(']');
}

}  // namespace

void put_netlink_messages(CallText& text, uint64_t address, uint64_t length, unsigned protocol) {
  std::vector<std::byte> memory(std::min<uint64_t>(length, kMostBytes));
  // Messages of user space's own and of the kernel about its objects are no netlink messages (udev(7)).
  if (address == 0 || memory.size() < sizeof(nlmsghdr) || protocol == NETLINK_KOBJECT_UEVENT ||
      text.memory.read(address, memory) != memory.size()) {
    return text.buffer(address, length);
  }
  const Bytes bytes(memory);
  const auto header_at = [&](size_t at) {
    nlmsghdr header{};
    std::memcpy(&header, bytes.data() + at, sizeof header);
    return header;
  };
  const auto has_header = [&](size_t at) { return at + sizeof(nlmsghdr) <= bytes.size(); };
  const uint32_t first = header_at(0).nlmsg_len;
  const bool several = first >= sizeof(nlmsghdr) && has_header(NLMSG_ALIGN(first));
  if (several) text.put('[');
  size_t count = 0;
  for (size_t at = 0; has_header(at);) {
    if (at > 0) text.put(", ");
    if (!text.style.verbose && count++ >= text.style.string_limit) {
      text.put("...");
      break;
    }
    const uint32_t own = header_at(at).nlmsg_len;
    put_message(text, bytes.subspan(at, std::clamp<size_t>(own, sizeof(nlmsghdr), bytes.size() - at)), protocol);
    if (own < sizeof(nlmsghdr)) break;
    at += NLMSG_ALIGN(own);
  }
  if (several) text.put(']');
}

}  // namespace polytap
