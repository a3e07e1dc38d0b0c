// ptrace(2) with each request.
#include <asm/prctl.h>
#include <linux/filter.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/uio.h>
#include <sys/user.h>

#include <algorithm>
#include <cstddef>
#include <vector>

#include "core/syscall/arguments.h"
#include "core/syscall/printers.h"
#include "core/syscall/structure.h"
#include "core/syscall/tables.h"
#include "core/syscall/tables_ptrace.h"
#include "core/syscall/value_kinds.h"

namespace polytap::printers {
namespace {

using namespace value_kinds;

constexpr ValueKind kHexKind{Show::kHex};
constexpr ValueKind kWords{Show::kHexArray, nullptr, nullptr, nullptr, 4};

constexpr Field kRegisterFields[] = {
    POLYTAP_FIELD(user_regs_struct, r15, kHexKind),     POLYTAP_FIELD(user_regs_struct, r14, kHexKind),
    POLYTAP_FIELD(user_regs_struct, r13, kHexKind),     POLYTAP_FIELD(user_regs_struct, r12, kHexKind),
    POLYTAP_FIELD(user_regs_struct, rbp, kHexKind),     POLYTAP_FIELD(user_regs_struct, rbx, kHexKind),
    POLYTAP_FIELD(user_regs_struct, r11, kHexKind),     POLYTAP_FIELD(user_regs_struct, r10, kHexKind),
    POLYTAP_FIELD(user_regs_struct, r9, kHexKind),      POLYTAP_FIELD(user_regs_struct, r8, kHexKind),
    POLYTAP_FIELD(user_regs_struct, rax, kHexKind),     POLYTAP_FIELD(user_regs_struct, rcx, kHexKind),
    POLYTAP_FIELD(user_regs_struct, rdx, kHexKind),     POLYTAP_FIELD(user_regs_struct, rsi, kHexKind),
    POLYTAP_FIELD(user_regs_struct, rdi, kHexKind),     POLYTAP_FIELD(user_regs_struct, orig_rax, kHexKind),
    POLYTAP_FIELD(user_regs_struct, rip, kHexKind),     POLYTAP_FIELD(user_regs_struct, cs, kHexKind),
    POLYTAP_FIELD(user_regs_struct, eflags, kHexKind),  POLYTAP_FIELD(user_regs_struct, rsp, kHexKind),
    POLYTAP_FIELD(user_regs_struct, ss, kHexKind),      POLYTAP_FIELD(user_regs_struct, fs_base, kHexKind),
    POLYTAP_FIELD(user_regs_struct, gs_base, kHexKind), POLYTAP_FIELD(user_regs_struct, ds, kHexKind),
    POLYTAP_FIELD(user_regs_struct, es, kHexKind),      POLYTAP_FIELD(user_regs_struct, fs, kHexKind),
    POLYTAP_FIELD(user_regs_struct, gs, kHexKind),
};
constexpr Structure kRegisters{kRegisterFields, sizeof(user_regs_struct)};
constexpr Field kFloatFields[] = {
    POLYTAP_FIELD(user_fpregs_struct, cwd, kHexKind),    POLYTAP_FIELD(user_fpregs_struct, swd, kHexKind),
    POLYTAP_FIELD(user_fpregs_struct, ftw, kHexKind),    POLYTAP_FIELD(user_fpregs_struct, fop, kHexKind),
    POLYTAP_FIELD(user_fpregs_struct, rip, kHexKind),    POLYTAP_FIELD(user_fpregs_struct, rdp, kHexKind),
    POLYTAP_FIELD(user_fpregs_struct, mxcsr, kHexKind),  POLYTAP_FIELD(user_fpregs_struct, mxcr_mask, kHexKind),
    POLYTAP_FIELD(user_fpregs_struct, st_space, kWords), POLYTAP_FIELD(user_fpregs_struct, xmm_space, kWords),
    POLYTAP_FIELD(user_fpregs_struct, padding, kWords),
};
constexpr Structure kFloats{kFloatFields, sizeof(user_fpregs_struct)};

constexpr Field kPeekFields[] = {
    POLYTAP_FIELD(ptrace_peeksiginfo_args, off, kNumber),
    POLYTAP_FIELD(ptrace_peeksiginfo_args, flags, flags_of(kPtracePeekFlags)),
    POLYTAP_FIELD(ptrace_peeksiginfo_args, nr, kNumber),
};
constexpr Structure kPeek{kPeekFields, sizeof(ptrace_peeksiginfo_args)};

constexpr uint32_t kPeekUser = 3;
constexpr uint32_t kPokeUser = 6;
constexpr uint32_t kGetRegisters = 12;
constexpr uint32_t kSetRegisters = 13;
constexpr uint32_t kGetFloats = 14;
constexpr uint32_t kSetFloats = 15;
constexpr uint32_t kOldSetOptions = 21;
constexpr uint32_t kEmulate = 31;
constexpr uint32_t kEmulateStep = 32;
constexpr uint32_t kBlockStep = 33;

uint32_t request_of(const CallText& text) {
  const uint64_t request = text.argument(0);
  return request > UINT32_MAX ? UINT32_MAX : static_cast<uint32_t>(request);
}

// 8*RAX, 8*SS+4, offsetof(struct user, u_tsize).
void put_user_offset(CallText& text, uint64_t offset) {
  struct Place {
    uint64_t offset;
    std::string_view name;
  };
  constexpr Place kPlaces[] = {
      {0, "8*R15"},
      {8, "8*R14"},
      {16, "8*R13"},
      {24, "8*R12"},
      {32, "8*RBP"},
      {40, "8*RBX"},
      {48, "8*R11"},
      {56, "8*R10"},
      {64, "8*R9"},
      {72, "8*R8"},
      {80, "8*RAX"},
      {88, "8*RCX"},
      {96, "8*RDX"},
      {104, "8*RSI"},
      {112, "8*RDI"},
      {120, "8*ORIG_RAX"},
      {128, "8*RIP"},
      {136, "8*CS"},
      {144, "8*EFL"},
      {152, "8*RSP"},
      {160, "8*SS"},
      {offsetof(user, u_fpvalid), "offsetof(struct user, u_fpvalid)"},
      {offsetof(user, i387), "offsetof(struct user, i387)"},
      {offsetof(user, u_tsize), "offsetof(struct user, u_tsize)"},
      {offsetof(user, u_dsize), "offsetof(struct user, u_dsize)"},
      {offsetof(user, u_ssize), "offsetof(struct user, u_ssize)"},
      {offsetof(user, start_code), "offsetof(struct user, start_code)"},
      {offsetof(user, start_stack), "offsetof(struct user, start_stack)"},
      {offsetof(user, signal), "offsetof(struct user, signal)"},
      {offsetof(user, signal) + 8, "offsetof(struct user, reserved)"},
      {offsetof(user, u_ar0), "offsetof(struct user, u_ar0)"},
      {offsetof(user, u_fpstate), "offsetof(struct user, u_fpstate)"},
      {offsetof(user, magic), "offsetof(struct user, magic)"},
      {offsetof(user, u_comm), "offsetof(struct user, u_comm)"},
      {offsetof(user, u_debugreg), "offsetof(struct user, u_debugreg)"},
      {sizeof(user), "sizeof(struct user)"},
  };
  if (offset > sizeof(user)) return text.address(offset);
  const Place* best = nullptr;
  for (const Place& place : kPlaces) {
    if (place.offset <= offset && (best == nullptr || place.offset > best->offset)) best = &place;
  }
  text.put(best->name);
  if (offset > best->offset) text.print("+{}", offset - best->offset);
}

void put_registers(CallText& text, uint64_t at, const Structure& set) { put_structure_at(text, at, set); }

// The part of a set of registers that a vector has room for.
void put_register_vector(CallText& text, uint64_t at) {
  constexpr uint32_t kGeneral = 1;  // NT_PRSTATUS
  constexpr uint32_t kFloat = 2;    // NT_FPREGSET
  iovec vector{};
  if (!text.fetch(at, vector)) return;
  text.put("{iov_base=");
  const auto base = reinterpret_cast<uint64_t>(vector.iov_base);
  const auto kind = static_cast<uint32_t>(text.argument(2));
  const Structure* set = kind == kGeneral ? &kRegisters : kind == kFloat ? &kFloats : nullptr;
  const bool is_get = request_of(text) == PTRACE_GETREGSET;
  if (set == nullptr || (is_get && !text.succeeded())) {
    text.address(base);
  } else {
    std::vector<std::byte> bytes(std::min<uint64_t>(vector.iov_len, set->size));
    if (base == 0 || bytes.empty() || text.memory.read(base, bytes) != bytes.size()) {
      text.address(base);
    } else {
      put_structure(text, bytes, *set);
    }
  }
  text.print(", iov_len={}}}", vector.iov_len);
}

void put_infos(CallText& text, uint64_t at) {
  if (!text.succeeded()) return text.address(at);
  put_array<siginfo_t>(text, at, static_cast<uint64_t>(text.call.result), [&](const siginfo_t& info) {
    info.si_signo == 0 && info.si_code == 0 && info.si_errno == 0 ? text.put("{}") : put_signal_info(text, &info);
  });
}

void put_call_name(CallText& text, uint64_t number) {
  const std::string name = call_name(number);
  describe_call(number) != nullptr ? text.print("__NR_{}", name) : text.hex(number);
}

void put_call_arguments(CallText& text, const uint64_t* arguments, size_t count) {
  text.put("args=[");
  for (size_t i = 0; i < count; ++i) {
    if (i > 0) text.put(", ");
    text.hex(arguments[i]);
  }
  text.put(']');
}

// struct ptrace_syscall_info as far as the kernel wrote it.
void put_call_information(CallText& text, uint64_t at) {
  ptrace_syscall_info info{};
  if (!text.succeeded() || text.call.result <= 0) return text.address(at);
  const uint64_t size = std::min<uint64_t>({static_cast<uint64_t>(text.call.result), text.argument(2), sizeof info});
  if (size == 0 || text.memory.read(at, std::as_writable_bytes(std::span(&info, 1)).first(size)) != size) {
    return text.address(at);
  }
  const auto reaches = [&](size_t offset, size_t length) { return offset + length <= size; };
  text.put("{op=");
  text.enumeration(kPtraceCallKinds, info.op);
  if (reaches(offsetof(ptrace_syscall_info, arch), 4)) {
    text.put(", arch=");
    text.enumeration(kAuditArchitectures, info.arch);
  }
  if (reaches(offsetof(ptrace_syscall_info, instruction_pointer), 8)) {
    text.put(", instruction_pointer=");
    text.address(info.instruction_pointer);
  }
  if (reaches(offsetof(ptrace_syscall_info, stack_pointer), 8)) {
    text.put(", stack_pointer=");
    text.address(info.stack_pointer);
  }
  constexpr size_t kBody = offsetof(ptrace_syscall_info, entry);
  const size_t words = size > kBody ? (size - kBody) / 8 : 0;
  const bool has_body = words > 0;
  if (info.op == PTRACE_SYSCALL_INFO_ENTRY || info.op == PTRACE_SYSCALL_INFO_SECCOMP) {
    const bool is_entry = info.op == PTRACE_SYSCALL_INFO_ENTRY;
    if (has_body) {
      text.put(is_entry ? ", entry={nr=" : ", seccomp={nr=");
      put_call_name(text, info.entry.nr);
      if (words > 1) {
        text.put(", ");
        uint64_t arguments[6];
        std::copy_n(info.entry.args, 6, arguments);
        put_call_arguments(text, arguments, std::min<size_t>(words - 1, 6));
      }
      if (!is_entry && reaches(offsetof(ptrace_syscall_info, seccomp.ret_data), 4)) {
        text.print(", ret_data={}", info.seccomp.ret_data);
      }
      text.put('}');
    }
  } else if (info.op == PTRACE_SYSCALL_INFO_EXIT && has_body) {
    const bool is_error = reaches(offsetof(ptrace_syscall_info, exit.is_error), 1) && info.exit.is_error != 0;
    text.put(", exit={rval=");
    const std::string_view name = is_error ? errno_name(static_cast<int>(-info.exit.rval)) : std::string_view();
    name.empty() ? text.print("{}", static_cast<int64_t>(info.exit.rval)) : text.print("-{}", name);
    if (reaches(offsetof(ptrace_syscall_info, exit.is_error), 1)) text.print(", is_error={}", info.exit.is_error);
    text.put('}');
  }
  text.put('}');
}

void put_filter_program(CallText& text, uint64_t at) {
  if (!text.succeeded()) return text.address(at);
  put_classic_instructions(text, at, static_cast<uint64_t>(text.call.result), true);
}

void put_metadata(CallText& text, uint64_t at) {
  struct {
    uint64_t offset;
    uint64_t flags;
  } data{};
  if (text.argument(2) < sizeof data.offset || !text.memory.read_object(at, data.offset)) return text.address(at);
  text.print("{{filter_off={}", data.offset);
  if (text.succeeded() && static_cast<uint64_t>(text.call.result) > sizeof data.offset &&
      text.memory.read_object(at, data)) {
    text.put(", flags=");
    text.flags(kSeccompFlags, data.flags);
    if (text.argument(2) < sizeof data || static_cast<uint64_t>(text.call.result) > sizeof data) text.put(", ...");
  }
  text.put('}');
}

void put_signal_mask(CallText& text, uint64_t at, bool is_result) {
  uint64_t set = 0;
  if (text.argument(2) != sizeof set || (is_result && !text.succeeded())) return text.address(at);
  if (text.fetch(at, set)) put_signal_set(text, set);
}

}  // namespace

bool ptrace_known_at_entry(const CallText& text) {
  switch (request_of(text)) {
    case PTRACE_PEEKTEXT:
    case PTRACE_PEEKDATA:
    case kPeekUser:
    case kGetRegisters:
    case kGetFloats:
    case PTRACE_GETEVENTMSG:
    case PTRACE_GETSIGINFO:
    case PTRACE_GETREGSET:
    case PTRACE_PEEKSIGINFO:
    case PTRACE_GETSIGMASK:
    case PTRACE_SECCOMP_GET_FILTER:
    case PTRACE_SECCOMP_GET_METADATA:
    case PTRACE_GET_SYSCALL_INFO:
      return false;
    default:
      return true;
  }
}

void ptrace_address(CallText& text, uint64_t value, const ArgumentKind&) {
  switch (request_of(text)) {
    case PTRACE_KILL:
    case PTRACE_ATTACH:
    case PTRACE_INTERRUPT:
    case PTRACE_LISTEN:
      return text.omit();
    case kPeekUser:
    case kPokeUser:
      return put_user_offset(text, value);
    case kGetRegisters:
    case kSetRegisters:
    case kGetFloats:
    case kSetFloats:
      return text.skip();
    case PTRACE_GETREGSET:
    case PTRACE_SETREGSET:
      return text.enumeration(kRegisterSets, static_cast<uint32_t>(value));
    case PTRACE_PEEKSIGINFO:
      return put_structure_at(text, value, kPeek);
    case PTRACE_GETSIGMASK:
    case PTRACE_SETSIGMASK:
    case PTRACE_SECCOMP_GET_FILTER:
    case PTRACE_SECCOMP_GET_METADATA:
    case PTRACE_GET_SYSCALL_INFO:
      return text.print("{}", value);
    default:
      return text.address(value);
  }
}

void ptrace_data(CallText& text, uint64_t value, const ArgumentKind& kind) {
  const ArgumentKind result{.direction = ArgumentKind::Direction::kOut};
  switch (request_of(text)) {
    case PTRACE_CONT:
    case PTRACE_DETACH:
    case PTRACE_SYSCALL:
    case PTRACE_SINGLESTEP:
    case kEmulate:
    case kEmulateStep:
    case kBlockStep:
      return text.signal(static_cast<int>(value));
    case kOldSetOptions:
    case PTRACE_SETOPTIONS:
    case PTRACE_SEIZE:
      return text.flags(kPtraceOptions, value);
    case PTRACE_PEEKTEXT:
    case PTRACE_PEEKDATA:
    case kPeekUser:
      return address_at(text, value, result);
    case PTRACE_GETEVENTMSG:
      return unsigned_long_at(text, value, result);
    case kGetRegisters:
    case kGetFloats:
      if (!text.succeeded()) return text.address(value);
      return put_registers(text, value, request_of(text) == kGetRegisters ? kRegisters : kFloats);
    case kSetRegisters:
      return put_registers(text, value, kRegisters);
    case kSetFloats:
      return put_registers(text, value, kFloats);
    case PTRACE_GETSIGINFO:
      return signal_info(text, value, result);
    case PTRACE_SETSIGINFO:
      return signal_info(text, value, kind);
    case PTRACE_GETREGSET:
    case PTRACE_SETREGSET:
      return put_register_vector(text, value);
    case PTRACE_PEEKSIGINFO:
      return put_infos(text, value);
    case PTRACE_GETSIGMASK:
    case PTRACE_SETSIGMASK:
      return put_signal_mask(text, value, request_of(text) == PTRACE_GETSIGMASK);
    case PTRACE_SECCOMP_GET_FILTER:
      return put_filter_program(text, value);
    case PTRACE_SECCOMP_GET_METADATA:
      return put_metadata(text, value);
    case PTRACE_GET_SYSCALL_INFO:
      return put_call_information(text, value);
    default:
      return text.address(value);
  }
}

}  // namespace polytap::printers
