#include "core/syscall/tables_ipc.h"

#include <fcntl.h>
#include <linux/aio_abi.h>
#include <linux/keyctl.h>
#include <sys/ipc.h>
#include <sys/sem.h>

#include "core/syscall/named_constant.h"

namespace polytap {

// clang-format off
static constexpr Constant kSemaphoreFlagsConstants[] = {NAMED(SEM_UNDO), NAMED(IPC_NOWAIT)};
const ConstantTable kSemaphoreFlags{kSemaphoreFlagsConstants, "SEM_?" "??"};

static constexpr Constant kQueueFlagsConstants[] = {NAMED(O_NONBLOCK)};
const ConstantTable kQueueFlags{kQueueFlagsConstants, "O_?" "??"};

static constexpr Constant kAioCommandsConstants[] = {
    NAMED(IOCB_CMD_PREAD), NAMED(IOCB_CMD_PWRITE), NAMED(IOCB_CMD_FSYNC),
    NAMED(IOCB_CMD_FDSYNC), {"IOCB_CMD_PREADX", 4}, NAMED(IOCB_CMD_POLL),
    NAMED(IOCB_CMD_NOOP), NAMED(IOCB_CMD_PREADV), NAMED(IOCB_CMD_PWRITEV),
};
const ConstantTable kAioCommands{kAioCommandsConstants, "IOCB_CMD_?" "??"};

static constexpr Constant kAioFlagsConstants[] = {NAMED(IOCB_FLAG_RESFD), NAMED(IOCB_FLAG_IOPRIO)};
const ConstantTable kAioFlags{kAioFlagsConstants, "IOCB_FLAG_?" "??"};

// include/linux/key.h: the four groups of bits.
static constexpr Constant kKeyPermissionsConstants[] = {
    {"KEY_POS_VIEW", 0x01000000}, {"KEY_POS_READ", 0x02000000}, {"KEY_POS_WRITE", 0x04000000},
    {"KEY_POS_SEARCH", 0x08000000}, {"KEY_POS_LINK", 0x10000000}, {"KEY_POS_SETATTR", 0x20000000},
    {"KEY_USR_VIEW", 0x00010000}, {"KEY_USR_READ", 0x00020000}, {"KEY_USR_WRITE", 0x00040000},
    {"KEY_USR_SEARCH", 0x00080000}, {"KEY_USR_LINK", 0x00100000}, {"KEY_USR_SETATTR", 0x00200000},
    {"KEY_GRP_VIEW", 0x0100}, {"KEY_GRP_READ", 0x0200}, {"KEY_GRP_WRITE", 0x0400},
    {"KEY_GRP_SEARCH", 0x0800}, {"KEY_GRP_LINK", 0x1000}, {"KEY_GRP_SETATTR", 0x2000},
    {"KEY_OTH_VIEW", 1}, {"KEY_OTH_READ", 2}, {"KEY_OTH_WRITE", 4}, {"KEY_OTH_SEARCH", 8},
    {"KEY_OTH_LINK", 0x10}, {"KEY_OTH_SETATTR", 0x20},
};
const ConstantTable kKeyPermissions{kKeyPermissionsConstants, "KEY_?" "??"};

static constexpr Constant kKeyDefaultsConstants[] = {
    NAMED(KEY_REQKEY_DEFL_NO_CHANGE), NAMED(KEY_REQKEY_DEFL_DEFAULT),
    NAMED(KEY_REQKEY_DEFL_THREAD_KEYRING), NAMED(KEY_REQKEY_DEFL_PROCESS_KEYRING),
    NAMED(KEY_REQKEY_DEFL_SESSION_KEYRING), NAMED(KEY_REQKEY_DEFL_USER_KEYRING),
    NAMED(KEY_REQKEY_DEFL_USER_SESSION_KEYRING), NAMED(KEY_REQKEY_DEFL_GROUP_KEYRING),
    NAMED(KEY_REQKEY_DEFL_REQUESTOR_KEYRING),
};
const ConstantTable kKeyDefaults{kKeyDefaultsConstants, "KEY_REQKEY_DEFL_?" "??"};

static constexpr Constant kKeyMoveFlagsConstants[] = {NAMED(KEYCTL_MOVE_EXCL)};
const ConstantTable kKeyMoveFlags{kKeyMoveFlagsConstants, "KEYCTL_MOVE_?" "??"};

static constexpr Constant kKeyCapabilities0Constants[] = {
    NAMED(KEYCTL_CAPS0_CAPABILITIES), NAMED(KEYCTL_CAPS0_PERSISTENT_KEYRINGS),
    NAMED(KEYCTL_CAPS0_DIFFIE_HELLMAN), NAMED(KEYCTL_CAPS0_PUBLIC_KEY),
    NAMED(KEYCTL_CAPS0_BIG_KEY), NAMED(KEYCTL_CAPS0_INVALIDATE),
    NAMED(KEYCTL_CAPS0_RESTRICT_KEYRING), NAMED(KEYCTL_CAPS0_MOVE),
};
const ConstantTable kKeyCapabilities0{kKeyCapabilities0Constants, "KEYCTL_CAPS0_?" "??"};

static constexpr Constant kKeyCapabilities1Constants[] = {
    NAMED(KEYCTL_CAPS1_NS_KEYRING_NAME), NAMED(KEYCTL_CAPS1_NS_KEY_TAG),
    NAMED(KEYCTL_CAPS1_NOTIFICATIONS),
};
const ConstantTable kKeyCapabilities1{kKeyCapabilities1Constants, "KEYCTL_CAPS1_?" "??"};

static constexpr Constant kKeyOperationsConstants[] = {
    NAMED(KEYCTL_SUPPORTS_ENCRYPT), NAMED(KEYCTL_SUPPORTS_DECRYPT),
    NAMED(KEYCTL_SUPPORTS_SIGN), NAMED(KEYCTL_SUPPORTS_VERIFY),
};
const ConstantTable kKeyOperations{kKeyOperationsConstants, "KEYCTL_SUPPORTS_?" "??"};
// clang-format on

}  // namespace polytap
