#include "backends/ptrace/injected_calls.h"

#include <errno.h>
#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "backends/ptrace/memory_layout.h"
#include "backends/ptrace/proc_entries.h"
#include "backends/ptrace/stops.h"
#include "core/base/check.h"

namespace polytap {
namespace {

// PTRACE_SETSIGMASK takes the kernel's signal set.
constexpr long kSignalSetBytes = 8;

Error thread_ends() { return Error("the traced thread has ended", ESRCH); }

// A killed leader of a thread group that has left its last stop cannot be waited for while its other threads stand in
// theirs, which are answered by our caller: so this never sleeps in wait(2).
int wait_for(pid_t tid) {
  constexpr unsigned kYields = 200;
  constexpr timespec kPause{0, 50'000};
  for (unsigned round = 1;; round++) {
    int status = 0;
    const pid_t waited = waitpid(tid, &status, __WALL | WNOHANG);
    if (waited > 0) return status;
    if (waited < 0 && errno != EINTR) return 0;  // reaped: looks like an exit with 0
    if (round < kYields) {
      sched_yield();
      continue;
    }
    nanosleep(&kPause, nullptr);
    if (read_state(tid) == 'Z') return PTRACE_EVENT_EXIT << 16 | SIGTRAP << 8 | 0x7f;
  }
}

bool is_end(int status) {
  const Stop::Kind kind = decode_stop(status).kind;
  return kind == Stop::Kind::kGone || kind == Stop::Kind::kExit;
}

// Behind PTRACE_INTERRUPT: on to its stop. The wait status of an end that comes instead.
std::optional<int> continue_to_interrupt(pid_t tid) {
  int signal = 0;
  for (;;) {
    ptrace(PTRACE_CONT, tid, nullptr, signal);
    const int status = wait_for(tid);
    if (is_end(status)) return status;
    const Stop stop = decode_stop(status);
    if (stop.kind == Stop::Kind::kInterrupt || stop.kind == Stop::Kind::kGroupStop) return std::nullopt;
    signal = stop.kind == Stop::Kind::kSignal ? stop.signal : 0;
  }
}

// What the kernel would have the thread do next: an interrupted system call is made again.
void restart_interrupted(user_regs_struct& registers) {
  constexpr int64_t kRestartSys = -512;  // include/linux/errno.h
  constexpr int64_t kRestartNoIntr = -513;
  constexpr int64_t kRestartNoHand = -514;
  constexpr int64_t kRestartBlock = -516;
  constexpr uint64_t kRestartSyscall = 219;
  if (static_cast<int64_t>(registers.orig_rax) < 0) return;
  const auto result = static_cast<int64_t>(registers.rax);
  if (result == kRestartSys || result == kRestartNoIntr || result == kRestartNoHand) {
    registers.rax = registers.orig_rax;
  } else if (result == kRestartBlock) {
    registers.rax = kRestartSyscall;
  } else {
    return;
  }
  registers.rip -= 2;  // the system call instruction's length
}

// As write_way_back() begins: syscall; movabs SYS_rt_sigprocmask, %rax
constexpr std::array<uint8_t, 12> kWayBackBegins = {0x0f, 0x05, 0x48, 0xb8, SYS_rt_sigprocmask};

// The last bytes of RANGE, if they are all zero. A polytap that was killed leaves a way back in its cave, where a
// thread may still be: then what lies before that.
std::optional<Cave> find_cave(const MappedRange& range, const TraceeMemory& memory) {
  constexpr int kMostLeftovers = 32;
  uint64_t end = range.end;
  for (int left = 0; left <= kMostLeftovers; left++) {
    std::array<std::byte, Cave::kSize + 16> tail;  // the code before it may end with zeros that it needs
    if (end - range.start < tail.size() || !memory.read(end - tail.size(), tail)) return std::nullopt;
    if (std::ranges::all_of(tail, [](std::byte value) { return value == std::byte{0}; })) {
      return Cave{end - Cave::kSize};
    }
    if (memcmp(tail.data() + 16, kWayBackBegins.data(), kWayBackBegins.size()) != 0) return std::nullopt;
    end -= Cave::kSize;
  }
  return std::nullopt;
}

std::optional<Cave> find_cave(pid_t tid, const TraceeMemory& memory) {
  const MemoryLayout layout = MemoryLayout::read(tid);
  std::vector<const MappedRange*> ranges = layout.executable();
  // The vDSO first: it is always there, nobody's file, and never changes.
  std::stable_partition(ranges.begin(), ranges.end(), [](const MappedRange* range) { return range->inode == 0; });
  for (const MappedRange* range : ranges) {
    if (const auto cave = find_cave(*range, memory)) return cave;
  }
  return std::nullopt;
}

// Code, byte by byte.
class Code {
 public:
  template <typename... Bytes>
  void bytes(Bytes... values) {
    (bytes_.push_back(static_cast<std::byte>(values)), ...);
  }
  void word(uint64_t value) {
    const auto* begin = reinterpret_cast<const std::byte*>(&value);
    bytes_.insert(bytes_.end(), begin, begin + sizeof value);
  }
  // movabs VALUE, REGISTER (as instructions number them)
  void load(uint8_t number, uint64_t value) {
    bytes(number < 8 ? 0x48 : 0x49, 0xb8 | (number & 7));
    word(value);
  }
  const std::vector<std::byte>& get() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace

// syscall; rt_sigprocmask(SIG_SETMASK, &mask, NULL, 8); the registers that both changed; jmp to where it was.
Status InjectedCalls::write_way_back() {
  user_regs_struct next = saved_;
  restart_interrupted(next);
  constexpr uint64_t kMaskAt = Cave::kSize - 8;
  Code code;
  code.bytes(0x0f, 0x05);
  code.load(0, SYS_rt_sigprocmask);
  code.load(7, SIG_SETMASK);
  code.load(6, cave_.address + kMaskAt);
  code.load(2, 0);
  code.load(10, sizeof saved_mask_);
  code.bytes(0x0f, 0x05);
  const std::pair<uint8_t, uint64_t> changed[] = {{0, next.rax}, {1, next.rcx},  {2, next.rdx},
                                                  {6, next.rsi}, {7, next.rdi},  {8, next.r8},
                                                  {9, next.r9},  {10, next.r10}, {11, next.r11}};
  for (const auto& [number, value] : changed) code.load(number, value);
  code.bytes(0xff, 0x25, 0, 0, 0, 0);  // jmp *0(%rip)
  code.word(next.rip);
  std::vector<std::byte> bytes = code.get();
  CHECK(bytes.size() <= kMaskAt);
  bytes.resize(kMaskAt);
  const auto* mask = reinterpret_cast<const std::byte*>(&saved_mask_);
  bytes.insert(bytes.end(), mask, mask + sizeof saved_mask_);
  return memory_->write(cave_.address, bytes);
}

Result<InjectedCalls> InjectedCalls::begin(pid_t tid, const TraceeMemory& memory, Cave cave) {
  InjectedCalls calls(tid, memory, cave);
  if (ptrace(PTRACE_GETREGS, tid, nullptr, &calls.saved_) != 0 ||
      ptrace(PTRACE_GETSIGMASK, tid, kSignalSetBytes, &calls.saved_mask_) != 0) {
    return thread_ends();
  }
  TRY(calls.write_way_back());
  // Into the cave first, then the signals: what lies there puts both right, should this process be killed in between.
  user_regs_struct registers = calls.saved_;
  registers.rip = cave.address;
  registers.rax = SYS_getpid;
  registers.orig_rax = ~uint64_t{0};  // no system call is in progress that the kernel could want to restart
  constexpr uint64_t kAll = ~uint64_t{0};
  if (ptrace(PTRACE_SETREGS, tid, nullptr, &registers) != 0) return thread_ends();
  calls.active_ = true;
  if (ptrace(PTRACE_SETSIGMASK, tid, kSignalSetBytes, &kAll) != 0) return thread_ends();
  return calls;
}

InjectedCalls::InjectedCalls(InjectedCalls&& other) noexcept
    : tid_(other.tid_),
      memory_(other.memory_),
      cave_(other.cave_),
      saved_(other.saved_),
      saved_mask_(other.saved_mask_),
      end_status_(other.end_status_),
      active_(std::exchange(other.active_, false)) {}

InjectedCalls::~InjectedCalls() { finish(); }

bool InjectedCalls::to_syscall_stop() {
  int signal = 0;
  for (;;) {
    if (ptrace(PTRACE_SYSCALL, tid_, nullptr, signal) != 0 && errno != ESRCH) return false;
    const int status = wait_for(tid_);
    const Stop stop = decode_stop(status);
    if (is_end(status)) {
      end_status_ = status;
      return false;
    }
    if (stop.kind == Stop::Kind::kSyscall) return true;
    // SIGSTOP cannot be blocked; the group-stop that it brings is left at once and comes back at the end.
    signal = stop.kind == Stop::Kind::kSignal ? stop.signal : 0;
  }
}

Result<uint64_t> InjectedCalls::call(uint64_t number, const std::array<uint64_t, 6>& arguments) {
  if (!active_ || end_status_) return thread_ends();
  user_regs_struct registers = saved_;
  registers.rip = cave_.address;
  registers.rax = number;
  registers.orig_rax = ~uint64_t{0};
  registers.rdi = arguments[0];
  registers.rsi = arguments[1];
  registers.rdx = arguments[2];
  registers.r10 = arguments[3];
  registers.r8 = arguments[4];
  registers.r9 = arguments[5];
  if (ptrace(PTRACE_SETREGS, tid_, nullptr, &registers) != 0) return thread_ends();
  if (!to_syscall_stop() || !to_syscall_stop()) return thread_ends();
  if (ptrace(PTRACE_GETREGS, tid_, nullptr, &registers) != 0) return thread_ends();
  const auto result = static_cast<int64_t>(registers.rax);
  constexpr int64_t kLowestError = -4095;
  if (result < 0 && result >= kLowestError) {
    return Error::from_errno("a system call made for polytap in the traced process", static_cast<int>(-result));
  }
  return registers.rax;
}

std::optional<int> InjectedCalls::finish() {
  if (!std::exchange(active_, false) || end_status_) return end_status_;
  // Through the kernel's signal handling once more: only there are interrupted system calls restarted.
  ptrace(PTRACE_INTERRUPT, tid_, nullptr, nullptr);
  ptrace(PTRACE_SETSIGMASK, tid_, kSignalSetBytes, &saved_mask_);
  ptrace(PTRACE_SETREGS, tid_, nullptr, &saved_);
  const std::array<std::byte, Cave::kSize> zeros{};
  [[maybe_unused]] Status left_as_it_is = memory_->write(cave_.address, zeros);
  return end_status_ = continue_to_interrupt(tid_);
}

std::optional<int> InjectedCalls::leave_signal_stop(pid_t tid) {
  ptrace(PTRACE_INTERRUPT, tid, nullptr, nullptr);
  return continue_to_interrupt(tid);
}

Result<uint64_t> CallsOnDemand::call(uint64_t number, const std::array<uint64_t, 6>& arguments) {
  if (end_status_) return thread_ends();
  if (!calls_) {
    if (at_signal_) end_status_ = InjectedCalls::leave_signal_stop(tid_);
    if (end_status_) return thread_ends();
    at_signal_ = false;
    const std::optional<Cave> cave = find_cave(tid_, memory_);
    if (!cave) return Error(fmt::format("thread {} has no unused executable memory", tid_), ENOMEM);
    ASSIGN_OR_RETURN(InjectedCalls calls, InjectedCalls::begin(tid_, memory_, *cave));
    calls_.emplace(std::move(calls));
  }
  return calls_->call(number, arguments);
}

}  // namespace polytap
