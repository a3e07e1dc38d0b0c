#include <asm/types.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <linux/falloc.h>
#include <linux/fanotify.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <linux/memfd.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <array>

#include "core/syscall/named_constant.h"
#include "core/syscall/tables.h"

namespace polytap {

// clang-format off
static constexpr Constant kAccessModesConstants[] = {
    NAMED(R_OK), NAMED(W_OK), NAMED(X_OK), NAMED(F_OK),
};
const ConstantTable kAccessModes{kAccessModesConstants, "?_OK"};

static constexpr Constant kOpenFlagsConstants[] = {
    NAMED(O_CREAT), NAMED(O_EXCL), NAMED(O_NOCTTY), NAMED(O_TRUNC), NAMED(O_APPEND), NAMED(O_NONBLOCK), NAMED(O_SYNC),
    NAMED(O_DSYNC), {"__O_SYNC", 04000000}, NAMED(O_DIRECT), {"O_LARGEFILE", 0100000}, NAMED(O_NOFOLLOW),
    NAMED(O_NOATIME), NAMED(O_CLOEXEC), NAMED(O_PATH), NAMED(O_TMPFILE), {"__O_TMPFILE", 020000000}, NAMED(O_DIRECTORY), NAMED(FASYNC),
};
const ConstantTable kOpenFlags{kOpenFlagsConstants, "O_?" "??"};

static constexpr Constant kAtFlagsConstants[] = {
    NAMED(AT_SYMLINK_NOFOLLOW), NAMED(AT_REMOVEDIR), NAMED(AT_SYMLINK_FOLLOW), NAMED(AT_NO_AUTOMOUNT),
    NAMED(AT_EMPTY_PATH), NAMED(AT_RECURSIVE),
};
const ConstantTable kAtFlags{kAtFlagsConstants, "AT_?" "??"};

static constexpr Constant kUnlinkFlagsConstants[] = {
    NAMED(AT_SYMLINK_NOFOLLOW), NAMED(AT_REMOVEDIR), NAMED(AT_SYMLINK_FOLLOW), NAMED(AT_NO_AUTOMOUNT),
    NAMED(AT_EMPTY_PATH), NAMED(AT_RECURSIVE),
};
const ConstantTable kUnlinkFlags{kUnlinkFlagsConstants, "AT_?" "??"};

static constexpr Constant kAccessAtFlagsConstants[] = {
    NAMED(AT_SYMLINK_NOFOLLOW), NAMED(AT_EACCESS), NAMED(AT_EMPTY_PATH),
};
const ConstantTable kAccessAtFlags{kAccessAtFlagsConstants, "AT_?" "??"};

static constexpr Constant kStatxSyncTypesConstants[] = {
    NAMED(AT_STATX_SYNC_AS_STAT), NAMED(AT_STATX_FORCE_SYNC), NAMED(AT_STATX_DONT_SYNC),
};
const ConstantTable kStatxSyncTypes{kStatxSyncTypesConstants, "AT_STATX_?" "??"};

static constexpr Constant kStatxMaskConstants[] = {
    NAMED(STATX_ALL), NAMED(STATX_BASIC_STATS), NAMED(STATX_TYPE), NAMED(STATX_MODE), NAMED(STATX_NLINK),
    NAMED(STATX_UID), NAMED(STATX_GID), NAMED(STATX_ATIME), NAMED(STATX_MTIME), NAMED(STATX_CTIME), NAMED(STATX_INO),
    NAMED(STATX_SIZE), NAMED(STATX_BLOCKS), NAMED(STATX_BTIME), NAMED(STATX_MNT_ID), NAMED(STATX_DIOALIGN),
};
const ConstantTable kStatxMask{kStatxMaskConstants, "STATX_?" "??"};

static constexpr Constant kStatxAttributesConstants[] = {
    NAMED(STATX_ATTR_COMPRESSED), NAMED(STATX_ATTR_IMMUTABLE), NAMED(STATX_ATTR_APPEND), NAMED(STATX_ATTR_NODUMP),
    NAMED(STATX_ATTR_ENCRYPTED), NAMED(STATX_ATTR_AUTOMOUNT), NAMED(STATX_ATTR_MOUNT_ROOT), NAMED(STATX_ATTR_VERITY),
    NAMED(STATX_ATTR_DAX),
};
const ConstantTable kStatxAttributes{kStatxAttributesConstants, "STATX_ATTR_?" "??"};

static constexpr Constant kFileTypesConstants[] = {
    NAMED(S_IFIFO), NAMED(S_IFCHR), NAMED(S_IFDIR), NAMED(S_IFBLK), NAMED(S_IFREG), NAMED(S_IFLNK), NAMED(S_IFSOCK),
};
const ConstantTable kFileTypes{kFileTypesConstants, ""};

static constexpr Constant kWhenceConstants[] = {
    NAMED(SEEK_SET), NAMED(SEEK_CUR), NAMED(SEEK_END), NAMED(SEEK_DATA), NAMED(SEEK_HOLE),
};
const ConstantTable kWhence{kWhenceConstants, "SEEK_?" "??"};

static constexpr Constant kFcntlCommandsConstants[] = {
    {"F_GETOWNER_UIDS", 17}, {"F_GETLK64", 12}, {"F_SETLK64", 13}, {"F_SETLKW64", 14},
    NAMED(F_DUPFD), NAMED(F_GETFD), NAMED(F_SETFD), NAMED(F_GETFL), NAMED(F_SETFL), NAMED(F_GETLK), NAMED(F_SETLK),
    NAMED(F_SETLKW), NAMED(F_SETOWN), NAMED(F_GETOWN), NAMED(F_SETSIG), NAMED(F_GETSIG), NAMED(F_SETOWN_EX),
    NAMED(F_GETOWN_EX), NAMED(F_OFD_GETLK), NAMED(F_OFD_SETLK), NAMED(F_OFD_SETLKW), NAMED(F_SETLEASE),
    NAMED(F_GETLEASE), NAMED(F_NOTIFY), NAMED(F_DUPFD_CLOEXEC), NAMED(F_SETPIPE_SZ), NAMED(F_GETPIPE_SZ),
    NAMED(F_ADD_SEALS), NAMED(F_GET_SEALS), NAMED(F_GET_RW_HINT), NAMED(F_SET_RW_HINT), NAMED(F_GET_FILE_RW_HINT),
    NAMED(F_SET_FILE_RW_HINT), {"F_CANCELLK", 1029},
};
const ConstantTable kFcntlCommands{kFcntlCommandsConstants, "F_?" "??"};

static constexpr Constant kFdFlagsConstants[] = {
    NAMED(FD_CLOEXEC),
};
const ConstantTable kFdFlags{kFdFlagsConstants, "FD_?" "??"};

static constexpr Constant kLockTypesConstants[] = {
    NAMED(F_RDLCK), NAMED(F_WRLCK), NAMED(F_UNLCK), NAMED(F_EXLCK), NAMED(F_SHLCK),
};
const ConstantTable kLockTypes{kLockTypesConstants, "F_?" "??"};

static constexpr Constant kOwnerTypesConstants[] = {
    NAMED(F_OWNER_TID), NAMED(F_OWNER_PID), NAMED(F_OWNER_PGRP),
};
const ConstantTable kOwnerTypes{kOwnerTypesConstants, "F_OWNER_?" "??"};

static constexpr Constant kSealsConstants[] = {
    NAMED(F_SEAL_SEAL), NAMED(F_SEAL_SHRINK), NAMED(F_SEAL_GROW), NAMED(F_SEAL_WRITE), NAMED(F_SEAL_FUTURE_WRITE),
};
const ConstantTable kSeals{kSealsConstants, "F_SEAL_?" "??"};

static constexpr Constant kNotifyFlagsConstants[] = {
    NAMED(DN_ACCESS), NAMED(DN_MODIFY), NAMED(DN_CREATE), NAMED(DN_DELETE), NAMED(DN_RENAME), NAMED(DN_ATTRIB),
    NAMED(DN_MULTISHOT),
};
const ConstantTable kNotifyFlags{kNotifyFlagsConstants, "DN_?" "??"};

static constexpr Constant kFlockOperationsConstants[] = {
    NAMED(LOCK_SH), NAMED(LOCK_EX), NAMED(LOCK_NB), NAMED(LOCK_UN), NAMED(LOCK_MAND), NAMED(LOCK_RW),
    NAMED(LOCK_READ), NAMED(LOCK_WRITE),
};
const ConstantTable kFlockOperations{kFlockOperationsConstants, "LOCK_?" "??"};

static constexpr Constant kFadviseConstants[] = {
    NAMED(POSIX_FADV_NORMAL), NAMED(POSIX_FADV_RANDOM), NAMED(POSIX_FADV_SEQUENTIAL), NAMED(POSIX_FADV_WILLNEED),
    NAMED(POSIX_FADV_DONTNEED), NAMED(POSIX_FADV_NOREUSE),
};
const ConstantTable kFadvise{kFadviseConstants, "POSIX_FADV_?" "??"};

static constexpr Constant kFallocateFlagsConstants[] = {
    NAMED(FALLOC_FL_KEEP_SIZE), NAMED(FALLOC_FL_PUNCH_HOLE), NAMED(FALLOC_FL_NO_HIDE_STALE),
    NAMED(FALLOC_FL_COLLAPSE_RANGE), NAMED(FALLOC_FL_ZERO_RANGE), NAMED(FALLOC_FL_INSERT_RANGE),
    NAMED(FALLOC_FL_UNSHARE_RANGE),
};
const ConstantTable kFallocateFlags{kFallocateFlagsConstants, "FALLOC_FL_?" "??"};

static constexpr Constant kRenameFlagsConstants[] = {
    NAMED(RENAME_NOREPLACE), NAMED(RENAME_EXCHANGE), NAMED(RENAME_WHITEOUT),
};
const ConstantTable kRenameFlags{kRenameFlagsConstants, "RENAME_?" "?"};

static constexpr Constant kXattrFlagsConstants[] = {
    NAMED(XATTR_CREATE), NAMED(XATTR_REPLACE),
};
const ConstantTable kXattrFlags{kXattrFlagsConstants, "XATTR_?" "??"};

static constexpr Constant kSpliceFlagsConstants[] = {
    NAMED(SPLICE_F_MOVE), NAMED(SPLICE_F_NONBLOCK), NAMED(SPLICE_F_MORE), NAMED(SPLICE_F_GIFT),
};
const ConstantTable kSpliceFlags{kSpliceFlagsConstants, "SPLICE_F_?" "??"};

static constexpr Constant kSyncFileRangeFlagsConstants[] = {
    NAMED(SYNC_FILE_RANGE_WAIT_BEFORE), NAMED(SYNC_FILE_RANGE_WRITE), NAMED(SYNC_FILE_RANGE_WAIT_AFTER),
};
const ConstantTable kSyncFileRangeFlags{kSyncFileRangeFlagsConstants, "SYNC_FILE_RANGE_?" "??"};

static constexpr Constant kRwFlagsConstants[] = {
    NAMED(RWF_HIPRI), NAMED(RWF_DSYNC), NAMED(RWF_SYNC), NAMED(RWF_NOWAIT), NAMED(RWF_APPEND),
};
const ConstantTable kRwFlags{kRwFlagsConstants, "RWF_?" "??"};

static constexpr Constant kMemfdFlagsConstants[] = {
    NAMED(MFD_CLOEXEC), NAMED(MFD_ALLOW_SEALING), NAMED(MFD_HUGETLB),
};
const ConstantTable kMemfdFlags{kMemfdFlagsConstants, "MFD_?" "??"};

static constexpr Constant kEventfdFlagsConstants[] = {
    NAMED(EFD_SEMAPHORE), NAMED(EFD_CLOEXEC), NAMED(EFD_NONBLOCK),
};
const ConstantTable kEventfdFlags{kEventfdFlagsConstants, "EFD_?" "??"};

static constexpr Constant kSignalfdFlagsConstants[] = {
    NAMED(SFD_CLOEXEC), NAMED(SFD_NONBLOCK),
};
const ConstantTable kSignalfdFlags{kSignalfdFlagsConstants, "SFD_?" "??"};

static constexpr Constant kTimerfdFlagsConstants[] = {
    NAMED(TFD_TIMER_ABSTIME), NAMED(TFD_TIMER_CANCEL_ON_SET), NAMED(TFD_CLOEXEC), NAMED(TFD_NONBLOCK),
};
const ConstantTable kTimerfdFlags{kTimerfdFlagsConstants, "TFD_?" "??"};

static constexpr Constant kTimerfdSetFlagsConstants[] = {
    NAMED(TFD_TIMER_ABSTIME), NAMED(TFD_TIMER_CANCEL_ON_SET),
};
const ConstantTable kTimerfdSetFlags{kTimerfdSetFlagsConstants, "TFD_?" "??"};

static constexpr Constant kEpollCreateFlagsConstants[] = {
    NAMED(EPOLL_CLOEXEC),
};
const ConstantTable kEpollCreateFlags{kEpollCreateFlagsConstants, "EPOLL_?" "??"};

static constexpr Constant kEpollOperationsConstants[] = {
    NAMED(EPOLL_CTL_ADD), NAMED(EPOLL_CTL_DEL), NAMED(EPOLL_CTL_MOD),
};
const ConstantTable kEpollOperations{kEpollOperationsConstants, "EPOLL_CTL_?" "??"};

static constexpr Constant kEpollEventsConstants[] = {
    NAMED(EPOLLIN), NAMED(EPOLLPRI), NAMED(EPOLLOUT), NAMED(EPOLLERR), NAMED(EPOLLHUP), {"EPOLLNVAL", 0x20},
    NAMED(EPOLLRDNORM),
    NAMED(EPOLLRDBAND), NAMED(EPOLLWRNORM), NAMED(EPOLLWRBAND), NAMED(EPOLLMSG), NAMED(EPOLLRDHUP),
    NAMED(EPOLLEXCLUSIVE), NAMED(EPOLLWAKEUP), NAMED(EPOLLONESHOT), NAMED(EPOLLET),
};
const ConstantTable kEpollEvents{kEpollEventsConstants, "EPOLL?" "??"};

static constexpr Constant kPollEventsConstants[] = {
    NAMED(POLLIN), NAMED(POLLPRI), NAMED(POLLOUT), NAMED(POLLERR), NAMED(POLLHUP), NAMED(POLLNVAL), NAMED(POLLRDNORM),
    NAMED(POLLRDBAND), NAMED(POLLWRNORM), NAMED(POLLWRBAND), NAMED(POLLMSG), NAMED(POLLREMOVE), NAMED(POLLRDHUP),
    {"POLL_BUSY_LOOP", 0x8000},
};
const ConstantTable kPollEvents{kPollEventsConstants, "POLL?" "??"};

static constexpr Constant kInotifyInitFlagsConstants[] = {
    NAMED(IN_NONBLOCK), NAMED(IN_CLOEXEC),
};
const ConstantTable kInotifyInitFlags{kInotifyInitFlagsConstants, "IN_?" "??"};

static constexpr Constant kInotifyMaskConstants[] = {
    NAMED(IN_ACCESS), NAMED(IN_MODIFY), NAMED(IN_ATTRIB), NAMED(IN_CLOSE_WRITE), NAMED(IN_CLOSE_NOWRITE),
    NAMED(IN_OPEN), NAMED(IN_MOVED_FROM), NAMED(IN_MOVED_TO), NAMED(IN_CREATE), NAMED(IN_DELETE),
    NAMED(IN_DELETE_SELF), NAMED(IN_MOVE_SELF), NAMED(IN_UNMOUNT), NAMED(IN_Q_OVERFLOW), NAMED(IN_IGNORED),
    NAMED(IN_ONLYDIR), NAMED(IN_DONT_FOLLOW), NAMED(IN_EXCL_UNLINK), NAMED(IN_MASK_CREATE), NAMED(IN_MASK_ADD),
    NAMED(IN_ISDIR), NAMED(IN_ONESHOT),
};
const ConstantTable kInotifyMask{kInotifyMaskConstants, "IN_?" "??"};

static constexpr Constant kCloseRangeFlagsConstants[] = {
    NAMED(CLOSE_RANGE_UNSHARE), NAMED(CLOSE_RANGE_CLOEXEC),
};
const ConstantTable kCloseRangeFlags{kCloseRangeFlagsConstants, "CLOSE_RANGE_?" "??"};

static constexpr Constant kResolveFlagsConstants[] = {
    NAMED(RESOLVE_NO_XDEV), NAMED(RESOLVE_NO_MAGICLINKS), NAMED(RESOLVE_NO_SYMLINKS), NAMED(RESOLVE_BENEATH),
    NAMED(RESOLVE_IN_ROOT), NAMED(RESOLVE_CACHED),
};
const ConstantTable kResolveFlags{kResolveFlagsConstants, "RESOLVE_?" "??"};

static constexpr Constant kDirentTypesConstants[] = {
    NAMED(DT_UNKNOWN), NAMED(DT_FIFO), NAMED(DT_CHR), NAMED(DT_DIR), NAMED(DT_BLK), NAMED(DT_REG), NAMED(DT_LNK),
    NAMED(DT_SOCK), NAMED(DT_WHT),
};
const ConstantTable kDirentTypes{kDirentTypesConstants, "DT_?" "??"};

static constexpr Constant kFanotifyInitFlagsConstants[] = {
    NAMED(FAN_CLOEXEC), NAMED(FAN_NONBLOCK), NAMED(FAN_UNLIMITED_QUEUE), NAMED(FAN_UNLIMITED_MARKS),
    NAMED(FAN_ENABLE_AUDIT), NAMED(FAN_REPORT_PIDFD), NAMED(FAN_REPORT_TID), NAMED(FAN_REPORT_FID),
    NAMED(FAN_REPORT_DIR_FID), NAMED(FAN_REPORT_NAME), NAMED(FAN_REPORT_TARGET_FID),
};
const ConstantTable kFanotifyInitFlags{kFanotifyInitFlagsConstants, "FAN_?" "??"};

static constexpr Constant kFanotifyMarkFlagsConstants[] = {
    NAMED(FAN_MARK_ADD), NAMED(FAN_MARK_REMOVE), NAMED(FAN_MARK_DONT_FOLLOW), NAMED(FAN_MARK_ONLYDIR),
    NAMED(FAN_MARK_MOUNT), NAMED(FAN_MARK_IGNORED_MASK), NAMED(FAN_MARK_IGNORED_SURV_MODIFY), NAMED(FAN_MARK_FLUSH),
    NAMED(FAN_MARK_FILESYSTEM), NAMED(FAN_MARK_EVICTABLE), NAMED(FAN_MARK_IGNORE),
};
const ConstantTable kFanotifyMarkFlags{kFanotifyMarkFlagsConstants, "FAN_MARK_?" "??"};

static constexpr Constant kFanotifyMaskConstants[] = {
    NAMED(FAN_ACCESS), NAMED(FAN_MODIFY), NAMED(FAN_ATTRIB), NAMED(FAN_CLOSE_WRITE), NAMED(FAN_CLOSE_NOWRITE),
    NAMED(FAN_OPEN), NAMED(FAN_MOVED_FROM), NAMED(FAN_MOVED_TO), NAMED(FAN_CREATE), NAMED(FAN_DELETE),
    NAMED(FAN_DELETE_SELF), NAMED(FAN_MOVE_SELF), NAMED(FAN_OPEN_EXEC), NAMED(FAN_Q_OVERFLOW), NAMED(FAN_FS_ERROR),
    NAMED(FAN_OPEN_PERM), NAMED(FAN_ACCESS_PERM), NAMED(FAN_OPEN_EXEC_PERM),
    {"FAN_DIR_MODIFY", 0x80000}, NAMED(FAN_ONDIR), NAMED(FAN_EVENT_ON_CHILD), NAMED(FAN_RENAME),
};
const ConstantTable kFanotifyMask{kFanotifyMaskConstants, "FAN_?" "??"};

static constexpr Constant kFileSystemsConstants[] = {
    {"EXT2_SUPER_MAGIC", EXT2_SUPER_MAGIC}, NAMED(TMPFS_MAGIC), NAMED(PROC_SUPER_MAGIC), NAMED(SYSFS_MAGIC),
    NAMED(OVERLAYFS_SUPER_MAGIC), NAMED(XFS_SUPER_MAGIC), NAMED(BTRFS_SUPER_MAGIC), NAMED(DEVPTS_SUPER_MAGIC),
    NAMED(CGROUP_SUPER_MAGIC), NAMED(CGROUP2_SUPER_MAGIC), NAMED(DEBUGFS_MAGIC), NAMED(TRACEFS_MAGIC),
    NAMED(SECURITYFS_MAGIC), NAMED(SOCKFS_MAGIC), NAMED(PIPEFS_MAGIC), NAMED(ANON_INODE_FS_MAGIC),
    NAMED(HUGETLBFS_MAGIC), NAMED(RAMFS_MAGIC), NAMED(NFS_SUPER_MAGIC), NAMED(SELINUX_MAGIC), NAMED(BPF_FS_MAGIC),
    NAMED(NSFS_MAGIC), NAMED(FUSE_SUPER_MAGIC), NAMED(ISOFS_SUPER_MAGIC), NAMED(SQUASHFS_MAGIC),
    NAMED(MSDOS_SUPER_MAGIC), NAMED(BINFMTFS_MAGIC), NAMED(PSTOREFS_MAGIC), NAMED(EFIVARFS_MAGIC), NAMED(V9FS_MAGIC),
};
const ConstantTable kFileSystems{kFileSystemsConstants, ""};

// clang-format on

}  // namespace polytap
