#include "core/syscall/tables_system.h"

#include <fcntl.h>
#include <linux/futex.h>
#include <linux/kexec.h>
#include <linux/landlock.h>
#include <linux/mount.h>
#include <linux/quota.h>
#include <linux/sched.h>
#include <sys/fanotify.h>
#include <sys/mount.h>
#include <sys/timex.h>

#include "core/syscall/named_constant.h"

namespace polytap {

// clang-format off
static constexpr Constant kSchedulingFlagsConstants[] = {
    NAMED(SCHED_FLAG_RESET_ON_FORK), NAMED(SCHED_FLAG_RECLAIM), NAMED(SCHED_FLAG_DL_OVERRUN),
    NAMED(SCHED_FLAG_KEEP_POLICY), NAMED(SCHED_FLAG_KEEP_PARAMS),
    NAMED(SCHED_FLAG_UTIL_CLAMP_MIN), NAMED(SCHED_FLAG_UTIL_CLAMP_MAX),
};
const ConstantTable kSchedulingFlags{kSchedulingFlagsConstants, "SCHED_FLAG_?" "??"};

static constexpr Constant kClockModesConstants[] = {
    {"ADJ_OFFSET_SS_READ", 0xa001}, {"ADJ_OFFSET_SINGLESHOT", 0x8001}, NAMED(ADJ_OFFSET),
    NAMED(ADJ_FREQUENCY), NAMED(ADJ_MAXERROR), NAMED(ADJ_ESTERROR), NAMED(ADJ_STATUS),
    NAMED(ADJ_TIMECONST), NAMED(ADJ_TAI), NAMED(ADJ_SETOFFSET), NAMED(ADJ_MICRO),
    NAMED(ADJ_NANO), NAMED(ADJ_TICK),
};
const ConstantTable kClockModes{kClockModesConstants, "ADJ_?" "??"};

static constexpr Constant kClockStatusConstants[] = {
    NAMED(STA_PLL), NAMED(STA_PPSFREQ), NAMED(STA_PPSTIME), NAMED(STA_FLL),
    NAMED(STA_INS), NAMED(STA_DEL), NAMED(STA_UNSYNC), NAMED(STA_FREQHOLD),
    NAMED(STA_PPSSIGNAL), NAMED(STA_PPSJITTER), NAMED(STA_PPSWANDER),
    NAMED(STA_PPSERROR), NAMED(STA_CLOCKERR), NAMED(STA_NANO), NAMED(STA_MODE),
    NAMED(STA_CLK),
};
const ConstantTable kClockStatus{kClockStatusConstants, "STA_?" "??"};

static constexpr Constant kClockStatesConstants[] = {
    NAMED(TIME_OK), NAMED(TIME_INS), NAMED(TIME_DEL), NAMED(TIME_OOP),
    NAMED(TIME_WAIT), NAMED(TIME_ERROR),
};
const ConstantTable kClockStates{kClockStatesConstants, "TIME_?" "??"};

static constexpr Constant kLogLevelsConstants[] = {
    {"LOGLEVEL_EMERG", 0}, {"LOGLEVEL_ALERT", 1}, {"LOGLEVEL_CRIT", 2}, {"LOGLEVEL_ERR", 3}, {"LOGLEVEL_WARNING", 4},
    {"LOGLEVEL_NOTICE", 5}, {"LOGLEVEL_INFO", 6}, {"LOGLEVEL_DEBUG", 7}, {"LOGLEVEL_DEBUG+1", 8},
};
const ConstantTable kLogLevels{kLogLevelsConstants, "LOGLEVEL_?" "??"};

static constexpr Constant kKexecArchitecturesConstants[] = {
    NAMED(KEXEC_ARCH_DEFAULT), NAMED(KEXEC_ARCH_386), NAMED(KEXEC_ARCH_X86_64),
    NAMED(KEXEC_ARCH_PPC), NAMED(KEXEC_ARCH_PPC64), NAMED(KEXEC_ARCH_IA_64),
    NAMED(KEXEC_ARCH_ARM), NAMED(KEXEC_ARCH_S390), NAMED(KEXEC_ARCH_SH),
    NAMED(KEXEC_ARCH_MIPS_LE), NAMED(KEXEC_ARCH_MIPS), NAMED(KEXEC_ARCH_AARCH64),
    {"KEXEC_ARCH_RISCV", 243 << 16}, {"KEXEC_ARCH_PARISC", 15 << 16}, {"KEXEC_ARCH_68K", 4 << 16},
    {"KEXEC_ARCH_LOONGARCH", 258 << 16},
};
const ConstantTable kKexecArchitectures{kKexecArchitecturesConstants, "KEXEC_ARCH_?" "??"};

static constexpr Constant kKexecFlagsConstants[] = {
    NAMED(KEXEC_ON_CRASH), NAMED(KEXEC_PRESERVE_CONTEXT), {"KEXEC_UPDATE_ELFCOREHDR", 4},
    {"KEXEC_CRASH_HOTPLUG_SUPPORT", 8},
};
const ConstantTable kKexecFlags{kKexecFlagsConstants, "KEXEC_?" "??"};

static constexpr Constant kFanotifyClassesConstants[] = {
    NAMED(FAN_CLASS_NOTIF), NAMED(FAN_CLASS_CONTENT), NAMED(FAN_CLASS_PRE_CONTENT),
};
const ConstantTable kFanotifyClasses{kFanotifyClassesConstants, "FAN_CLASS_?" "??"};

static constexpr Constant kFutexWaitFlagsConstants[] = {{"FUTEX_32", 2}, NAMED(FUTEX_PRIVATE_FLAG)};
const ConstantTable kFutexWaitFlags{kFutexWaitFlagsConstants, "FUTEX_?" "??"};

static constexpr Constant kFutex2FlagsConstants[] = {{"FUTEX2_NUMA", 4}, {"FUTEX2_MPOL", 8}, {"FUTEX2_PRIVATE", 128}};
const ConstantTable kFutex2Flags{kFutex2FlagsConstants, "FUTEX2_?" "??"};

static constexpr Constant kFutex2SizesConstants[] = {
    {"FUTEX2_SIZE_U8", 0}, {"FUTEX2_SIZE_U16", 1}, {"FUTEX2_SIZE_U32", 2}, {"FUTEX2_SIZE_U64", 3},
};
const ConstantTable kFutex2Sizes{kFutex2SizesConstants, "FUTEX2_?" "??"};

static constexpr Constant kLandlockFilesConstants[] = {
    NAMED(LANDLOCK_ACCESS_FS_EXECUTE), NAMED(LANDLOCK_ACCESS_FS_WRITE_FILE),
    NAMED(LANDLOCK_ACCESS_FS_READ_FILE), NAMED(LANDLOCK_ACCESS_FS_READ_DIR),
    NAMED(LANDLOCK_ACCESS_FS_REMOVE_DIR), NAMED(LANDLOCK_ACCESS_FS_REMOVE_FILE),
    NAMED(LANDLOCK_ACCESS_FS_MAKE_CHAR), NAMED(LANDLOCK_ACCESS_FS_MAKE_DIR),
    NAMED(LANDLOCK_ACCESS_FS_MAKE_REG), NAMED(LANDLOCK_ACCESS_FS_MAKE_SOCK),
    NAMED(LANDLOCK_ACCESS_FS_MAKE_FIFO), NAMED(LANDLOCK_ACCESS_FS_MAKE_BLOCK),
    NAMED(LANDLOCK_ACCESS_FS_MAKE_SYM), NAMED(LANDLOCK_ACCESS_FS_REFER),
    {"LANDLOCK_ACCESS_FS_TRUNCATE", 1 << 14}, {"LANDLOCK_ACCESS_FS_IOCTL_DEV", 1 << 15},
};
const ConstantTable kLandlockFiles{kLandlockFilesConstants, "LANDLOCK_ACCESS_FS_?" "??"};

static constexpr Constant kLandlockNetworkConstants[] = {
    {"LANDLOCK_ACCESS_NET_BIND_TCP", 1}, {"LANDLOCK_ACCESS_NET_CONNECT_TCP", 2},
};
const ConstantTable kLandlockNetwork{kLandlockNetworkConstants, "LANDLOCK_ACCESS_NET_?" "??"};

static constexpr Constant kLandlockScopesConstants[] = {
    {"LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET", 1}, {"LANDLOCK_SCOPE_SIGNAL", 2},
};
const ConstantTable kLandlockScopes{kLandlockScopesConstants, "LANDLOCK_SCOPE_?" "??"};

static constexpr Constant kLandlockRestrictFlagsConstants[] = {
    {"LANDLOCK_RESTRICT_SELF_LOG_SAME_EXEC_OFF", 1}, {"LANDLOCK_RESTRICT_SELF_LOG_NEW_EXEC_ON", 2},
    {"LANDLOCK_RESTRICT_SELF_LOG_SUBDOMAINS_OFF", 4}, {"LANDLOCK_RESTRICT_SELF_TSYNC", 8},
};
const ConstantTable kLandlockRestrictFlags{kLandlockRestrictFlagsConstants, "LANDLOCK_RESTRICT_SELF_?" "??"};

static constexpr Constant kMountPropagationConstants[] = {
    NAMED(MS_UNBINDABLE), NAMED(MS_PRIVATE), NAMED(MS_SLAVE), NAMED(MS_SHARED),
};
const ConstantTable kMountPropagation{kMountPropagationConstants, "MS_?" "??"};

static constexpr Constant kMountAttributeFlagsConstants[] = {
    {"AT_SYMLINK_NOFOLLOW", 0x100}, {"AT_NO_AUTOMOUNT", 0x800}, {"AT_EMPTY_PATH", 0x1000}, {"AT_RECURSIVE", 0x8000},
};
const ConstantTable kMountAttributeFlags{kMountAttributeFlagsConstants, "AT_?" "??"};

static constexpr Constant kStatmountMaskConstants[] = {
    {"STATMOUNT_SB_BASIC", 0x1}, {"STATMOUNT_MNT_BASIC", 0x2}, {"STATMOUNT_PROPAGATE_FROM", 0x4},
    {"STATMOUNT_MNT_ROOT", 0x8}, {"STATMOUNT_MNT_POINT", 0x10}, {"STATMOUNT_FS_TYPE", 0x20},
    {"STATMOUNT_MNT_NS_ID", 0x40}, {"STATMOUNT_MNT_OPTS", 0x80}, {"STATMOUNT_FS_SUBTYPE", 0x100},
    {"STATMOUNT_SB_SOURCE", 0x200}, {"STATMOUNT_OPT_ARRAY", 0x400}, {"STATMOUNT_OPT_SEC_ARRAY", 0x800},
    {"STATMOUNT_SUPPORTED_MASK", 0x1000}, {"STATMOUNT_MNT_UIDMAP", 0x2000}, {"STATMOUNT_MNT_GIDMAP", 0x4000},
};
const ConstantTable kStatmountMask{kStatmountMaskConstants, "STATMOUNT_?" "??"};

static constexpr Constant kListmountIdsConstants[] = {{"LSMT_ROOT", 0xffffffffffffffff}};
const ConstantTable kListmountIds{kListmountIdsConstants, ""};

static constexpr Constant kListmountFlagsConstants[] = {{"LISTMOUNT_REVERSE", 1}};
const ConstantTable kListmountFlags{kListmountFlagsConstants, "LISTMOUNT_?" "??"};

static constexpr Constant kStatmountFlagsConstants[] = {{"STATMOUNT_BY_FD", 1}};
const ConstantTable kStatmountFlags{kStatmountFlagsConstants, "STATMOUNT_?" "??"};

static constexpr Constant kSecurityModulesConstants[] = {
    {"LSM_ID_UNDEF", 0}, {"LSM_ID_CAPABILITY", 100}, {"LSM_ID_SELINUX", 101}, {"LSM_ID_SMACK", 102},
    {"LSM_ID_TOMOYO", 103}, {"LSM_ID_APPARMOR", 104}, {"LSM_ID_YAMA", 105}, {"LSM_ID_LOADPIN", 106},
    {"LSM_ID_SAFESETID", 107}, {"LSM_ID_LOCKDOWN", 108}, {"LSM_ID_BPF", 109}, {"LSM_ID_LANDLOCK", 110},
    {"LSM_ID_IMA", 111}, {"LSM_ID_EVM", 112}, {"LSM_ID_IPE", 113},
};
const ConstantTable kSecurityModules{kSecurityModulesConstants, "LSM_ID_?" "??"};

static constexpr Constant kSecurityAttributesConstants[] = {
    {"LSM_ATTR_UNDEF", 0}, {"LSM_ATTR_CURRENT", 100}, {"LSM_ATTR_EXEC", 101}, {"LSM_ATTR_FSCREATE", 102},
    {"LSM_ATTR_KEYCREATE", 103}, {"LSM_ATTR_PREV", 104}, {"LSM_ATTR_SOCKCREATE", 105},
};
const ConstantTable kSecurityAttributes{kSecurityAttributesConstants, "LSM_ATTR_?" "??"};

static constexpr Constant kSecurityFlagsConstants[] = {{"LSM_FLAG_SINGLE", 1}};
const ConstantTable kSecurityFlags{kSecurityFlagsConstants, "LSM_FLAG_?" "??"};

static constexpr Constant kFileAttributesConstants[] = {
    {"FS_XFLAG_REALTIME", 0x1}, {"FS_XFLAG_PREALLOC", 0x2}, {"FS_XFLAG_IMMUTABLE", 0x8}, {"FS_XFLAG_APPEND", 0x10},
    {"FS_XFLAG_SYNC", 0x20}, {"FS_XFLAG_NOATIME", 0x40}, {"FS_XFLAG_NODUMP", 0x80}, {"FS_XFLAG_RTINHERIT", 0x100},
    {"FS_XFLAG_PROJINHERIT", 0x200}, {"FS_XFLAG_NOSYMLINKS", 0x400}, {"FS_XFLAG_EXTSIZE", 0x800},
    {"FS_XFLAG_EXTSZINHERIT", 0x1000}, {"FS_XFLAG_NODEFRAG", 0x2000}, {"FS_XFLAG_FILESTREAM", 0x4000},
    {"FS_XFLAG_DAX", 0x8000}, {"FS_XFLAG_COWEXTSIZE", 0x10000}, {"FS_XFLAG_VERITY", 0x20000},
    {"FS_XFLAG_HASATTR", 0x80000000},
};
const ConstantTable kFileAttributes{kFileAttributesConstants, "FS_XFLAG_?" "??"};

static constexpr Constant kPidfdSignalFlagsConstants[] = {
    {"PIDFD_SIGNAL_THREAD", 1}, {"PIDFD_SIGNAL_THREAD_GROUP", 2}, {"PIDFD_SIGNAL_PROCESS_GROUP", 4},
};
const ConstantTable kPidfdSignalFlags{kPidfdSignalFlagsConstants, ""};


static constexpr Constant kShadowStackFlagsConstants[] = {
    {"SHADOW_STACK_SET_TOKEN", 1}, {"SHADOW_STACK_SET_MARKER", 2},
};
const ConstantTable kShadowStackFlags{kShadowStackFlagsConstants, "SHADOW_STACK_?" "??"};

static constexpr Constant kCloseOnExecConstants[] = {NAMED(O_CLOEXEC)};
const ConstantTable kCloseOnExec{kCloseOnExecConstants, ""};

static constexpr Constant kQuotaValidConstants[] = {
    NAMED(QIF_BLIMITS), NAMED(QIF_SPACE), NAMED(QIF_ILIMITS), NAMED(QIF_INODES),
    NAMED(QIF_BTIME), NAMED(QIF_ITIME),
};
const ConstantTable kQuotaValid{kQuotaValidConstants, "QIF_?" "??"};

static constexpr Constant kQuotaInfoValidConstants[] = {
    NAMED(IIF_BGRACE), NAMED(IIF_IGRACE), NAMED(IIF_FLAGS),
};
const ConstantTable kQuotaInfoValid{kQuotaInfoValidConstants, "IIF_?" "??"};

static constexpr Constant kQuotaInfoFlagsConstants[] = {{"DQF_ROOT_SQUASH", 1}, {"DQF_SYS_FILE", 0x10000}};
const ConstantTable kQuotaInfoFlags{kQuotaInfoFlagsConstants, "DQF_?" "??"};

static constexpr Constant kQuotaFormatsConstants[] = {
    NAMED(QFMT_VFS_OLD), NAMED(QFMT_VFS_V0), NAMED(QFMT_OCFS2), NAMED(QFMT_VFS_V1),
};
const ConstantTable kQuotaFormats{kQuotaFormatsConstants, "QFMT_VFS_?" "??"};

static constexpr Constant kXfsQuotaFlagsConstants[] = {
    {"FS_USER_QUOTA", 1}, {"FS_PROJ_QUOTA", 2}, {"FS_GROUP_QUOTA", 4},
};
const ConstantTable kXfsQuotaFlags{kXfsQuotaFlagsConstants, "XFS_QUOTA_?" "??"};

static constexpr Constant kXfsQuotaStatesConstants[] = {
    {"FS_QUOTA_UDQ_ACCT", 1}, {"FS_QUOTA_UDQ_ENFD", 2}, {"FS_QUOTA_GDQ_ACCT", 4}, {"FS_QUOTA_GDQ_ENFD", 8},
    {"FS_QUOTA_PDQ_ACCT", 16}, {"FS_QUOTA_PDQ_ENFD", 32},
};
const ConstantTable kXfsQuotaStates{kXfsQuotaStatesConstants, "FS_QUOTA_?" "??"};

// clang-format on

}  // namespace polytap
