// Processes: waiting, cloning, futexes, prctl, scheduling.
#include <asm/prctl.h>
#include <linux/futex.h>
#include <linux/prctl.h>
#include <linux/sched.h>
#include <sys/wait.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "core/syscall/printers.h"
#include "core/syscall/structure.h"
#include "core/syscall/tables.h"
#include "core/syscall/tables_ptrace.h"

namespace polytap::printers {

void put_wait_status(CallText& text, int status) {
  int rest = status;
  if (WIFSTOPPED(status)) {
    text.print("{{WIFSTOPPED(s) && WSTOPSIG(s) == {}{}}}", signal_name(WSTOPSIG(status) & 0x7f),
               (WSTOPSIG(status) & 0x80) != 0 ? " | 0x80" : "");
    rest &= ~W_STOPCODE(WSTOPSIG(status));
  } else if (WIFSIGNALED(status)) {
    text.print("{{WIFSIGNALED(s) && WTERMSIG(s) == {}{}}}", signal_name(WTERMSIG(status)),
               WCOREDUMP(status) ? " && WCOREDUMP(s)" : "");
    rest &= ~(W_EXITCODE(0, WTERMSIG(status)) | WCOREFLAG);
  } else if (WIFCONTINUED(status)) {
    text.put("{WIFCONTINUED(s)}");
    rest = 0;
  } else {
    text.print("{{WIFEXITED(s) && WEXITSTATUS(s) == {}}}", WEXITSTATUS(status));
    rest &= ~W_EXITCODE(WEXITSTATUS(status), 0);
  }
  constexpr int kEventShift = 16;
  if (const uint32_t event = static_cast<uint32_t>(rest) >> kEventShift; event != 0) {
    text.put('|');
    text.enumeration(kPtraceEvents, event);
    text.put("<<16");
  }
  if ((rest & 0xffff) != 0) text.print("|{:#x}", rest & 0xffff);
}

void wait_status(CallText& text, uint64_t value, const ArgumentKind&) {
  int status = 0;
  if (!text.succeeded() || text.call.result == 0) return text.address(value);
  if (!text.fetch(value, status)) return;
  text.put('[');
  put_wait_status(text, status);
  text.put(']');
}

void wait_id(CallText& text, uint64_t value, const ArgumentKind&) { text.print("{}", static_cast<int>(value)); }

namespace {

void put_clone_flags(CallText& text, uint64_t flags, uint64_t exit_signal) {
  std::string names;
  if (flags != 0) append_flags(names, kCloneFlags, flags, text.style.constants);
  if (exit_signal != 0) {
    if (!names.empty()) names += '|';
    std::string signal;
    CallText(signal, text.memory, text.style, text.call).signal(static_cast<int>(exit_signal));
    names += signal;
  }
  text.put(names.empty() ? "0" : names);
}

}  // namespace

void clone_stack(CallText& text, uint64_t, const ArgumentKind&) {
  text.put("child_stack=");
  text.address(text.argument(1));
}

void clone_flags(CallText& text, uint64_t, const ArgumentKind&) {
  const uint64_t bits = text.argument(0);
  text.put("flags=");
  put_clone_flags(text, bits & ~static_cast<uint64_t>(CSIGNAL), bits & CSIGNAL);
}

void clone_parent_tid(CallText& text, uint64_t value, const ArgumentKind& kind) {
  if ((text.argument(0) & (CLONE_PARENT_SETTID | CLONE_PIDFD)) == 0) return text.skip();
  text.put("parent_tid=");
  int_at(text, value, kind);
}

void clone_tls(CallText& text, uint64_t, const ArgumentKind&) {
  if ((text.argument(0) & CLONE_SETTLS) == 0) return text.skip();
  text.put("tls=");
  text.address(text.argument(4));
}

void clone_child_tid(CallText& text, uint64_t, const ArgumentKind&) {
  if ((text.argument(0) & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) == 0) return text.skip();
  text.put("child_tidptr=");
  text.address(text.argument(3));
}

namespace {

std::string exit_signal_name(uint64_t number) {
  constexpr uint64_t kLast = 64;
  return number == 0 || number > kLast ? fmt::format("{}", number) : signal_name(static_cast<int>(number));
}

}  // namespace

void clone_arguments(CallText& text, uint64_t value, const ArgumentKind&) {
  clone_args arguments{};
  const uint64_t size = std::min<uint64_t>(text.argument(1), sizeof arguments);
  if (size < CLONE_ARGS_SIZE_VER0) return text.address(value);
  if (text.memory.read(value, std::as_writable_bytes(std::span(&arguments, 1)).first(size)) != size) {
    return text.address(value);
  }
  const uint64_t flags = arguments.flags;
  text.put("{flags=");
  put_clone_flags(text, flags, 0);
  if ((flags & CLONE_PIDFD) != 0) {
    text.put(", pidfd=");
    text.address(arguments.pidfd);
  }
  if ((flags & (CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)) != 0) {
    text.put(", child_tid=");
    text.address(arguments.child_tid);
  }
  if ((flags & CLONE_PARENT_SETTID) != 0) {
    text.put(", parent_tid=");
    text.address(arguments.parent_tid);
  }
  text.print(", exit_signal={}", exit_signal_name(arguments.exit_signal));
  text.put(", stack=");
  text.address(arguments.stack);
  text.put(", stack_size=");
  text.hex(arguments.stack_size);
  if ((flags & CLONE_SETTLS) != 0) {
    text.put(", tls=");
    text.address(arguments.tls);
  }
  if (arguments.set_tid != 0 || arguments.set_tid_size != 0) {
    text.put(", set_tid=");
    if (arguments.set_tid_size == 0) {
      text.address(arguments.set_tid);
    } else {
      put_array<int>(text, arguments.set_tid, arguments.set_tid_size, [&](int tid) { text.print("{}", tid); });
    }
    text.print(", set_tid_size={}", static_cast<uint64_t>(arguments.set_tid_size));
  }
  const bool has_cgroup =
      size > offsetof(clone_args, cgroup) && ((flags & CLONE_INTO_CGROUP) != 0 || arguments.cgroup != 0);
  if (has_cgroup) text.print(", cgroup={}", static_cast<uint64_t>(arguments.cgroup));
  put_trailing_bytes(text, value, sizeof arguments, text.argument(1));
  text.put('}');
}

void clone_arguments_result(CallText& text, uint64_t, const ArgumentKind&) {
  clone_args arguments{};
  const auto first = std::as_writable_bytes(std::span(&arguments, 1)).first(CLONE_ARGS_SIZE_VER0);
  const uint64_t size = text.argument(1);
  const uint64_t at = text.argument(0);
  if (!text.succeeded() || size < first.size() || text.memory.read(at, first) != first.size()) return;
  std::string parts;
  std::swap(parts, text.out);
  const auto put_number = [&](std::string_view name, uint64_t address) {
    int number = 0;
    text.print("{}{}=", text.out.empty() ? "" : ", ", name);
    if (text.fetch(address, number)) text.print("[{}]", number);
  };
  if ((arguments.flags & CLONE_PIDFD) != 0) put_number("pidfd", arguments.pidfd);
  if ((arguments.flags & CLONE_PARENT_SETTID) != 0) put_number("parent_tid", arguments.parent_tid);
  put_trailing_bytes(text, at, sizeof arguments, size);
  std::swap(parts, text.out);
  if (parts.starts_with(", ")) parts.erase(0, 2);
  if (!parts.empty()) text.print(" => {{{}}}", parts);
}

namespace {

uint32_t futex_command(const CallText& text) {
  constexpr uint32_t kCommands = 0x7f;
  return static_cast<uint32_t>(text.argument(1)) & kCommands;
}

bool futex_waits(uint32_t command) {
  return command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET || command == FUTEX_LOCK_PI ||
         command == FUTEX_LOCK_PI2 || command == FUTEX_WAIT_REQUEUE_PI;
}

// A part of the operation: a name, or a number with the name of what it should be behind the shift.
void put_shifted(CallText& text, const ConstantTable& table, uint32_t value, std::string_view shift) {
  if (!table.find(value).empty()) {
    text.enumeration(table, value);
    text.put(shift);
  } else {
    text.print("{:#x}{} /* {} */", value, shift, table.unknown);
  }
}

void put_futex_wake_operation(CallText& text, uint32_t value) {
  const uint32_t operation = value >> 28;
  if ((operation & 8) != 0) text.put("FUTEX_OP_OPARG_SHIFT<<28|");
  put_shifted(text, kFutexOps, operation & 7, "<<28");
  text.put('|');
  text.hex(value >> 12 & 0xfff);
  text.put("<<12|");
  put_shifted(text, kFutexCompares, value >> 24 & 15, "<<24");
  text.put('|');
  text.hex(value & 0xfff);
}

}  // namespace

namespace {

// Those that FUTEX_CLOCK_REALTIME means something to.
bool takes_clock(uint32_t command) {
  return command == FUTEX_WAIT || command == FUTEX_WAIT_BITSET || command == FUTEX_WAIT_REQUEUE_PI;
}

}  // namespace

void futex_operation(CallText& text, uint64_t value, const ArgumentKind&) {
  const auto operation = static_cast<uint32_t>(value);
  const uint32_t command = operation & static_cast<uint32_t>(FUTEX_CMD_MASK);
  const bool clock_fits = (operation & FUTEX_CLOCK_REALTIME) == 0 || takes_clock(command);
  const std::string_view name = clock_fits ? kFutexCommands.find(command) : std::string_view();
  if (name.empty() || text.style.constants == ConstantStyle::kRaw) return text.enumeration(kFutexCommands, operation);
  std::string names(name);
  if ((operation & FUTEX_PRIVATE_FLAG) != 0) names += command == FUTEX_FD ? "|FUTEX_PRIVATE_FLAG" : "_PRIVATE";
  if ((operation & FUTEX_CLOCK_REALTIME) != 0) names += "|FUTEX_CLOCK_REALTIME";
  if (text.style.constants == ConstantStyle::kVerbose) {
    text.hex(operation);
    text.print(" /* {} */", names);
  } else {
    text.put(names);
  }
}

void futex_value(CallText& text, uint64_t value, const ArgumentKind&) {
  const uint32_t command = futex_command(text);
  if (command == FUTEX_LOCK_PI || command == FUTEX_UNLOCK_PI || command == FUTEX_TRYLOCK_PI ||
      command == FUTEX_LOCK_PI2) {
    // These have no value: the timeout follows at once.
    if (command == FUTEX_UNLOCK_PI || command == FUTEX_TRYLOCK_PI) return text.omit();
    return text.skip();
  }
  text.print("{}", static_cast<uint32_t>(value));
}

void futex_timeout(CallText& text, uint64_t value, const ArgumentKind& kind) {
  const uint32_t command = futex_command(text);
  if (futex_waits(command)) return time_spec(text, value, kind);
  switch (command) {
    case FUTEX_WAKE:
    case FUTEX_FD:
      return text.omit();
    case FUTEX_WAKE_BITSET:
      return text.skip();
    case FUTEX_REQUEUE:
    case FUTEX_CMP_REQUEUE:
    case FUTEX_CMP_REQUEUE_PI:
    case FUTEX_WAKE_OP:
      return text.print("{}", static_cast<uint32_t>(value));
    default:
      return text.address(value);
  }
}

void futex_second(CallText& text, uint64_t value, const ArgumentKind&) {
  const uint32_t command = futex_command(text);
  if (command == FUTEX_WAIT || command == FUTEX_LOCK_PI || command == FUTEX_LOCK_PI2) return text.omit();
  if (command == FUTEX_WAIT_BITSET || command == FUTEX_WAKE_BITSET) return text.skip();
  text.address(value);
}

void futex_third(CallText& text, uint64_t value, const ArgumentKind&) {
  const auto third = static_cast<uint32_t>(value);
  switch (futex_command(text)) {
    case FUTEX_WAIT_BITSET:
    case FUTEX_WAKE_BITSET:
      return third == FUTEX_BITSET_MATCH_ANY ? text.put("FUTEX_BITSET_MATCH_ANY") : text.hex(third);
    case FUTEX_CMP_REQUEUE:
    case FUTEX_CMP_REQUEUE_PI:
      return text.print("{}", third);
    case FUTEX_REQUEUE:
    case FUTEX_WAIT_REQUEUE_PI:
      return text.omit();
    case FUTEX_WAKE_OP:
      return put_futex_wake_operation(text, third);
    default:
      return text.hex(third);
  }
}

bool arch_prctl_known_at_entry(const CallText& text) {
  const uint64_t code = text.argument(0);
  return code != ARCH_GET_FS && code != ARCH_GET_GS;
}

void arch_prctl_argument(CallText& text, uint64_t value, const ArgumentKind& kind) {
  switch (text.argument(0)) {
    case ARCH_GET_FS:
    case ARCH_GET_GS:
      return address_at(text, value, kind);
    case ARCH_GET_CPUID:
      return text.omit();
    case ARCH_SET_CPUID:
      return text.print("{}", static_cast<int>(value));
    default:
      return text.hex(value);
  }
}

void cpu_set(CallText& text, uint64_t value, const ArgumentKind& kind) {
  // The kernel says at the exit how many bytes it wrote; what is set is as long as the caller says.
  uint64_t length = static_cast<uint32_t>(text.argument(kind.length_argument));
  if (kind.direction == ArgumentKind::Direction::kOut) {
    if (!text.succeeded()) return text.address(value);
    length = static_cast<uint64_t>(text.call.result);
  }
  constexpr uint64_t kLargest = 128;  // 1024 CPUs
  std::vector<uint8_t> bytes(std::min(length, kLargest));
  const auto room = std::as_writable_bytes(std::span(bytes));
  if (value == 0 || !text.style.dereference || text.memory.read(value, room) != room.size()) return text.address(value);
  text.put('[');
  bool first = true;
  for (size_t cpu = 0; cpu < bytes.size() * 8; cpu++) {
    if ((bytes[cpu / 8] >> (cpu % 8) & 1) == 0) continue;
    text.print("{}{}", first ? "" : " ", cpu);
    first = false;
  }
  if (length > kLargest) text.put(first ? "..." : " ...");
  text.put(']');
}

void groups(CallText& text, uint64_t value, const ArgumentKind&) {
  constexpr uint32_t kMost = 65536;  // NGROUPS_MAX
  if (static_cast<uint32_t>(text.argument(0)) > kMost) return text.address(value);
  put_array<uint32_t>(text, value, static_cast<uint32_t>(text.argument(0)),
                      [&](uint32_t group) { text.print("{}", group); });
}

void groups_result(CallText& text, uint64_t value, const ArgumentKind&) {
  if (!text.succeeded()) return text.address(value);
  put_array<uint32_t>(text, value, static_cast<uint64_t>(text.call.result),
                      [&](uint32_t group) { text.print("{}", group); });
}

void scheduling_parameter(CallText& text, uint64_t value, const ArgumentKind& kind) {
  int priority = 0;
  const bool read = kind.direction == ArgumentKind::Direction::kOut ? text.fetch_result(value, priority)
                                                                    : text.fetch(value, priority);
  if (read) text.print("[{}]", priority);
}

void scheduler(CallText& text, uint64_t value, const ArgumentKind&) {
  constexpr uint32_t kResetOnFork = 0x40000000;  // SCHED_RESET_ON_FORK
  const auto policy = static_cast<uint32_t>(value);
  if (kSchedulers.find(policy & ~kResetOnFork).empty()) return text.enumeration(kSchedulers, policy);
  text.enumeration(kSchedulers, policy & ~kResetOnFork);
  if ((policy & kResetOnFork) != 0) text.put("|SCHED_RESET_ON_FORK");
}

void capability_header(CallText& text, uint64_t value, const ArgumentKind&) {
  struct {
    uint32_t version;
    int pid;
  } header{};
  if (!text.fetch(value, header)) return;
  text.put("{version=");
  text.enumeration(kCapabilityVersions, header.version);
  text.print(", pid={}}}", header.pid);
}

}  // namespace polytap::printers
