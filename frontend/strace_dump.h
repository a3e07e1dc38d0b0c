// strace's -e read= and -e write=: all that goes through a file descriptor, in hex and text.
#pragma once

#include <cstdint>
#include <set>
#include <string>

#include "core/syscall/call_text.h"

namespace polytap {

// File descriptors; "all" is every one.
struct FdSet {
  std::set<int> members;
  bool all = false;
  bool inverted = false;
  bool contains(int fd) const { return (all || members.contains(fd)) != inverted; }
  bool empty() const { return all ? inverted : members.empty() && !inverted; }
};

// The lines behind a call that succeeded; empty when it moved no bytes through a descriptor of the sets.
std::string dump_data(const CallValues& call, const MemoryView& memory, const FdSet& reads, const FdSet& writes);

}  // namespace polytap
