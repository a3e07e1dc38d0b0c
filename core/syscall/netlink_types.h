// The types and flags in the headers of netlink messages, by protocol.
#pragma once

#include <cstdint>

#include "core/syscall/call_text.h"
#include "core/syscall/constants.h"

namespace polytap {

// RTM_NEWLINK; NFNL_SUBSYS_CTNETLINK<<8|IPCTNL_MSG_CT_NEW; the name of a generic family, which the kernel is asked for.
void put_netlink_type(CallText& text, uint16_t type, unsigned protocol);

// What the higher bits mean depends on what a message does (linux/netlink.h).
const ConstantTable& netlink_flags_of(uint16_t type, unsigned protocol);

}  // namespace polytap
