#include "core/syscall/netlink.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "core/syscall/netlink_types.h"
#include "core/syscall/structure.h"
#include "core/syscall/tables.h"
#include "core/syscall/tables_netlink.h"
#include "core/syscall/value_kinds.h"

namespace polytap {
namespace {

using Bytes = std::span<const std::byte>;
using namespace value_kinds;

// More than the kernel puts into one message of a dump.
constexpr size_t kMostBytes = size_t{1} << 20;

void put_header(CallText& text, const nlmsghdr& header, unsigned protocol) {
  text.print("{{nlmsg_len={}, nlmsg_type=", header.nlmsg_len);
  put_netlink_type(text, header.nlmsg_type, protocol);
  text.put(", nlmsg_flags=");
  text.flags(netlink_flags_of(header.nlmsg_type, protocol), header.nlmsg_flags);
  text.print(", nlmsg_seq={}, nlmsg_pid=", header.nlmsg_seq);
  text.process(static_cast<int32_t>(header.nlmsg_pid));
  text.put('}');
}

void put_message(CallText& text, const NetlinkMessage& message);

void put_error_number(CallText& text, int error) {
  const std::string_view name = error < 0 ? errno_name(-error) : std::string_view();
  const ConstantStyle style = text.style.constants;
  if (name.empty() || style != ConstantStyle::kAbbreviated) text.print("{}", error);
  if (name.empty() || style == ConstantStyle::kRaw) return;
  style == ConstantStyle::kVerbose ? text.print(" /* -{} */", name) : text.print("-{}", name);
}

constexpr AttributeRule kErrorRules[] = {
    {NLMSGERR_ATTR_MSG, {Show::kEndedText}},
    {NLMSGERR_ATTR_OFFS, kUint32},
    {NLMSGERR_ATTR_COOKIE, array_of(kUint8)},
};
constexpr AttributeSet kErrorSet{&kNetlinkAckAttributes, kErrorRules, {}};

// struct nlmsgerr: the error, the message that it is about (its header only in capped ones), and attributes.
void put_error(CallText& text, const NetlinkMessage& message) {
  nlmsgerr error{};
  if (message.payload.size() < sizeof error) return put_hex_bytes(text, message.payload, message.context);
  if (put_unreadable(text, message.payload.first(sizeof error), message.context)) return;
  std::memcpy(&error, message.payload.data(), sizeof error);
  const bool capped = (message.header.nlmsg_flags & NLM_F_CAPPED) != 0;
  const Bytes about = message.payload.subspan(offsetof(nlmsgerr, msg));
  const size_t own = std::clamp<size_t>(capped ? 0 : error.msg.nlmsg_len, sizeof error.msg, about.size());
  const Bytes attributes = about.subspan(std::min<size_t>(NLMSG_ALIGN(own), about.size()));
  if (!attributes.empty()) text.put('[');
  text.put("{error=");
  put_error_number(text, error.error);
  text.put(", msg=");
  put_message(text, {error.msg, about.first(own).subspan(sizeof error.msg), message.protocol, message.context});
  text.put('}');
  if (attributes.empty()) return;
  text.put(", ");
  put_attributes(text, attributes, kErrorSet, message.context);
  text.put(']');
}

bool put_known_payload(CallText& text, const NetlinkMessage& message) {
  if (message.header.nlmsg_type < NLMSG_MIN_TYPE) return false;
  switch (message.protocol) {
    case NETLINK_ROUTE:
      return put_route_payload(text, message);
    case NETLINK_SOCK_DIAG:
      return put_diag_payload(text, message);
    case NETLINK_NETFILTER:
      return put_netfilter_payload(text, message);
    case NETLINK_CRYPTO:
      return put_crypto_payload(text, message);
    case NETLINK_SELINUX:
      return put_selinux_payload(text, message);
    default:
      return false;
  }
}

void put_payload(CallText& text, const NetlinkMessage& message) {
  if (message.header.nlmsg_type == NLMSG_ERROR) return put_error(text, message);
  if (put_known_payload(text, message)) return;
  if (message.header.nlmsg_type == NLMSG_DONE && message.payload.size() == sizeof(int)) {
    return put_value(text, message.payload, kInt32, message.context);
  }
  put_hex_bytes(text, message.payload, message.context);
}

void put_message(CallText& text, const NetlinkMessage& message) {
  if (message.payload.empty()) return put_header(text, message.header, message.protocol);
  text.put('[');
  put_header(text, message.header, message.protocol);
  text.put(", ");
  put_payload(text, message);
  text.put(']');
}

void put_messages(CallText& text, Bytes bytes, unsigned protocol, const MessageContext& context) {
  bool is_list = false;
  Bytes rest = bytes;
  for (size_t count = 0;; count++) {
    NetlinkMessage message{{}, {}, protocol, context};
    constexpr size_t kHeader = sizeof message.header;
    if (rest.size() < kHeader) {
      put_hex_bytes(text, rest, context);
      break;
    }
    const Bytes start = rest.first(kHeader);
    if (is_list ? put_unreadable_element(text, start, context) : put_unreadable(text, start, context)) break;
    if (!text.style.verbose && count == text.style.string_limit) {
      text.put("...");
      break;
    }
    std::memcpy(&message.header, start.data(), kHeader);
    const uint32_t own = message.header.nlmsg_len;
    const uint32_t step = NLMSG_ALIGN(own);  // 0 behind the largest lengths: then there is no next one
    const bool has_next = own >= kHeader && step > 0 && rest.size() > step;
    if (has_next && !std::exchange(is_list, true)) text.put('[');
    message.payload = rest.first(std::clamp<size_t>(own, kHeader, rest.size())).subspan(kHeader);
    put_message(text, message);
    if (!has_next) break;
    text.put(", ");
    rest = rest.subspan(step);
  }
  if (is_list) text.put(']');
}

}  // namespace

void put_netlink_messages(CallText& text, uint64_t address, uint64_t length, unsigned protocol) {
  if (address == 0) return text.address(address);
  if (!text.style.dereference) return text.buffer(address, length);
  std::vector<std::byte> memory(std::min<uint64_t>(length, kMostBytes));
  const size_t readable = memory.empty() ? 0 : text.memory.read(address, memory);
  if (memory.empty()) return text.put("\"\"");
  const ReadMemory source{memory.data(), readable, address};
  const MessageContext context{0, &source};
  if (protocol == NETLINK_KOBJECT_UEVENT) {
    if (!put_device_event(text, memory, context)) text.buffer(address, length);
    return;
  }
  put_messages(text, memory, protocol, context);
}

}  // namespace polytap
