// The control block of a BreakpointSet: the SIGTRAP handler in the tracee, and its table.
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "backends/ptrace/breakpoint_set.h"
#include "backends/ptrace/relocate.h"

namespace polytap {
namespace {

// On an alternate stack where there is one: stacks of coroutines may be too small for a signal frame.
constexpr uint64_t kRestorerFlag = 0x04000000;  // SA_RESTORER, which <signal.h> does not show
constexpr uint64_t kHandlerFlags = SA_SIGINFO | SA_NODEFER | SA_ONSTACK | kRestorerFlag;
constexpr uint64_t kSignalSetBytes = 8;

// Behind the table.
constexpr uint64_t kAreasBytes = 2048;
constexpr uint64_t kAreasAt = kControlBytes - 4096;
constexpr uint64_t kActionAt = kControlBytes - 64;

std::span<const std::byte> bytes_of(const auto& value) { return std::as_bytes(std::span(&value, 1)); }
std::span<std::byte> room_of(auto& value) { return std::as_writable_bytes(std::span(&value, 1)); }

KernelSignalAction our_action(uint64_t control) {
  const TrapHandlerImage image = trap_handler_image();
  return {control + image.handler, kHandlerFlags, control + image.restorer, 0};
}

}  // namespace

Status BreakpointSet::write_word(uint64_t address, uint64_t value) { return memory_.write(address, bytes_of(value)); }

// The entry before the number of them: the handler may run at any time from now on.
Status BreakpointSet::write_entry(const Breakpoint& breakpoint) {
  const TrapHandlerImage image = trap_handler_image();
  const TrapTableEntry entry{breakpoint.address, breakpoint.slot, static_cast<uint64_t>(breakpoint.original)};
  TRY(memory_.write(control_ + image.table + breakpoint.table_index * sizeof entry, bytes_of(entry)));
  return write_word(control_ + image.count, entries_);
}

Status BreakpointSet::install_handler(CallsOnDemand& calls) {
  const TrapHandlerImage image = trap_handler_image();
  if (control_ != 0) {
    TRY(calls.call(SYS_rt_sigaction, {SIGTRAP, control_ + kActionAt, 0, kSignalSetBytes, 0, 0}));
    return {};
  }
  // Writable until the kernel has put the former action there.
  ASSIGN_OR_RETURN(const uint64_t block, map(calls, 0, kControlBytes, PROT_READ | PROT_WRITE));
  TRY(calls.call(SYS_rt_sigaction, {SIGTRAP, 0, block + image.former, kSignalSetBytes, 0, 0}));
  KernelSignalAction former;
  if (!memory_.read(block + image.former, room_of(former))) return Error("the traced process has ended", ESRCH);
  if (adopt_leftovers(former)) {
    TRY(calls.call(SYS_munmap, {block, kControlBytes, 0, 0, 0, 0}));
    return {};
  }
  TRY(memory_.write(block, image.bytes));
  TRY(memory_.write(block + image.former, bytes_of(former)));
  TRY(memory_.write(block + kActionAt, bytes_of(our_action(block))));
  TRY(calls.call(SYS_mprotect, {block, kControlBytes, PROT_READ | PROT_EXEC, 0, 0, 0}));
  TRY(calls.call(SYS_rt_sigaction, {SIGTRAP, block + kActionAt, 0, kSignalSetBytes, 0, 0}));
  control_ = block;
  return {};
}

// For who comes after a killed polytap.
Status BreakpointSet::record_areas() {
  std::vector<uint64_t> words = {areas_.size()};
  for (const Area& area : areas_) {
    words.push_back(area.start);
    words.push_back(area.slots);
  }
  if (words.size() * sizeof words[0] > kAreasBytes) return Error("too many areas of breakpoints", ENOSPC);
  return memory_.write(control_ + kAreasAt, std::as_bytes(std::span(words)));
}

// The block of a killed polytap becomes this set's own, with its areas. The int3s are taken away, but threads that are
// about to hit one find their slots.
bool BreakpointSet::adopt_leftovers(const KernelSignalAction& action) {
  const TrapHandlerImage image = trap_handler_image();
  const uint64_t block = action.handler - image.handler;
  std::vector<std::byte> code(image.former);
  uint64_t count = 0;
  uint64_t areas = 0;
  if (!memory_.read(block, code) || memcmp(code.data(), image.bytes.data(), code.size()) != 0 ||
      !memory_.read(block + image.count, room_of(count)) || count > kTrapTableEntries ||
      !memory_.read(block + kAreasAt, room_of(areas)) || areas > kAreasBytes / sizeof(Area)) {
    return false;
  }
  std::vector<TrapTableEntry> table(count);
  std::vector<uint64_t> words(2 * areas);
  if (!memory_.read(block + image.table, std::as_writable_bytes(std::span(table))) ||
      !memory_.read(block + kAreasAt + sizeof areas, std::as_writable_bytes(std::span(words)))) {
    return false;
  }
  control_ = block;
  entries_ = count;
  for (size_t i = 0; i < areas; i++) areas_.push_back({words[2 * i], words[2 * i + 1], {}});
  for (size_t i = 0; i < count; i++) adopt(table[i], i);
  return true;
}

void BreakpointSet::adopt(const TrapTableEntry& entry, size_t index) {
  Breakpoint breakpoint;
  breakpoint.address = entry.address;
  breakpoint.slot = entry.slot;
  breakpoint.table_index = index;
  breakpoint.original = static_cast<std::byte>(entry.original);
  std::byte value{};
  if (memory_.read(entry.address, {&value, 1}) && value == std::byte{0xcc}) {
    [[maybe_unused]] Status gone = memory_.write(entry.address, {&breakpoint.original, 1});
  }
  breakpoints_.insert_or_assign(entry.address, breakpoint);
  for (Area& area : areas_) {
    if (entry.slot < area.start || entry.slot >= area.start + area.slots * kSlotSize) continue;
    const size_t slot = (entry.slot - area.start) / kSlotSize;
    area.used.resize(std::max(area.used.size(), slot + 1));
    area.used[slot] = entry.address;
  }
}

Status BreakpointSet::remove(CallsOnDemand& calls, bool unmap) {
  if (control_ == 0) return {};
  const TrapHandlerImage image = trap_handler_image();
  KernelSignalAction current;
  const uint64_t current_at = control_ + kActionAt;
  TRY(calls.call(SYS_mprotect, {control_, kControlBytes, PROT_READ | PROT_WRITE, 0, 0, 0}));
  TRY(calls.call(SYS_rt_sigaction, {SIGTRAP, 0, current_at, kSignalSetBytes, 0, 0}));
  // The program may have set another one since.
  if (memory_.read(current_at, room_of(current)) && current.handler == our_action(control_).handler) {
    TRY(calls.call(SYS_rt_sigaction, {SIGTRAP, control_ + image.former, 0, kSignalSetBytes, 0, 0}));
  }
  if (!unmap) {  // some thread is in the handler, or comes back to a slot
    TRY(calls.call(SYS_mprotect, {control_, kControlBytes, PROT_READ | PROT_EXEC, 0, 0, 0}));
    return {};
  }
  for (const Area& area : areas_) TRY(calls.call(SYS_munmap, {area.start, area.slots * kSlotSize, 0, 0, 0, 0}));
  TRY(calls.call(SYS_munmap, {control_, kControlBytes, 0, 0, 0, 0}));
  return {};
}

}  // namespace polytap
