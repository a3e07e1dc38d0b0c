// Signals: sets, actions, information.
#include <linux/audit.h>
#include <signal.h>
#include <unistd.h>

#include <bit>

#include "core/syscall/printers.h"
#include "core/syscall/tables.h"
#include "core/syscall/tables_ptrace.h"

namespace polytap::printers {
namespace {

struct KernelSigaction {
  uint64_t handler;
  uint64_t flags;
  uint64_t restorer;
  uint64_t mask;
};

void put_handler(CallText& text, uint64_t handler) {
  switch (handler) {
    case 0:
      return text.put("SIG_DFL");
    case 1:
      return text.put("SIG_IGN");
    case UINT64_MAX:
      return text.put("SIG_ERR");
    default:
      return text.hex(handler);
  }
}

}  // namespace

void put_signal_set(CallText& text, uint64_t set, uint32_t signal_count) {
  // The shorter of what is in it and what is not.
  const auto members = static_cast<uint32_t>(std::popcount(set));
  const bool negated = members >= signal_count * 2 / 3;
  if (negated) {
    text.put('~');
    set = ~set;
  }
  text.put('[');
  bool first = true;
  for (uint32_t signal = 1; signal <= signal_count; signal++) {
    if ((set >> (signal - 1) & 1) == 0) continue;
    if (!first) text.put(' ');
    first = false;
    text.put(short_signal_name(static_cast<int>(signal)));
  }
  text.put(']');
}

void signal_set(CallText& text, uint64_t value, const ArgumentKind& kind) {
  uint64_t set = 0;
  constexpr uint64_t kPending = 127;  // rt_sigpending takes shorter sets too
  const uint64_t length = kind.length_argument != 0 ? text.argument(kind.length_argument) : sizeof set;
  const bool fits = length == sizeof set || (text.call.number == kPending && length < sizeof set);
  const bool is_known = kind.direction != ArgumentKind::Direction::kOut || text.succeeded();
  const auto bytes = std::as_writable_bytes(std::span(&set, 1)).first(fits ? length : 0);
  if (!fits || !is_known || value == 0 || !text.style.dereference || text.memory.read(value, bytes) != bytes.size()) {
    return text.address(value);
  }
  put_signal_set(text, set, static_cast<uint32_t>(length * 8));
}

void signal_action(CallText& text, uint64_t value, const ArgumentKind& kind) {
  KernelSigaction action{};
  const bool is_out = kind.direction == ArgumentKind::Direction::kOut;
  if (!(is_out ? text.fetch_result(value, action) : text.fetch(value, action))) return;
  text.put("{sa_handler=");
  put_handler(text, action.handler);
  text.put(", sa_mask=");
  // The mask of the first kernels has a word.
  constexpr uint32_t kOldSignals = 32;
  constexpr uint32_t kSignals = 64;
  put_signal_set(text, action.mask, text.call.foreign_name == "sigaction" ? kOldSignals : kSignals);
  text.put(", sa_flags=");
  text.flags(kSigactionFlags, action.flags);
  constexpr uint64_t kRestorer = 0x04000000;  // SA_RESTORER, which libc keeps to itself
  if ((action.flags & kRestorer) != 0) {
    text.put(", sa_restorer=");
    text.address(action.restorer);
  }
  text.put('}');
}

void signal_stack(CallText& text, uint64_t value, const ArgumentKind& kind) {
  stack_t stack{};
  const bool is_out = kind.direction == ArgumentKind::Direction::kOut;
  if (!(is_out ? text.fetch_result(value, stack) : text.fetch(value, stack))) return;
  text.put("{ss_sp=");
  text.address(reinterpret_cast<uint64_t>(stack.ss_sp));
  text.put(", ss_flags=");
  text.flags(kSigaltstackFlags, static_cast<uint32_t>(stack.ss_flags));
  text.print(", ss_size={}}}", stack.ss_size);
}

namespace {

void put_code(CallText& text, int signal, int code) {
  const auto value = static_cast<uint64_t>(static_cast<int64_t>(code));
  const ConstantTable* table = &kGeneralCodes;
  if (code > 0 && kGeneralCodes.find(value).empty()) {
    switch (signal) {
      case SIGCHLD:
        table = &kChildCodes;
        break;
      case SIGSEGV:
        table = &kFaultCodes;
        break;
      case SIGILL:
        table = &kIllegalCodes;
        break;
      case SIGFPE:
        table = &kArithmeticCodes;
        break;
      case SIGBUS:
        table = &kBusCodes;
        break;
      case SIGTRAP:
        table = &kTrapCodes;
        break;
      case SIGPOLL:
        table = &kPollCodes;
        break;
      case SIGSYS:
        table = &kSystemCallCodes;
        break;
      default:
        break;
    }
  }
  const std::string_view name = table->find(value);
  const auto bits = static_cast<uint32_t>(code);
  if (name.empty() || text.style.constants == ConstantStyle::kRaw) return text.hex(bits);
  if (text.style.constants == ConstantStyle::kVerbose) return text.print("{:#x} /* {} */", bits, name);
  text.put(name);
}

void put_value(CallText& text, const siginfo_t& info) {
  text.print(", si_int={}, si_ptr=", info.si_int);
  text.address(reinterpret_cast<uint64_t>(info.si_ptr));
}

void put_sender(CallText& text, const siginfo_t& info) {
  text.print(", si_pid={}, si_uid={}", info.si_pid, info.si_uid);
}

void put_child(CallText& text, const siginfo_t& info) {
  text.print(", si_pid={}, si_uid={}, si_status=", info.si_pid, info.si_uid);
  if (info.si_code == CLD_EXITED) {
    text.print("{}", info.si_status);
  } else {
    text.signal(info.si_status);
  }
  put_ticks(text, ", si_utime=", info.si_utime);
  put_ticks(text, ", si_stime=", info.si_stime);
}

void put_fault(CallText& text, const siginfo_t& info) {
  text.put(", si_addr=");
  text.address(reinterpret_cast<uint64_t>(info.si_addr));
  if (info.si_signo == SIGBUS && (info.si_code == BUS_MCEERR_AR || info.si_code == BUS_MCEERR_AO)) {
    text.put(", si_addr_lsb=");
    text.hex(static_cast<uint16_t>(info.si_addr_lsb));
  } else if (info.si_signo == SIGSEGV && info.si_code == SEGV_BNDERR) {
    text.put(", si_lower=");
    text.address(reinterpret_cast<uint64_t>(info.si_lower));
    text.put(", si_upper=");
    text.address(reinterpret_cast<uint64_t>(info.si_upper));
  } else if (info.si_signo == SIGSEGV && info.si_code == SEGV_PKUERR) {
    text.print(", si_pkey={}", info.si_pkey);
  }
}

void put_refused_call(CallText& text, const siginfo_t& info) {
  text.put(", si_call_addr=");
  text.address(reinterpret_cast<uint64_t>(info.si_call_addr));
  const auto number = static_cast<uint32_t>(info.si_syscall);
  const bool is_known = info.si_arch == AUDIT_ARCH_X86_64 && describe_call(number) != nullptr;
  is_known ? text.print(", si_syscall=__NR_{}", call_name(number)) : text.print(", si_syscall={}", number);
  text.put(", si_arch=");
  text.enumeration(kAuditArchitectures, info.si_arch);
}

// What a process, or the kernel on behalf of one, has put there.
void put_details_of_sender(CallText& text, const siginfo_t& info) {
  switch (info.si_code) {
    case SI_USER:
    case SI_TKILL:
      return put_sender(text, info);
    case SI_TIMER:
      text.put(", si_timerid=");
      text.hex(static_cast<uint32_t>(info.si_timerid));
      text.print(", si_overrun={}", info.si_overrun);
      return put_value(text, info);
    case SI_SIGIO:
      return text.print(", si_band={}, si_fd={}", info.si_band, info.si_fd);
    default:
      put_sender(text, info);
      if (info.si_ptr != nullptr) put_value(text, info);
  }
}

void put_details(CallText& text, const siginfo_t& info) {
  if (info.si_code <= 0) return put_details_of_sender(text, info);
  switch (info.si_signo) {
    case SIGCHLD:
      return put_child(text, info);
    case SIGILL:
    case SIGFPE:
    case SIGSEGV:
    case SIGBUS:
    case SIGTRAP:
      return put_fault(text, info);
    case SIGPOLL:
      if (info.si_code > POLL_HUP) return;
      return text.print(", si_band={}, si_fd={}", info.si_band, info.si_fd);
    case SIGSYS:
      return put_refused_call(text, info);
    default:
      if (info.si_pid != 0 || info.si_uid != 0) put_sender(text, info);
      if (info.si_ptr != nullptr) put_value(text, info);
  }
}

}  // namespace

void put_signal_info(CallText& text, const void* information) {
  const auto& info = *static_cast<const siginfo_t*>(information);
  text.put("{si_signo=");
  text.signal(info.si_signo);
  text.put(", si_code=");
  put_code(text, info.si_signo, info.si_code);
  if (info.si_errno != 0) {
    text.put(", si_errno=");
    const std::string_view name = errno_name(info.si_errno);
    if (name.empty()) {
      text.print("{}", static_cast<uint32_t>(info.si_errno));
    } else {
      text.put(name);
    }
  }
  put_details(text, info);
  text.put('}');
}

void signal_info(CallText& text, uint64_t value, const ArgumentKind& kind) {
  siginfo_t info{};
  const bool is_out = kind.direction == ArgumentKind::Direction::kOut;
  if (!(is_out ? text.fetch_result(value, info) : text.fetch(value, info))) return;
  if (info.si_signo == 0) return text.put("{}");
  put_signal_info(text, &info);
}

}  // namespace polytap::printers
