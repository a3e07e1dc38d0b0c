// User function probes: the breakpoints in all tracees, and what happens where one is hit.
#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "backends/ptrace/breakpoint_set.h"
#include "backends/ptrace/function_sites.h"
#include "backends/ptrace/tracee.h"

namespace polytap {

class FunctionProbes {
 public:
  // Runs functions of the program in a stopped thread with these registers.
  using Run = std::function<void(const HookList& hooks, const user_regs_struct& registers, bool at_entry)>;
  // A thread that ended in the middle of something: the wait status that the loop has yet to see.
  using Ends = std::vector<std::pair<pid_t, int>>;

  FunctionProbes(const FunctionSites& sites, std::atomic<uint64_t>& missed, Ends& ends)
      : sites_(sites), missed_(missed), ends_(ends) {}

  bool wanted() const { return !sites_.empty(); }

  // Puts breakpoints into TRACEE's process. TRACEE is as InjectedCalls want it; all threads of its process are traced,
  // and every thread that is added later belongs to it.
  Status set_up(Tracee& tracee);
  // New mappings are to be looked at; TRACEE as above.
  void look(Tracee& tracee);
  // CHILD was made by PARENT, a process with several THREADS or one, as a thread of it or as a process.
  enum class Made : uint8_t { kThread, kProcessSharingMemory, kProcess };
  void on_fork(const Tracee& parent, bool threads, Tracee& child, Made made);
  // TRACEE has a new image, in which nothing is in place: set_up() is due behind the call.
  void on_exec(Tracee& tracee);
  // The stop of a SIGTRAP. False when it is none of ours, and to be delivered.
  bool on_trap(Tracee& tracee, const Run& run);
  // A signal is about to be delivered: handlers, core dumps and profilers are to see the program's own addresses.
  void before_signal(Tracee& tracee);

  // --- the end, behind BreakpointSet::restore_bytes()
  // TRACEE, stopped by SIGTRAP, hit a breakpoint before: it goes on at the instruction. False as on_trap().
  bool step_back(const Tracee& tracee);
  // Whether TRACEE, stopped, is where a breakpoint leaves it.
  bool hit_before(const Tracee& tracee) const;
  // With THREADS, all of their process, stopped: handler and memory of the process go. ALL: nobody else shares it.
  void remove(const std::vector<Tracee*>& threads, bool all);

 private:
  void enter(Tracee& tracee, CallsOnDemand& calls, const user_regs_struct& registers, const FunctionPlace& place);
  void finish(const Tracee& tracee, CallsOnDemand& calls);

  const FunctionSites& sites_;
  std::atomic<uint64_t>& missed_;
  Ends& ends_;
};

}  // namespace polytap
