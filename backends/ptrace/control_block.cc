// The control block of a BreakpointSet: the SIGTRAP handler in the tracee, and its table.
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>

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
  const bool is_new = control_ == 0;
  if (is_new) {
    // Writable until the kernel has put the former action there.
    ASSIGN_OR_RETURN(control_, map(calls, 0, kControlBytes, PROT_READ | PROT_WRITE));
    TRY(memory_.write(control_, image.bytes));
  }
  const uint64_t action_at = control_ + kControlBytes - 2 * sizeof(KernelSignalAction);
  const uint64_t former_at = is_new ? action_at + sizeof(KernelSignalAction) : 0;
  TRY(memory_.write(action_at, bytes_of(our_action(control_))));
  TRY(calls.call(SYS_rt_sigaction, {SIGTRAP, action_at, former_at, kSignalSetBytes, 0, 0}));
  if (!is_new) return {};
  KernelSignalAction former;
  if (!memory_.read(former_at, room_of(former))) return Error("the traced process has ended", ESRCH);
  former = adopt_leftovers(former);
  TRY(memory_.write(control_ + image.former, bytes_of(former)));
  TRY(calls.call(SYS_mprotect, {control_, kControlBytes, PROT_READ | PROT_EXEC, 0, 0, 0}));
  return {};
}

// The leftovers' slots and handler stay mapped: threads may be in them.
KernelSignalAction BreakpointSet::adopt_leftovers(const KernelSignalAction& action) {
  const TrapHandlerImage image = trap_handler_image();
  const uint64_t block = action.handler - image.handler;
  std::vector<std::byte> code(image.former);
  if (!memory_.read(block, code) || memcmp(code.data(), image.bytes.data(), code.size()) != 0) return action;
  KernelSignalAction former = action;
  uint64_t count = 0;
  if (!memory_.read(block + image.former, room_of(former)) || !memory_.read(block + image.count, room_of(count)) ||
      count > kTrapTableEntries) {
    return action;
  }
  for (uint64_t i = 0; i < count; i++) {
    TrapTableEntry entry;
    std::byte value{};
    if (!memory_.read(block + image.table + i * sizeof entry, room_of(entry))) break;
    const auto original = static_cast<std::byte>(entry.original);
    if (memory_.read(entry.address, {&value, 1}) && value == std::byte{0xcc}) {
      [[maybe_unused]] Status gone = memory_.write(entry.address, {&original, 1});
    }
  }
  return former;
}

Status BreakpointSet::remove(CallsOnDemand& calls, bool unmap) {
  if (control_ == 0) return {};
  const TrapHandlerImage image = trap_handler_image();
  KernelSignalAction current;
  const uint64_t current_at = control_ + image.table;  // no breakpoint is in place any more
  TRY(calls.call(SYS_mprotect, {control_, kControlBytes, PROT_READ | PROT_WRITE, 0, 0, 0}));
  TRY(calls.call(SYS_rt_sigaction, {SIGTRAP, 0, current_at, kSignalSetBytes, 0, 0}));
  // The program may have set another one since.
  if (memory_.read(current_at, room_of(current)) && current.handler == our_action(control_).handler) {
    TRY(calls.call(SYS_rt_sigaction, {SIGTRAP, control_ + image.former, 0, kSignalSetBytes, 0, 0}));
  }
  if (!unmap) return {};
  for (const Area& area : areas_) TRY(calls.call(SYS_munmap, {area.start, area.slots * kSlotSize, 0, 0, 0, 0}));
  TRY(calls.call(SYS_munmap, {control_, kControlBytes, 0, 0, 0, 0}));
  return {};
}

}  // namespace polytap
