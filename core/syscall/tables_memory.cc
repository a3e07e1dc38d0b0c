#include <linux/mempolicy.h>
#include <linux/userfaultfd.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include <array>

#include "core/syscall/named_constant.h"
#include "core/syscall/tables.h"

namespace polytap {

// clang-format off
static constexpr Constant kProtectionConstants[] = {
    NAMED(PROT_NONE), NAMED(PROT_READ), NAMED(PROT_WRITE), NAMED(PROT_EXEC), {"PROT_SEM", 8}, NAMED(PROT_GROWSDOWN),
    NAMED(PROT_GROWSUP),
};
const ConstantTable kProtection{kProtectionConstants, "PROT_?" "??"};

static constexpr Constant kMapTypesConstants[] = {
    NAMED(MAP_FILE), NAMED(MAP_SHARED), NAMED(MAP_PRIVATE), NAMED(MAP_SHARED_VALIDATE),
};
const ConstantTable kMapTypes{kMapTypesConstants, "MAP_?" "??"};

static constexpr Constant kMapFlagsConstants[] = {
    NAMED(MAP_FIXED), NAMED(MAP_ANONYMOUS), NAMED(MAP_32BIT), NAMED(MAP_NORESERVE), NAMED(MAP_POPULATE),
    NAMED(MAP_NONBLOCK), NAMED(MAP_GROWSDOWN), NAMED(MAP_DENYWRITE), NAMED(MAP_EXECUTABLE), NAMED(MAP_LOCKED),
    NAMED(MAP_STACK), NAMED(MAP_HUGETLB), NAMED(MAP_SYNC), NAMED(MAP_FIXED_NOREPLACE),
};
const ConstantTable kMapFlags{kMapFlagsConstants, "MAP_?" "??"};

static constexpr Constant kMremapFlagsConstants[] = {
    NAMED(MREMAP_MAYMOVE), NAMED(MREMAP_FIXED), NAMED(MREMAP_DONTUNMAP),
};
const ConstantTable kMremapFlags{kMremapFlagsConstants, "MREMAP_?" "??"};

static constexpr Constant kMsyncFlagsConstants[] = {
    NAMED(MS_SYNC), NAMED(MS_ASYNC), NAMED(MS_INVALIDATE),
};
const ConstantTable kMsyncFlags{kMsyncFlagsConstants, "MS_?" "??"};

static constexpr Constant kMadviseConstants[] = {
    NAMED(MADV_NORMAL), NAMED(MADV_RANDOM), NAMED(MADV_SEQUENTIAL), NAMED(MADV_WILLNEED), NAMED(MADV_DONTNEED),
    NAMED(MADV_FREE), NAMED(MADV_REMOVE), NAMED(MADV_DONTFORK), NAMED(MADV_DOFORK), NAMED(MADV_MERGEABLE),
    NAMED(MADV_UNMERGEABLE), NAMED(MADV_HUGEPAGE), NAMED(MADV_NOHUGEPAGE), NAMED(MADV_DONTDUMP), NAMED(MADV_DODUMP),
    NAMED(MADV_WIPEONFORK), NAMED(MADV_KEEPONFORK), NAMED(MADV_COLD), NAMED(MADV_PAGEOUT), NAMED(MADV_POPULATE_READ),
    NAMED(MADV_POPULATE_WRITE), {"MADV_DONTNEED_LOCKED", 24}, {"MADV_COLLAPSE", 25}, NAMED(MADV_HWPOISON),
    {"MADV_SOFT_OFFLINE", 101},
};
const ConstantTable kMadvise{kMadviseConstants, "MADV_?" "??"};

static constexpr Constant kMlockallFlagsConstants[] = {
    NAMED(MCL_CURRENT), NAMED(MCL_FUTURE), NAMED(MCL_ONFAULT),
};
const ConstantTable kMlockallFlags{kMlockallFlagsConstants, "MCL_?" "??"};

static constexpr Constant kMlock2FlagsConstants[] = {
    {"MLOCK_ONFAULT", 1},
};
const ConstantTable kMlock2Flags{kMlock2FlagsConstants, "MLOCK_?" "??"};

static constexpr Constant kPkeyRightsConstants[] = {
    NAMED(PKEY_DISABLE_ACCESS), NAMED(PKEY_DISABLE_WRITE), {"PKEY_DISABLE_EXECUTE", 4},
};
const ConstantTable kPkeyRights{kPkeyRightsConstants, "PKEY_?" "??"};

static constexpr Constant kMempoliciesConstants[] = {
    NAMED(MPOL_DEFAULT), NAMED(MPOL_PREFERRED), NAMED(MPOL_BIND), NAMED(MPOL_INTERLEAVE), NAMED(MPOL_LOCAL),
    NAMED(MPOL_PREFERRED_MANY),
};
const ConstantTable kMempolicies{kMempoliciesConstants, "MPOL_?" "??"};

static constexpr Constant kMbindFlagsConstants[] = {
    NAMED(MPOL_MF_STRICT), NAMED(MPOL_MF_MOVE), NAMED(MPOL_MF_MOVE_ALL),
};
const ConstantTable kMbindFlags{kMbindFlagsConstants, "MPOL_?" "??"};

static constexpr Constant kMempolicyGetFlagsConstants[] = {
    NAMED(MPOL_F_NODE), NAMED(MPOL_F_ADDR), NAMED(MPOL_F_MEMS_ALLOWED),
};
const ConstantTable kMempolicyGetFlags{kMempolicyGetFlagsConstants, "MPOL_?" "??"};

static constexpr Constant kUserfaultfdFlagsConstants[] = {
    NAMED(UFFD_USER_MODE_ONLY), {"O_NONBLOCK", 04000}, {"O_CLOEXEC", 02000000},
};
const ConstantTable kUserfaultfdFlags{kUserfaultfdFlagsConstants, "UFFD_?" "??"};

static constexpr Constant kIpcFlagsConstants[] = {
    NAMED(IPC_CREAT), NAMED(IPC_EXCL), NAMED(IPC_NOWAIT),
};
const ConstantTable kIpcFlags{kIpcFlagsConstants, ""};

static constexpr Constant kShmgetFlagsConstants[] = {
    NAMED(IPC_CREAT), NAMED(IPC_EXCL), NAMED(SHM_HUGETLB), NAMED(SHM_NORESERVE),
};
const ConstantTable kShmgetFlags{kShmgetFlagsConstants, ""};

static constexpr Constant kShmatFlagsConstants[] = {
    NAMED(SHM_RDONLY), NAMED(SHM_RND), NAMED(SHM_REMAP), {"SHM_EXEC", 0100000},
};
const ConstantTable kShmatFlags{kShmatFlagsConstants, "SHM_?" "??"};

static constexpr Constant kShmctlCommandsConstants[] = {
    NAMED(IPC_RMID), NAMED(IPC_SET), NAMED(IPC_STAT), {"IPC_INFO", 3}, NAMED(SHM_LOCK), NAMED(SHM_UNLOCK),
    {"SHM_STAT", 13}, {"SHM_INFO", 14}, {"SHM_STAT_ANY", 15},
};
const ConstantTable kShmctlCommands{kShmctlCommandsConstants, "SHM_?" "??"};

static constexpr Constant kSemctlCommandsConstants[] = {
    NAMED(IPC_RMID), NAMED(IPC_SET), NAMED(IPC_STAT), {"IPC_INFO", 3}, NAMED(GETPID), NAMED(GETVAL), NAMED(GETALL),
    NAMED(GETNCNT), NAMED(GETZCNT), NAMED(SETVAL), NAMED(SETALL), {"SEM_STAT", 18}, {"SEM_INFO", 19},
    {"SEM_STAT_ANY", 20},
};
const ConstantTable kSemctlCommands{kSemctlCommandsConstants, "SEM_?" "??"};

static constexpr Constant kMsgctlCommandsConstants[] = {
    NAMED(IPC_RMID), NAMED(IPC_SET), NAMED(IPC_STAT), {"IPC_INFO", 3}, {"MSG_STAT", 11}, {"MSG_INFO", 12},
    {"MSG_STAT_ANY", 13},
};
const ConstantTable kMsgctlCommands{kMsgctlCommandsConstants, "MSG_?" "??"};

static constexpr Constant kMsgFlagsConstants[] = {
    {"MSG_NOERROR", 010000}, {"MSG_EXCEPT", 020000}, {"MSG_COPY", 040000}, NAMED(IPC_NOWAIT),
};
const ConstantTable kMsgFlags{kMsgFlagsConstants, "MSG_?" "??"};

static constexpr Constant kSemFlagsConstants[] = {
    NAMED(SEM_UNDO), NAMED(IPC_NOWAIT),
};
const ConstantTable kSemFlags{kSemFlagsConstants, "SEM_?" "??"};

// clang-format on

}  // namespace polytap
