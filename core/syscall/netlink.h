// Netlink messages as strace shows them (netlink(7); linux/netlink.h).
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/syscall/call_text.h"

namespace polytap {

// The messages in LENGTH bytes at ADDRESS, of a socket of PROTOCOL (NETLINK_ROUTE, ...); the address where they cannot
// be read.
void put_netlink_messages(CallText& text, uint64_t address, uint64_t length, unsigned protocol);

// The families whose payloads are known; each returns false for a type that it does not know.
// rtnetlink(7).
bool put_route_payload(CallText& text, uint16_t type, std::span<const std::byte> payload);
// sock_diag(7). IS_REQUEST: from the program to the kernel.
bool put_diag_payload(CallText& text, uint16_t type, bool is_request, std::span<const std::byte> payload);
// The controller of generic netlink (linux/genetlink.h).
bool put_generic_payload(CallText& text, uint16_t type, std::span<const std::byte> payload);

// nfnetlink: every message has the same header (linux/netfilter/nfnetlink.h).
bool put_netfilter_payload(CallText& text, uint16_t type, std::span<const std::byte> payload);

}  // namespace polytap
