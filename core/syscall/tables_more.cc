#include <linux/capability.h>
#include <signal.h>
#include <sys/personality.h>

#include "core/syscall/tables.h"

#define NAMED(constant) \
  { #constant, static_cast < uint64_t>(constant) }

namespace polytap {

static constexpr Constant kIoctlCommandsConstants[] = {
#include "core/syscall/ioctl_commands.inc"
};
const ConstantTable kIoctlCommands{kIoctlCommandsConstants, ""};

static constexpr Constant kCapabilitiesConstants[] = {
    NAMED(CAP_CHOWN),
    NAMED(CAP_DAC_OVERRIDE),
    NAMED(CAP_DAC_READ_SEARCH),
    NAMED(CAP_FOWNER),
    NAMED(CAP_FSETID),
    NAMED(CAP_KILL),
    NAMED(CAP_SETGID),
    NAMED(CAP_SETUID),
    NAMED(CAP_SETPCAP),
    NAMED(CAP_LINUX_IMMUTABLE),
    NAMED(CAP_NET_BIND_SERVICE),
    NAMED(CAP_NET_BROADCAST),
    NAMED(CAP_NET_ADMIN),
    NAMED(CAP_NET_RAW),
    NAMED(CAP_IPC_LOCK),
    NAMED(CAP_IPC_OWNER),
    NAMED(CAP_SYS_MODULE),
    NAMED(CAP_SYS_RAWIO),
    NAMED(CAP_SYS_CHROOT),
    NAMED(CAP_SYS_PTRACE),
    NAMED(CAP_SYS_PACCT),
    NAMED(CAP_SYS_ADMIN),
    NAMED(CAP_SYS_BOOT),
    NAMED(CAP_SYS_NICE),
    NAMED(CAP_SYS_RESOURCE),
    NAMED(CAP_SYS_TIME),
    NAMED(CAP_SYS_TTY_CONFIG),
    NAMED(CAP_MKNOD),
    NAMED(CAP_LEASE),
    NAMED(CAP_AUDIT_WRITE),
    NAMED(CAP_AUDIT_CONTROL),
    NAMED(CAP_SETFCAP),
    NAMED(CAP_MAC_OVERRIDE),
    NAMED(CAP_MAC_ADMIN),
    NAMED(CAP_SYSLOG),
    NAMED(CAP_WAKE_ALARM),
    NAMED(CAP_BLOCK_SUSPEND),
    NAMED(CAP_AUDIT_READ),
    NAMED(CAP_PERFMON),
    NAMED(CAP_BPF),
    NAMED(CAP_CHECKPOINT_RESTORE),
};
const ConstantTable kCapabilities{kCapabilitiesConstants, "CAP_???"};

static constexpr Constant kPersonalityFlagsConstants[] = {
    NAMED(UNAME26),          NAMED(ADDR_NO_RANDOMIZE),  NAMED(FDPIC_FUNCPTRS),
    NAMED(MMAP_PAGE_ZERO),   NAMED(ADDR_COMPAT_LAYOUT), NAMED(READ_IMPLIES_EXEC),
    NAMED(ADDR_LIMIT_32BIT), NAMED(SHORT_INODE),        NAMED(WHOLE_SECONDS),
    NAMED(STICKY_TIMEOUTS),  NAMED(ADDR_LIMIT_3GB),
};
const ConstantTable kPersonalityFlags{kPersonalityFlagsConstants, ""};

static constexpr Constant kSigevNotifyConstants[] = {NAMED(SIGEV_SIGNAL), NAMED(SIGEV_NONE), NAMED(SIGEV_THREAD),
                                                     NAMED(SIGEV_THREAD_ID)};
const ConstantTable kSigevNotify{kSigevNotifyConstants, "SIGEV_???"};

}  // namespace polytap
