// The values of socket options, and control messages.
#pragma once

#include <cstdint>

#include "core/syscall/call_text.h"

namespace polytap::printers {

// The LENGTH bytes of control messages at AT (msg_control of struct msghdr).
void put_control_messages(CallText& text, uint64_t at, uint64_t length);

}  // namespace polytap::printers
