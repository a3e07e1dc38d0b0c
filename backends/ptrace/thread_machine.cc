#include "backends/ptrace/thread_machine.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "backends/ptrace/cpu_placement.h"
#include "backends/ptrace/proc_entries.h"
#include "backends/ptrace/user_memory.h"
#include "core/ir/function_needs.h"
#include "core/probe/registers.h"

namespace polytap {
namespace {

// The default soft limit of descriptors is 1024, and there are other users of them.
constexpr size_t kMostOpenComms = 256;
constexpr uint64_t kLongestDelay = 86'400'000'000'000;  // a day

}  // namespace

void read_comm(Tracee& tracee, bool keep, std::span<char, 16> out) {
  std::ranges::fill(out, '\0');
  UniqueFd opened;
  int fd = tracee.comm.get();
  if (fd < 0) {
    opened.reset(open(fmt::format("/proc/{}/comm", tracee.tid).c_str(), O_RDONLY | O_CLOEXEC));
    fd = opened.get();
  }
  const ssize_t got = pread(fd, out.data(), out.size(), 0);
  if (got > 0) out[static_cast<size_t>(got) - 1] = '\0';  // the newline
  if (keep && opened.valid()) tracee.comm = std::move(opened);
}

ThreadMachine::ThreadMachine(SessionState& state)
    : state_(state),
      random_(std::random_device{}()),
      unwinder_(state.process_maps, std::make_shared<UnwindFiles>(state.process_maps.proc_root())),
      keeps_addresses_(ir::has_user_addresses(state.program)) {}

void ThreadMachine::place(Tracee* tracee, uint32_t site, std::span<const std::byte> context) {
  tracee_ = tracee;
  tid_ = tracee != nullptr ? tracee->tid : gettid();
  tgid_ = tracee != nullptr ? tracee->tgid : getpid();
  site_ = site;
  context_ = context;
  registers_ = nullptr;
  exited_ = false;
  // Of what the script itself names by usym(), once for each image.
  if (keeps_addresses_ && tracee != nullptr && known_pages_[tgid_].insert(0).second) {
    [[maybe_unused]] Status gone = state_.process_maps.read_from_proc(tgid_);
  }
}

void ThreadMachine::place(Tracee* tracee, uint32_t site, const user_regs_struct& registers, bool at_entry) {
  // struct user_regs_struct begins as struct pt_regs does.
  static_assert(offsetof(user_regs_struct, rax) == registers::kAx &&
                offsetof(user_regs_struct, rip) == registers::kIp && offsetof(user_regs_struct, ss) == registers::kSs);
  place(tracee, site, std::as_bytes(std::span(&registers, 1)).first(registers::kSize));
  registers_ = &registers;
  at_entry_ = at_entry;
}

uint64_t ThreadMachine::builtin(ir::Builtin what) {
  using ir::Builtin;
  switch (what) {
    case Builtin::kPid:
      return static_cast<uint64_t>(tgid_);
    case Builtin::kTid:
      return static_cast<uint64_t>(tid_);
    case Builtin::kUid:
      return read_status_value(tid_, "Uid").value_or(0);
    case Builtin::kGid:
      return read_status_value(tid_, "Gid").value_or(0);
    case Builtin::kCpu:
      return static_cast<uint64_t>(std::max(last_cpu_of(tid_), 0));
    case Builtin::kNumaNode:
      return nodes_.of(std::max(last_cpu_of(tid_), 0));
    case Builtin::kCgroup:
      return cgroups_.of(tid_);
    case Builtin::kRandom:
      return random_();
    case Builtin::kNsecsMonotonic:
      return clock_ns(CLOCK_MONOTONIC);
    case Builtin::kNsecsBoot:
      return clock_ns(CLOCK_BOOTTIME);
    case Builtin::kNsecsTai:
      return clock_ns(CLOCK_TAI);
    case Builtin::kElapsed:
      return clock_ns(CLOCK_MONOTONIC) - state_.started_ns;
    case Builtin::kChildPid:
      return static_cast<uint64_t>(state_.command_pid);
    case Builtin::kSiteIndex:
      return site_;
    case Builtin::kParentPid:
      return read_status_value(tgid_, "PPid").value_or(0);
    case Builtin::kJiffies:
    case Builtin::kCurrentTask:
      break;  // refused by StopPlan::make
  }
  return 0;
}

void ThreadMachine::comm(std::span<char, 16> out) {
  if (tracee_ == nullptr) {
    std::ranges::fill(out, '\0');
    prctl(PR_GET_NAME, out.data(), 0, 0, 0);
    return;
  }
  const bool was_open = tracee_->comm.valid();
  read_comm(*tracee_, open_comms_ < kMostOpenComms, out);
  if (!was_open && tracee_->comm.valid()) open_comms_++;
}

void ThreadMachine::process_name(std::span<char, 16> out) {
  Tracee process;
  process.tid = tgid_;
  read_comm(process, false, out);
}

void ThreadMachine::release_comm(Tracee& tracee) {
  if (tracee.comm.valid()) open_comms_--;
  tracee.comm.reset();
}

// Memory is read through the thread: its process's leader may have ended before it.
bool ThreadMachine::read_memory(AddressSpace space, uint64_t address, std::span<std::byte> out) {
  return space != AddressSpace::kKernel && read_user_memory(tid_, address, out);
}

int64_t ThreadMachine::read_string(AddressSpace space, uint64_t address, std::span<char> out) {
  return space != AddressSpace::kKernel ? read_user_string(tid_, address, out) : -1;
}

size_t ThreadMachine::stack(AddressSpace space, std::span<uint64_t> frames) {
  if (space == AddressSpace::kKernel || tracee_ == nullptr) return 0;
  user_regs_struct registers{};
  if (registers_ != nullptr) {
    registers = *registers_;
  } else if (ptrace(PTRACE_GETREGS, tid_, nullptr, &registers) != 0) {
    return 0;
  }
  const UnwindValues values = unwind_values(std::as_bytes(std::span(&registers, 1)));
  const bool at_entry = registers_ != nullptr && at_entry_;
  const size_t count = unwinder_.walk_live(tgid_, tid_, values, frames, at_entry).frames;
  remember_mappings(frames.first(count));
  return count;
}

void ThreadMachine::remember_mappings(std::span<const uint64_t> frames) {
  constexpr int kPageBits = 12;
  std::unordered_set<uint64_t>& known = known_pages_[tgid_];
  bool read = false;
  for (uint64_t frame : frames) {
    if (!known.insert(frame >> kPageBits).second || read || state_.process_maps.find(tgid_, frame)) continue;
    // One reading serves all frames of a stack. A page that is in no mapping even then is garbage, and not asked for
    // again.
    read = true;
    [[maybe_unused]] Status gone = state_.process_maps.read_from_proc(tgid_);
  }
}

void ThreadMachine::emit(ir::EmitId emit, std::span<const std::byte> payload) {
  state_.queue.push({emit, site_, clock_ns(CLOCK_MONOTONIC), payload}, state_.program.emits[emit].control);
}

void ThreadMachine::exit(int code) {
  // Under run_mutex, as every run is: from here on no other probe counts.
  exited_ = true;
  state_.counting = false;
  state_.exit_called = true;
  state_.queue.push_exit(code);
}

bool ThreadMachine::send_signal(int number, bool to_thread) {
  if (tracee_ == nullptr) return false;
  return (to_thread ? syscall(SYS_tgkill, tgid_, tid_, number) : kill(tgid_, number)) == 0;
}

// The call is not made, and what is in the register is what it returns.
bool ThreadMachine::override_result(int64_t value) {
  if (tracee_ == nullptr) return false;
  const auto poke = [&](size_t offset, int64_t word) {
    return ptrace(PTRACE_POKEUSER, tid_, reinterpret_cast<void*>(offset), reinterpret_cast<void*>(word)) == 0;
  };
  return poke(offsetof(user_regs_struct, orig_rax), -1) && poke(offsetof(user_regs_struct, rax), value);
}

bool ThreadMachine::delay(uint64_t nanoseconds) {
  if (tracee_ == nullptr) return false;
  tracee_->delay_ns = std::min(tracee_->delay_ns + std::min(nanoseconds, kLongestDelay), kLongestDelay);
  return true;
}

bool ThreadMachine::decode_call(std::span<char> out) {
  if (tracee_ == nullptr || !tracee_->line.is_begun()) return false;
  const std::string text = tracee_->line.text(LiveMemory(tid_), sockets_);
  std::copy_n(text.data(), std::min(text.size(), out.size()), out.data());
  return true;
}

void ThreadMachine::keep_entry(Tracee& tracee) { tracee.line.keep_entry(LiveMemory(tracee.tid), sockets_); }

bool ThreadMachine::write_memory(uint64_t address, std::span<const std::byte> bytes) {
  if (tracee_ == nullptr) return false;
  iovec local{const_cast<std::byte*>(bytes.data()), bytes.size()};
  iovec remote{reinterpret_cast<void*>(address), bytes.size()};
  return process_vm_writev(tid_, &local, 1, &remote, 1, 0) == static_cast<ssize_t>(bytes.size());
}

void ThreadMachine::fault() { state_.faults.fetch_add(1, std::memory_order_relaxed); }

}  // namespace polytap
