// Netlink messages as strace shows them (netlink(7); linux/netlink.h).
#pragma once

#include <linux/netlink.h>

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/syscall/call_text.h"
#include "core/syscall/structure.h"

namespace polytap {

// The messages in LENGTH bytes at ADDRESS, of a socket of PROTOCOL (NETLINK_ROUTE, ...); the address where they cannot
// be read.
void put_netlink_messages(CallText& text, uint64_t address, uint64_t length, unsigned protocol);

// One message, and what is behind its header.
struct NetlinkMessage {
  nlmsghdr header{};
  std::span<const std::byte> payload;  // not empty
  unsigned protocol = 0;
  MessageContext context;
};

// A structure that messages begin with, and the attributes behind it.
struct MessageLayout {
  const Structure* header = nullptr;
  const AttributeSet* attributes = nullptr;  // null: nothing is shown behind the structure
};

// The structure, whose first field is the address family of a byte, and the attributes. Of a payload that ends before
// the structure does, the family alone.
void put_layout(CallText& text, std::span<const std::byte> payload, const MessageLayout& layout,
                const MessageContext& context);

// The protocols whose payloads are known; each returns false for what it does not know.
// rtnetlink(7).
bool put_route_payload(CallText& text, const NetlinkMessage& message);
// sock_diag(7).
bool put_diag_payload(CallText& text, const NetlinkMessage& message);
// nfnetlink: every message has the same header (linux/netfilter/nfnetlink.h).
bool put_netfilter_payload(CallText& text, const NetlinkMessage& message);
// linux/cryptouser.h.
bool put_crypto_payload(CallText& text, const NetlinkMessage& message);
// linux/selinux_netlink.h.
bool put_selinux_payload(CallText& text, const NetlinkMessage& message);
// What udevd tells its clients; false for the kernel's own events, which are texts.
bool put_device_event(CallText& text, std::span<const std::byte> bytes, const MessageContext& context);

}  // namespace polytap
