#include <linux/capability.h>
#include <linux/ioprio.h>
#include <linux/keyctl.h>
#include <linux/mempolicy.h>
#include <signal.h>
#include <sys/personality.h>

#include "core/syscall/named_constant.h"
#include "core/syscall/tables.h"

namespace polytap {

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

static constexpr Constant kMempolicyModeFlagsConstants[] = {NAMED(MPOL_F_STATIC_NODES), NAMED(MPOL_F_RELATIVE_NODES),
                                                            NAMED(MPOL_F_NUMA_BALANCING)};
const ConstantTable kMempolicyModeFlags{kMempolicyModeFlagsConstants,
                                        "MPOL_F_?"
                                        "??"};

static constexpr Constant kSpecialKeysConstants[] = {
    NAMED(KEY_SPEC_THREAD_KEYRING),  NAMED(KEY_SPEC_PROCESS_KEYRING),      NAMED(KEY_SPEC_SESSION_KEYRING),
    NAMED(KEY_SPEC_USER_KEYRING),    NAMED(KEY_SPEC_USER_SESSION_KEYRING), NAMED(KEY_SPEC_GROUP_KEYRING),
    NAMED(KEY_SPEC_REQKEY_AUTH_KEY), NAMED(KEY_SPEC_REQUESTOR_KEYRING)};
const ConstantTable kSpecialKeys{kSpecialKeysConstants, ""};

static constexpr Constant kIoprioClassesConstants[] = {NAMED(IOPRIO_CLASS_NONE), NAMED(IOPRIO_CLASS_RT),
                                                       NAMED(IOPRIO_CLASS_BE), NAMED(IOPRIO_CLASS_IDLE)};
const ConstantTable kIoprioClasses{kIoprioClassesConstants,
                                   "IOPRIO_CLASS_?"
                                   "??"};

static constexpr Constant kHandleFlagsConstants[] = {{"AT_SYMLINK_FOLLOW", 0x400}, {"AT_EMPTY_PATH", 0x1000}};
const ConstantTable kHandleFlags{kHandleFlagsConstants,
                                 "AT_?"
                                 "??"};

static constexpr Constant kMovePagesFlagsConstants[] = {NAMED(MPOL_MF_MOVE), NAMED(MPOL_MF_MOVE_ALL)};
const ConstantTable kMovePagesFlags{kMovePagesFlagsConstants,
                                    "MPOL_?"
                                    "??"};

static constexpr Constant kKexecFileFlagsConstants[] = {
    {"KEXEC_FILE_UNLOAD", 1}, {"KEXEC_FILE_ON_CRASH", 2}, {"KEXEC_FILE_NO_INITRAMFS", 4}};
const ConstantTable kKexecFileFlags{kKexecFileFlagsConstants,
                                    "KEXEC_FILE_?"
                                    "??"};

static constexpr Constant kQuotaCommandsConstants[] = {{"Q_SYNC", 0x800001},
                                                       {"Q_QUOTAON", 0x800002},
                                                       {"Q_QUOTAOFF", 0x800003},
                                                       {"Q_GETFMT", 0x800004},
                                                       {"Q_GETINFO", 0x800005},
                                                       {"Q_SETINFO", 0x800006},
                                                       {"Q_GETQUOTA", 0x800007},
                                                       {"Q_SETQUOTA", 0x800008},
                                                       {"Q_GETNEXTQUOTA", 0x800009},
                                                       {"Q_XQUOTAON", 0x5801},
                                                       {"Q_XQUOTAOFF", 0x5802},
                                                       {"Q_XGETQUOTA", 0x5803},
                                                       {"Q_XSETQLIM", 0x5804},
                                                       {"Q_XGETQSTAT", 0x5805},
                                                       {"Q_XQUOTARM", 0x5806},
                                                       {"Q_XQUOTASYNC", 0x5807},
                                                       {"Q_XGETQSTATV", 0x5808},
                                                       {"Q_XGETNEXTQUOTA", 0x5809},
                                                       // Of the kernels before 2.4.22.
                                                       {"Q_V1_QUOTAON", 0x100},
                                                       {"Q_V1_QUOTAOFF", 0x200},
                                                       {"Q_V1_GETQUOTA", 0x300},
                                                       {"Q_V1_SETQUOTA", 0x400},
                                                       {"Q_V1_SETUSE", 0x500},
                                                       {"Q_V1_SYNC", 0x600},
                                                       {"Q_SETQLIM", 0x700},
                                                       {"Q_V1_GETSTATS", 0x800},
                                                       {"Q_V2_GETINFO", 0x900},
                                                       {"Q_V2_SETINFO", 0xa00},
                                                       {"Q_V2_SETGRACE", 0xb00},
                                                       {"Q_V2_SETFLAGS", 0xc00},
                                                       {"Q_V2_GETQUOTA", 0xd00},
                                                       {"Q_V2_SETQUOTA", 0xe00},
                                                       {"Q_V2_SETUSE", 0xf00},
                                                       {"Q_V1_RSQUASH", 0x1000},
                                                       {"Q_V2_GETSTATS", 0x1100}};
const ConstantTable kQuotaCommands{kQuotaCommandsConstants,
                                   "Q_?"
                                   "?"
                                   "?"};

static constexpr Constant kQuotaTypesConstants[] = {{"USRQUOTA", 0}, {"GRPQUOTA", 1}, {"PRJQUOTA", 2}};
const ConstantTable kQuotaTypes{kQuotaTypesConstants,
                                "?"
                                "?"
                                "?QUOTA"};

}  // namespace polytap
