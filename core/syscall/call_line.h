// One system call as a line of text, as strace shows it when nothing is asked of it: for those that see a call's entry
// and its exit, and want the line as a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "core/syscall/call_text.h"
#include "core/syscall/render_call.h"

namespace polytap {

class CallLine {
 public:
  // CALL is entered by thread TID.
  void begin(const CallValues& call, pid_t tid, uint64_t stack_pointer);
  // Between the entry and the exit of a call.
  bool is_begun() const { return begun_; }
  // What is known at the entry, put down now: what arguments point to may be another thing at the exit.
  void keep_entry(const MemoryView& memory, SocketFacts& sockets);
  void end(int64_t result, bool failed);
  // The call is over, and nothing more is asked about it.
  void forget() { begun_ = false; }

  // At the entry without a result, where what the call is to fill in is an address; behind end() with it.
  std::string text(const MemoryView& memory, SocketFacts& sockets) const;

 private:
  struct Entry {
    std::string text;
    CallProgress progress;
    int entry_int = -1;
  };
  Entry render_kept(const MemoryView& memory, SocketFacts& sockets) const;
  void set_up(CallText& text, SocketFacts& sockets) const;

  CallValues call_;
  pid_t tid_ = 0;
  uint64_t stack_pointer_ = 0;
  bool begun_ = false;
  bool ended_ = false;
  std::optional<Entry> entry_;
};

// strace's column of results (-a).
inline constexpr size_t kResultColumn = 40;

// The int that a call which fills in a socket address reads before: the room for it. -1: CALL is none, or it cannot be
// read.
int room_for_address(const CallText& text);

}  // namespace polytap
