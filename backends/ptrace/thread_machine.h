// The surroundings of a probe that fires in a thread that holds still: a stopped tracee, or polytap itself.
#pragma once

#include <sys/types.h>
#include <sys/user.h>

#include <cstddef>
#include <cstdint>
#include <random>
#include <span>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "backends/ptrace/cgroup_ids.h"
#include "backends/ptrace/session_state.h"
#include "backends/ptrace/tracee.h"
#include "core/base/clock.h"
#include "core/ir/interpreter.h"
#include "core/kernel/numa_nodes.h"
#include "core/symbol/unwind_stack.h"
#include "core/syscall/live_fds.h"

namespace polytap {

class ThreadMachine : public ir::Machine {
 public:
  explicit ThreadMachine(SessionState& state);

  // Where the next run is: in TRACEE, which is stopped, at SITE, with CONTEXT. A null TRACEE means the calling thread.
  void place(Tracee* tracee, uint32_t site, std::span<const std::byte> context);
  // The same at a function probe, whose context the registers are. AT_ENTRY: at a function's first instruction.
  void place(Tracee* tracee, uint32_t site, const user_regs_struct& registers, bool at_entry);
  // The process has another image now.
  void forget_mappings(pid_t tgid) { known_pages_.erase(tgid); }
  // TRACEE goes, or its thread id changes.
  void release_comm(Tracee& tracee);
  // Whether a run since place() asked for the end.
  bool exited() const { return exited_; }

  std::span<const std::byte> context() override { return context_; }
  uint64_t builtin(ir::Builtin what) override;
  void comm(std::span<char, 16> out) override;
  void process_name(std::span<char, 16> out) override;
  bool read_memory(AddressSpace space, uint64_t address, std::span<std::byte> out) override;
  int64_t read_string(AddressSpace space, uint64_t address, std::span<char> out) override;
  size_t stack(AddressSpace space, std::span<uint64_t> frames) override;
  MapStore& maps() override { return state_.maps; }
  void emit(ir::EmitId emit, std::span<const std::byte> payload) override;
  void exit(int code) override;
  void fault() override;
  bool send_signal(int number, bool to_thread) override;
  bool override_result(int64_t value) override;
  bool write_memory(uint64_t address, std::span<const std::byte> bytes) override;
  bool delay(uint64_t nanoseconds) override;
  bool decode_call(std::span<char> out) override;
  // The line of the call that TRACEE enters is asked for at its exit.
  void keep_entry(Tracee& tracee);

 private:
  // Makes sure that the symbolizer will find what is mapped at FRAMES.
  void remember_mappings(std::span<const uint64_t> frames);

  SessionState& state_;
  Tracee* tracee_ = nullptr;
  pid_t tid_ = 0;
  pid_t tgid_ = 0;
  uint32_t site_ = 0;
  bool exited_ = false;
  const user_regs_struct* registers_ = nullptr;  // known already
  bool at_entry_ = false;
  std::span<const std::byte> context_;
  std::mt19937 random_;
  CgroupIds cgroups_;
  NumaNodes nodes_;
  LiveSocketFacts sockets_;
  Unwinder unwinder_;
  std::unordered_map<pid_t, std::unordered_set<uint64_t>> known_pages_;  // of code, by process
  size_t open_comms_ = 0;
  bool keeps_addresses_ = false;  // the program shows user addresses by name
};

// A thread's name, zero padded; zeros when it is gone. Keeps TRACEE.comm open when KEEP says so.
void read_comm(Tracee& tracee, bool keep, std::span<char, 16> out);

}  // namespace polytap
