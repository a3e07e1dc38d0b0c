#include "backends/ptrace/function_probes.h"

#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>

#include <algorithm>
#include <span>

#include "backends/ptrace/user_memory.h"
#include "core/base/check.h"

namespace polytap {
namespace {

bool set_ip(pid_t tid, uint64_t ip) { return ptrace(PTRACE_POKEUSER, tid, offsetof(user_regs_struct, rip), ip) == 0; }

// Whether the thread came by a return. A catch of an exception or a longjmp can lead to a return address by other ways
// (often it does: to what follows the call); then something else has been called since, and its return address has
// overwritten this one just below the stack pointer.
bool has_returned(pid_t tid, const user_regs_struct& registers) {
  uint64_t popped = 0;
  return read_user_memory(tid, registers.rsp - sizeof popped, std::as_writable_bytes(std::span(&popped, 1))) &&
         popped == registers.rip;
}

}  // namespace

void FunctionProbes::finish(const Tracee& tracee, CallsOnDemand& calls) {
  if (const std::optional<int> end = calls.finish()) ends_.emplace_back(tracee.tid, *end);
}

Status FunctionProbes::set_up(Tracee& tracee) {
  if (tracee.breakpoints == nullptr) {
    ASSIGN_OR_RETURN(tracee.breakpoints, BreakpointSet::create(tracee.tid));
  } else if (tracee.breakpoints->handler_installed()) {
    // The memory is another process's too, the handlers of signals may not be.
    CallsOnDemand calls(tracee.tid, tracee.breakpoints->memory(), false);
    Status status = tracee.breakpoints->install_handler(calls);
    finish(tracee, calls);
    return status;
  }
  look(tracee);
  return {};
}

void FunctionProbes::look(Tracee& tracee) {
  CallsOnDemand calls(tracee.tid, tracee.breakpoints->memory(), false);
  Result<size_t> failed = tracee.breakpoints->look(calls, sites_);
  if (failed.ok()) missed_ += failed.value();
  finish(tracee, calls);
}

void FunctionProbes::on_fork(const Tracee& parent, bool threads, Tracee& child, Made made) {
  if (parent.breakpoints == nullptr) return;
  if (made != Made::kProcess) {
    child.breakpoints = parent.breakpoints;
  } else {
    Result<std::shared_ptr<BreakpointSet>> copy = parent.breakpoints->copy_for(child.tid, threads);
    if (!copy.ok()) return;  // it has ended already
    child.breakpoints = std::move(copy).value();
  }
  // A thread begins on a stack of its own.
  if (made != Made::kThread) child.returns = parent.returns;
}

void FunctionProbes::on_exec(Tracee& tracee) {
  tracee.returns.clear();
  tracee.skip = {};
  tracee.new_image = true;
  Result<std::shared_ptr<BreakpointSet>> made = BreakpointSet::create(tracee.tid);
  tracee.breakpoints = made.ok() ? std::move(made).value() : nullptr;
  if (tracee.breakpoints != nullptr) tracee.breakpoints->set_watches_calls(true);
}

bool FunctionProbes::on_trap(Tracee& tracee, const Run& run) {
  if (tracee.breakpoints == nullptr) return false;
  user_regs_struct registers;
  if (ptrace(PTRACE_GETREGS, tracee.tid, nullptr, &registers) != 0) return true;  // killed: there is an end to come
  BreakpointSet& set = *tracee.breakpoints;
  const Breakpoint* hit = set.find(registers.rip - 1);
  if (hit == nullptr) return false;
  registers.rip = hit->address;
  // At once: whatever happens to polytap from here on, it goes on there.
  set_ip(tracee.tid, hit->slot);
  const bool again = tracee.skip.address == hit->address && tracee.skip.sp == registers.rsp;
  if (again) {
    tracee.skip = {};
    return true;
  }

  CallsOnDemand calls(tracee.tid, set.memory(), true);
  const FunctionPlace* place = hit->place;
  const bool linker = hit->linker;
  if (tracee.returns.size() != 0) {
    const std::vector<const FunctionPlace*> returned = tracee.returns.pop(registers.rip, registers.rsp);
    if (!returned.empty() && has_returned(tracee.tid, registers)) {
      for (const FunctionPlace* from : returned) run(from->returns, registers, false);
    }
  }
  if (place != nullptr) {
    if (!place->entry.empty()) run(place->entry, registers, place->is_entry);
    if (!place->returns.empty()) enter(tracee, calls, registers, *place);
  }
  if (linker) {
    Result<size_t> failed = set.look(calls, sites_);
    if (failed.ok()) missed_ += failed.value();
    if (set.linker() && set.linker()->is_consistent(set.memory())) set.set_watches_calls(false);
  }
  finish(tracee, calls);
  return true;
}

void FunctionProbes::enter(Tracee& tracee, CallsOnDemand& calls, const user_regs_struct& registers,
                           const FunctionPlace& place) {
  uint64_t address = 0;
  if (!read_user_memory(tracee.tid, registers.rsp, std::as_writable_bytes(std::span(&address, 1))) ||
      tracee.breakpoints->place_return(calls, address) == nullptr) {
    missed_++;
    return;
  }
  tracee.returns.push({address, registers.rsp + sizeof address, &place});
}

void FunctionProbes::before_signal(Tracee& tracee) {
  if (tracee.breakpoints == nullptr || !tracee.breakpoints->handler_installed()) return;
  user_regs_struct registers;
  if (ptrace(PTRACE_GETREGS, tracee.tid, nullptr, &registers) != 0) return;
  const Breakpoint* in_slot = tracee.breakpoints->find_slot(registers.rip);
  if (tracee.breakpoints->in_handler(registers.rip)) tracee.breakpoints->keep_mapped();
  if (in_slot == nullptr) return;
  const std::optional<uint64_t> place = BreakpointSet::original_place(*in_slot, registers.rip);
  if (!place) {
    tracee.breakpoints->keep_mapped();  // for a signal frame leads back there
    return;
  }
  set_ip(tracee.tid, *place);
  // Behind the handler it comes to the breakpoint again.
  if (*place == in_slot->address) tracee.skip = {in_slot->address, registers.rsp};
}

bool FunctionProbes::step_back(const Tracee& tracee) {
  if (tracee.breakpoints == nullptr) return false;
  user_regs_struct registers;
  if (ptrace(PTRACE_GETREGS, tracee.tid, nullptr, &registers) != 0) return true;
  const Breakpoint* hit = tracee.breakpoints->find(registers.rip - 1);
  return hit != nullptr && set_ip(tracee.tid, hit->address);
}

bool FunctionProbes::hit_before(const Tracee& tracee) const {
  user_regs_struct registers;
  return tracee.breakpoints != nullptr && ptrace(PTRACE_GETREGS, tracee.tid, nullptr, &registers) == 0 &&
         tracee.breakpoints->find(registers.rip - 1) != nullptr;
}

void FunctionProbes::remove(const std::vector<Tracee*>& threads, bool all) {
  CHECK(!threads.empty());
  BreakpointSet& set = *threads.front()->breakpoints;
  bool unmap = all && !set.must_stay_mapped();
  for (const Tracee* thread : threads) {
    user_regs_struct registers;
    if (ptrace(PTRACE_GETREGS, thread->tid, nullptr, &registers) != 0) continue;
    unmap = unmap && !set.in_handler(registers.rip);
    const Breakpoint* in_slot = set.find_slot(registers.rip);
    if (in_slot == nullptr) continue;
    const std::optional<uint64_t> place = BreakpointSet::original_place(*in_slot, registers.rip);
    unmap = unmap && place && set_ip(thread->tid, *place);
  }
  CallsOnDemand calls(threads.front()->tid, set.memory(), false);
  [[maybe_unused]] Status gone = set.remove(calls, unmap);
  finish(*threads.front(), calls);
}

}  // namespace polytap
