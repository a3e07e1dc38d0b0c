#include "core/syscall/call_line.h"

#include <linux/unistd.h>

#include <string_view>

#include "core/syscall/i386.h"

namespace polytap {

void CallLine::begin(const CallValues& call, pid_t tid, uint64_t stack_pointer) {
  call_ = call;
  if (is_x32(call_.number)) translate_x32(call_);
  tid_ = tid;
  stack_pointer_ = stack_pointer;
  begun_ = true;
  ended_ = false;
  entry_.reset();
}

void CallLine::set_up(CallText& text, SocketFacts& sockets) const {
  text.sockets = &sockets;
  text.pid = tid_;
  text.stack_pointer = stack_pointer_;
}

CallLine::Entry CallLine::render_kept(const MemoryView& memory, SocketFacts& sockets) const {
  Entry entry;
  CallValues call = call_;
  call.result = 0;
  call.failed = false;
  const RenderStyle style;
  CallText text(entry.text, memory, style, call);
  set_up(text, sockets);
  entry.entry_int = text.entry_int = room_for_address(text);
  entry.progress = render_entry(text);
  return entry;
}

void CallLine::keep_entry(const MemoryView& memory, SocketFacts& sockets) { entry_ = render_kept(memory, sockets); }

void CallLine::end(int64_t result, bool failed) {
  call_.result = result;
  call_.failed = failed;
  ended_ = true;
}

std::string CallLine::text(const MemoryView& memory, SocketFacts& sockets) const {
  Entry entry = entry_ ? *entry_ : render_kept(memory, sockets);
  CallValues call = call_;
  // Nothing is filled in yet, as it is when a call has failed.
  if (!ended_) call.failed = true;
  const RenderStyle style;
  CallText text(entry.text, memory, style, call);
  set_up(text, sockets);
  text.entry_int = entry.entry_int;
  render_exit(text, entry.progress);
  if (!ended_) return entry.text;
  entry.text += ' ';
  if (entry.text.size() < kResultColumn) entry.text.resize(kResultColumn, ' ');
  text.put("= ");
  render_result(text);
  return entry.text;
}

int room_for_address(const CallText& text) {
  size_t index = 0;
  switch (text.call.number) {
    case __NR_accept:
    case __NR_accept4:
    case __NR_getsockname:
    case __NR_getpeername:
      index = 2;
      break;
    case __NR_recvfrom:
      index = 5;
      break;
    case __NR_getsockopt:
      index = 4;
      break;
    case __NR_recvmsg: {
      // msg_namelen lies behind the pointer msg_name.
      int length = -1;
      return text.memory.read_object(text.argument(1) + 8, length) ? length : -1;
    }
    default:
      return -1;
  }
  int value = -1;
  return text.argument(index) != 0 && text.memory.read_object(text.argument(index), value) ? value : -1;
}

}  // namespace polytap
