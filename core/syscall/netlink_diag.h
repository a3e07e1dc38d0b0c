// What the descriptions of sock_diag(7)'s families share.
#pragma once

#include "core/syscall/netlink.h"

namespace polytap {

// Of AF_INET and AF_INET6; the oldest requests have a TYPE of their own.
const MessageLayout& inet_diag_layout(bool is_request, uint16_t type);

// struct inet_diag_sockid: {idiag_sport=htons(22), ..}
void put_diag_ends(CallText& text, std::span<const std::byte> bytes, uint8_t family);

}  // namespace polytap
