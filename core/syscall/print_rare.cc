// Values with parts of their own, of calls that are rare.
#include <linux/ioprio.h>
#include <linux/kcmp.h>
#include <linux/membarrier.h>
#include <linux/mempolicy.h>
#include <linux/reboot.h>
#include <linux/seccomp.h>
#include <sys/mount.h>
#include <sys/swap.h>

#include "core/syscall/printers.h"
#include "core/syscall/tables.h"

namespace polytap::printers {

void device32(CallText& text, uint64_t value, const ArgumentKind&) { text.device(static_cast<uint32_t>(value)); }

void policy(CallText& text, uint64_t value, const ArgumentKind& kind) {
  constexpr uint64_t kModeFlags = MPOL_MODE_FLAGS;
  // mbind takes an unsigned long, set_mempolicy an int.
  const uint64_t bits = kind.length_argument != 0 ? value : static_cast<uint32_t>(value);
  const std::string_view name = kMempolicies.find(bits & ~kModeFlags);
  if ((bits & kModeFlags) == 0) return text.enumeration(kMempolicies, bits);
  if (!name.empty()) {
    text.enumeration(kMempolicies, bits & ~kModeFlags);
    text.put('|');
    return text.flags(kMempolicyModeFlags, bits & kModeFlags);
  }
  text.flags(kMempolicyModeFlags, bits);
}

void huge_flags(CallText& text, uint64_t value, const ArgumentKind& kind) {
  constexpr int kHugeShift = 26;  // MFD_HUGE_SHIFT, SHM_HUGE_SHIFT
  constexpr uint32_t kHugeMask = 0x3fU << kHugeShift;
  const auto bits = static_cast<uint32_t>(value);
  const uint32_t size = (bits & kHugeMask) >> kHugeShift;
  if (size == 0 || (bits & ~kHugeMask) != 0) text.flags(*kind.table, bits & ~kHugeMask);
  if (size == 0) return;
  if ((bits & ~kHugeMask) != 0) text.put('|');
  text.print("{}<<MFD_HUGE_SHIFT", size);
}

void membarrier_cpu(CallText& text, uint64_t value, const ArgumentKind&) {
  if ((static_cast<uint32_t>(text.argument(1)) & MEMBARRIER_CMD_FLAG_CPU) == 0) return text.omit();
  text.print("{}", static_cast<int32_t>(value));
}

void kcmp_rest(CallText& text, uint64_t value, const ArgumentKind& kind) {
  switch (static_cast<uint32_t>(text.argument(2))) {
    case KCMP_VM:
    case KCMP_FILES:
    case KCMP_FS:
    case KCMP_SIGHAND:
    case KCMP_IO:
    case KCMP_SYSVSEM:
      return text.omit();
    case KCMP_FILE:
      return text.print("{}", static_cast<int>(value));
    case KCMP_EPOLL_TFD: {
      constexpr uint8_t kFirst = 3;
      kcmp_epoll_slot slot{};
      if (kind.length_argument == kFirst) return text.print("{}", static_cast<int>(value));
      if (!text.fetch(value, slot)) return;
      return text.print("{{efd={}, tfd={}, toff={}}}", slot.efd, slot.tfd, slot.toff);
    }
    default:
      return text.hex(value);
  }
}

void seccomp_flags(CallText& text, uint64_t value, const ArgumentKind&) {
  const auto bits = static_cast<uint32_t>(value);
  if (static_cast<uint32_t>(text.argument(0)) == SECCOMP_SET_MODE_FILTER) return text.flags(kSeccompFlags, bits);
  text.hex(bits);
}

void key(CallText& text, uint64_t value, const ArgumentKind&) {
  const auto serial = static_cast<int32_t>(value);
  const std::string_view name = kSpecialKeys.find(static_cast<uint64_t>(static_cast<int64_t>(serial)));
  name.empty() ? text.print("{}", serial) : text.put(name);
}

void io_priority(CallText& text, uint64_t value, const ArgumentKind&) {
  const auto bits = static_cast<uint32_t>(value);
  text.put("IOPRIO_PRIO_VALUE(");
  text.enumeration(kIoprioClasses, bits >> IOPRIO_CLASS_SHIFT);
  text.print(", {})", bits & ((1U << IOPRIO_CLASS_SHIFT) - 1));
}

void syslog_action(CallText& text, uint64_t value, const ArgumentKind&) {
  const auto action = static_cast<uint32_t>(value);
  const std::string_view name = kSyslogActions.find(action);
  text.print("{} /* {} */", static_cast<int32_t>(action), name.empty() ? "SYSLOG_ACTION_???" : name);
}

void swap_flags(CallText& text, uint64_t value, const ArgumentKind&) {
  const auto bits = static_cast<uint32_t>(value);
  const uint32_t priority = bits & SWAP_FLAG_PRIO_MASK;
  const uint32_t rest = bits & ~static_cast<uint32_t>(SWAP_FLAG_PRIO_MASK);
  if (rest != 0) {
    text.flags(kSwapFlags, rest);
    text.put('|');
  }
  text.print("{}", priority);
}

void quota_command(CallText& text, uint64_t value, const ArgumentKind&) {
  const auto command = static_cast<uint32_t>(value);
  constexpr uint32_t kTypeMask = 0xff;
  text.put("QCMD(");
  text.enumeration(kQuotaCommands, command >> 8);
  text.put(", ");
  text.enumeration(kQuotaTypes, command & kTypeMask);
  text.put(')');
}

void host_name(CallText& text, uint64_t value, const ArgumentKind& kind) {
  constexpr uint32_t kMost = 64;  // __NEW_UTS_LEN of linux/utsname.h
  const auto length = static_cast<uint32_t>(text.argument(kind.length_argument));
  if (length > kMost) return text.address(value);
  text.buffer(value, length);
}

void reboot_argument(CallText& text, uint64_t value, const ArgumentKind&) {
  if (static_cast<uint32_t>(text.argument(2)) != LINUX_REBOOT_CMD_RESTART2) return text.omit();
  text.string(value);
}

namespace {

constexpr uint64_t kOldMagicMask = 0xffff0000;  // MS_MGC_MSK of linux/mount.h
constexpr uint64_t kOldMagic = 0xc0ed0000;      // MS_MGC_VAL

uint64_t flags_of_mount(const CallText& text) {
  const uint64_t flags = text.argument(3);
  return (flags & kOldMagicMask) == kOldMagic ? flags & 0xffff : flags;
}

// Of what the kernel does with an existing mount: neither a type nor data.
bool changes_tree(uint64_t flags) {
  constexpr uint64_t kChanges = MS_BIND | MS_MOVE | MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE;
  return (flags & MS_REMOUNT) == 0 && (flags & kChanges) != 0;
}

}  // namespace

void mount_type(CallText& text, uint64_t value, const ArgumentKind&) {
  const uint64_t flags = flags_of_mount(text);
  (flags & MS_REMOUNT) != 0 || changes_tree(flags) ? text.address(value) : text.string(value);
}

void mount_flags(CallText& text, uint64_t value, const ArgumentKind&) {
  const uint64_t flags = flags_of_mount(text);
  if (flags != value || value == kOldMagic) {
    text.put("MS_MGC_VAL");
    if (flags == 0) return;
    text.put('|');
  }
  text.flags(kMountFlags, flags);
}

void mount_data(CallText& text, uint64_t value, const ArgumentKind&) {
  changes_tree(flags_of_mount(text)) ? text.address(value) : text.string(value);
}

void ptrace_pid(CallText& text, uint64_t value, const ArgumentKind&) {
  constexpr uint64_t kTraceMe = 0;  // PTRACE_TRACEME, which takes nothing
  if (text.argument(0) == kTraceMe) return text.omit();
  text.print("{}", static_cast<int>(value));
}

}  // namespace polytap::printers
