#include "core/syscall/result_notes.h"

#include <fmt/format.h>
#include <linux/kvm.h>
#include <linux/sched.h>
#include <linux/unistd.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <optional>
#include <string_view>

#include "core/syscall/live_fds.h"
#include "core/syscall/named_constant.h"

namespace polytap {
namespace {

constexpr Constant kKvmExitNames[] = {
    NAMED(KVM_EXIT_UNKNOWN),
    NAMED(KVM_EXIT_EXCEPTION),
    NAMED(KVM_EXIT_IO),
    NAMED(KVM_EXIT_HYPERCALL),
    NAMED(KVM_EXIT_DEBUG),
    NAMED(KVM_EXIT_HLT),
    NAMED(KVM_EXIT_MMIO),
    NAMED(KVM_EXIT_IRQ_WINDOW_OPEN),
    NAMED(KVM_EXIT_SHUTDOWN),
    NAMED(KVM_EXIT_FAIL_ENTRY),
    NAMED(KVM_EXIT_INTR),
    NAMED(KVM_EXIT_SET_TPR),
    NAMED(KVM_EXIT_TPR_ACCESS),
    NAMED(KVM_EXIT_S390_SIEIC),
    NAMED(KVM_EXIT_S390_RESET),
    NAMED(KVM_EXIT_NMI),
    NAMED(KVM_EXIT_INTERNAL_ERROR),
    NAMED(KVM_EXIT_OSI),
    NAMED(KVM_EXIT_PAPR_HCALL),
    NAMED(KVM_EXIT_S390_UCONTROL),
    NAMED(KVM_EXIT_WATCHDOG),
    NAMED(KVM_EXIT_S390_TSCH),
    NAMED(KVM_EXIT_EPR),
    NAMED(KVM_EXIT_SYSTEM_EVENT),
    NAMED(KVM_EXIT_S390_STSI),
    NAMED(KVM_EXIT_IOAPIC_EOI),
    NAMED(KVM_EXIT_HYPERV),
    NAMED(KVM_EXIT_ARM_NISV),
    NAMED(KVM_EXIT_X86_RDMSR),
    NAMED(KVM_EXIT_X86_WRMSR),
    NAMED(KVM_EXIT_DIRTY_RING_FULL),
    NAMED(KVM_EXIT_AP_RESET_HOLD),
    NAMED(KVM_EXIT_X86_BUS_LOCK),
    NAMED(KVM_EXIT_XEN),
    NAMED(KVM_EXIT_RISCV_SBI),
    NAMED(KVM_EXIT_RISCV_CSR),
    NAMED(KVM_EXIT_NOTIFY),
};
constexpr ConstantTable kKvmExits{kKvmExitNames,
                                  "KVM_EXIT_?"
                                  "??"};

// Where /proc/TID/maps says that NAME is mapped.
std::optional<uint64_t> mapped_at(pid_t tid, std::string_view name) {
  std::ifstream maps(fmt::format("/proc/{}/maps", tid));
  for (std::string line; std::getline(maps, line);) {
    if (line.ends_with(name)) return std::stoull(line, nullptr, 16);
  }
  return std::nullopt;
}

struct Namespace {
  uint64_t flag;
  const char* file;  // of the task itself, also where its children alone are to get a new one: as strace 7.x
};
// In the order of /proc/PID/ns.
constexpr Namespace kNamespaces[] = {
    {CLONE_NEWCGROUP, "cgroup"}, {CLONE_NEWIPC, "ipc"},   {CLONE_NEWNS, "mnt"},    {CLONE_NEWNET, "net"},
    {CLONE_NEWPID, "pid"},       {CLONE_NEWTIME, "time"}, {CLONE_NEWUSER, "user"}, {CLONE_NEWUTS, "uts"},
};

std::string namespace_name(pid_t pid, const char* file) {
  std::array<char, 64> link{};
  const ssize_t length = readlink(fmt::format("/proc/{}/ns/{}", pid, file).c_str(), link.data(), link.size());
  return length > 0 ? std::string(link.data(), static_cast<size_t>(length)) : std::string();
}

}  // namespace

std::string kvm_exit_note(pid_t tid, const CallValues& call) {
  constexpr std::string_view kVcpu = "anon_inode:kvm-vcpu:";
  if (call.number != __NR_ioctl || call.arguments[1] != KVM_RUN || call.failed) return {};
  const std::string name = path_of_fd(tid, static_cast<int>(call.arguments[0]));
  if (!name.starts_with(kVcpu)) return {};
  const auto address = mapped_at(tid, name);
  uint32_t reason = 0;
  if (!address || !LiveMemory(tid).read_object(*address + offsetof(kvm_run, exit_reason), reason)) return {};
  std::string note = " (";
  append_enumeration(note, kKvmExits, reason, ConstantStyle::kAbbreviated);
  return note + ')';
}

std::string new_namespaces_note(pid_t tid, const CallValues& call, const MemoryView& memory) {
  if (call.failed) return {};
  const bool in_caller = call.number == __NR_unshare || call.number == __NR_setns;
  uint64_t flags = call.arguments[call.number == __NR_setns ? 1 : 0];
  if (call.number == __NR_clone3) {
    if (!memory.read_object(call.arguments[0], flags)) return {};
  } else if (!in_caller && call.number != __NR_clone) {
    return {};
  }
  const auto child = static_cast<pid_t>(call.result);
  if (!in_caller && child <= 0) return {};
  std::string names;
  for (const Namespace& each : kNamespaces) {
    // The exit signal shares bits with CLONE_NEWTIME in clone(2).
    if ((flags & each.flag) == 0 || (call.number == __NR_clone && each.flag == CLONE_NEWTIME)) continue;
    const std::string name = namespace_name(in_caller ? tid : child, each.file);
    if (!name.empty()) names += (names.empty() ? "" : ", ") + name;
  }
  return names.empty() ? names : fmt::format(" ({})", names);
}

}  // namespace polytap
