#include <sys/mount.h>
#include <sys/quota.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/swap.h>

#include <array>

#include "core/syscall/named_constant.h"
#include "core/syscall/tables.h"

namespace polytap {

// clang-format off
static constexpr Constant kMountFlagsConstants[] = {
    NAMED(MS_RDONLY), NAMED(MS_NOSUID), NAMED(MS_NODEV), NAMED(MS_NOEXEC), NAMED(MS_SYNCHRONOUS), NAMED(MS_REMOUNT),
    NAMED(MS_MANDLOCK), NAMED(MS_DIRSYNC), NAMED(MS_NOSYMFOLLOW), NAMED(MS_NOATIME), NAMED(MS_NODIRATIME),
    NAMED(MS_BIND), NAMED(MS_MOVE), NAMED(MS_REC), NAMED(MS_SILENT), NAMED(MS_POSIXACL), NAMED(MS_UNBINDABLE),
    NAMED(MS_PRIVATE), NAMED(MS_SLAVE), NAMED(MS_SHARED), NAMED(MS_RELATIME), NAMED(MS_KERNMOUNT),
    NAMED(MS_I_VERSION), NAMED(MS_STRICTATIME), NAMED(MS_LAZYTIME), {"MS_SUBMOUNT", 1<<26}, {"MS_NOREMOTELOCK", 1<<27}, {"MS_NOSEC", 1<<28},
    {"MS_BORN", 1<<29}, NAMED(MS_ACTIVE), {"MS_NOUSER", 1U<<31},
};
const ConstantTable kMountFlags{kMountFlagsConstants, "MS_?" "??"};

static constexpr Constant kUmountFlagsConstants[] = {
    NAMED(MNT_FORCE), NAMED(MNT_DETACH), NAMED(MNT_EXPIRE), NAMED(UMOUNT_NOFOLLOW),
};
const ConstantTable kUmountFlags{kUmountFlagsConstants, "MNT_?" "??"};

static constexpr Constant kStatfsFlagsConstants[] = {
    {"ST_VALID", 0x20}, {"ST_RDONLY", 1}, {"ST_NOSUID", 2}, {"ST_NODEV", 4}, {"ST_NOEXEC", 8}, {"ST_SYNCHRONOUS", 16},
    {"ST_MANDLOCK", 64}, {"ST_NOATIME", 0x400}, {"ST_NODIRATIME", 0x800}, {"ST_RELATIME", 0x1000},
    {"ST_NOSYMFOLLOW", 0x2000},
};
const ConstantTable kStatfsFlags{kStatfsFlagsConstants, "ST_?" "??"};

static constexpr Constant kSwapFlagsConstants[] = {
    NAMED(SWAP_FLAG_PREFER), NAMED(SWAP_FLAG_DISCARD), {"SWAP_FLAG_DISCARD_ONCE", 0x20000},
    {"SWAP_FLAG_DISCARD_PAGES", 0x40000},
};
const ConstantTable kSwapFlags{kSwapFlagsConstants, "SWAP_FLAG_?" "??"};

static constexpr Constant kOpenTreeFlagsConstants[] = {
    {"OPEN_TREE_CLONE", 1}, {"OPEN_TREE_NAMESPACE", 2}, {"OPEN_TREE_CLOEXEC", 02000000}, {"AT_SYMLINK_NOFOLLOW", 0x100}, {"AT_REMOVEDIR", 0x200},
    {"AT_SYMLINK_FOLLOW", 0x400}, {"AT_NO_AUTOMOUNT", 0x800}, {"AT_EMPTY_PATH", 0x1000}, {"AT_RECURSIVE", 0x8000},
};
const ConstantTable kOpenTreeFlags{kOpenTreeFlagsConstants, "OPEN_TREE_?" "??"};

static constexpr Constant kMoveMountFlagsConstants[] = {
    {"MOVE_MOUNT_F_SYMLINKS", 1}, {"MOVE_MOUNT_F_AUTOMOUNTS", 2}, {"MOVE_MOUNT_F_EMPTY_PATH", 4},
    {"MOVE_MOUNT_T_SYMLINKS", 0x10}, {"MOVE_MOUNT_T_AUTOMOUNTS", 0x20}, {"MOVE_MOUNT_T_EMPTY_PATH", 0x40},
    {"MOVE_MOUNT_SET_GROUP", 0x100}, {"MOVE_MOUNT_BENEATH", 0x200},
};
const ConstantTable kMoveMountFlags{kMoveMountFlagsConstants, "MOVE_MOUNT_?" "??"};

static constexpr Constant kFsopenFlagsConstants[] = {
    {"FSOPEN_CLOEXEC", 1},
};
const ConstantTable kFsopenFlags{kFsopenFlagsConstants, "FSOPEN_?" "??"};

static constexpr Constant kFsconfigCommandsConstants[] = {
    {"FSCONFIG_SET_FLAG", 0}, {"FSCONFIG_SET_STRING", 1}, {"FSCONFIG_SET_BINARY", 2}, {"FSCONFIG_SET_PATH", 3},
    {"FSCONFIG_SET_PATH_EMPTY", 4}, {"FSCONFIG_SET_FD", 5}, {"FSCONFIG_CMD_CREATE", 6},
    {"FSCONFIG_CMD_RECONFIGURE", 7}, {"FSCONFIG_CMD_CREATE_EXCL", 8},
};
const ConstantTable kFsconfigCommands{kFsconfigCommandsConstants, "FSCONFIG_?" "??"};

static constexpr Constant kFsmountFlagsConstants[] = {
    {"FSMOUNT_CLOEXEC", 1}, {"FSMOUNT_NAMESPACE", 2},
};
const ConstantTable kFsmountFlags{kFsmountFlagsConstants, "FSMOUNT_?" "??"};

static constexpr Constant kMountAttributesConstants[] = {
    {"MOUNT_ATTR_RDONLY", 1}, {"MOUNT_ATTR_NOSUID", 2}, {"MOUNT_ATTR_NODEV", 4}, {"MOUNT_ATTR_NOEXEC", 8},
    {"MOUNT_ATTR_NOATIME", 0x10}, {"MOUNT_ATTR_STRICTATIME", 0x20}, {"MOUNT_ATTR_NODIRATIME", 0x80},
    {"MOUNT_ATTR_IDMAP", 0x100000}, {"MOUNT_ATTR_NOSYMFOLLOW", 0x200000},
};
const ConstantTable kMountAttributes{kMountAttributesConstants, "MOUNT_ATTR_?" "??"};

static constexpr Constant kFspickFlagsConstants[] = {
    {"FSPICK_CLOEXEC", 1}, {"FSPICK_SYMLINK_NOFOLLOW", 2}, {"FSPICK_NO_AUTOMOUNT", 4}, {"FSPICK_EMPTY_PATH", 8},
};
const ConstantTable kFspickFlags{kFspickFlagsConstants, "FSPICK_?" "??"};

// clang-format on

}  // namespace polytap
