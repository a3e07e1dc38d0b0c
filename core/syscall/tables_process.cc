#include <asm/prctl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/futex.h>
#include <linux/io_uring.h>
#include <linux/ioprio.h>
#include <linux/kcmp.h>
#include <linux/keyctl.h>
#include <linux/landlock.h>
#include <linux/membarrier.h>
#include <linux/module.h>
#include <linux/perf_event.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/random.h>
#include <linux/reboot.h>
#include <linux/rseq.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>

#include <array>

#include "core/syscall/named_constant.h"
#include "core/syscall/tables.h"

namespace polytap {

// clang-format off
static constexpr Constant kSigprocmaskHowConstants[] = {
    NAMED(SIG_BLOCK), NAMED(SIG_UNBLOCK), NAMED(SIG_SETMASK),
};
const ConstantTable kSigprocmaskHow{kSigprocmaskHowConstants, "SIG_?" "??"};

static constexpr Constant kSigactionFlagsConstants[] = {
    {"SA_RESTORER", 0x04000000}, NAMED(SA_ONSTACK), NAMED(SA_RESTART), NAMED(SA_NODEFER), NAMED(SA_RESETHAND),
    NAMED(SA_SIGINFO), NAMED(SA_NOCLDSTOP), NAMED(SA_NOCLDWAIT), {"SA_UNSUPPORTED", 0x400},
    {"SA_EXPOSE_TAGBITS", 0x800},
};
const ConstantTable kSigactionFlags{kSigactionFlagsConstants, "SA_?" "??"};

static constexpr Constant kSigaltstackFlagsConstants[] = {
    NAMED(SS_ONSTACK), NAMED(SS_DISABLE), {"SS_AUTODISARM", 1U<<31},
};
const ConstantTable kSigaltstackFlags{kSigaltstackFlagsConstants, "SS_?" "??"};

static constexpr Constant kWaitOptionsConstants[] = {
    NAMED(WNOHANG), NAMED(WEXITED), NAMED(WSTOPPED), NAMED(WCONTINUED), NAMED(WNOWAIT), NAMED(__WCLONE),
    NAMED(__WALL), NAMED(__WNOTHREAD),
};
const ConstantTable kWaitOptions{kWaitOptionsConstants, "W?" "??"};

static constexpr Constant kWaitidTypesConstants[] = {
    NAMED(P_ALL), NAMED(P_PID), NAMED(P_PGID), NAMED(P_PIDFD),
};
const ConstantTable kWaitidTypes{kWaitidTypesConstants, "P_?" "??"};

static constexpr Constant kCloneFlagsConstants[] = {
    NAMED(CLONE_VM), NAMED(CLONE_FS), NAMED(CLONE_FILES), NAMED(CLONE_SIGHAND), NAMED(CLONE_PIDFD),
    NAMED(CLONE_PTRACE), NAMED(CLONE_VFORK), NAMED(CLONE_PARENT), NAMED(CLONE_THREAD), NAMED(CLONE_NEWNS),
    NAMED(CLONE_SYSVSEM), NAMED(CLONE_SETTLS), NAMED(CLONE_PARENT_SETTID), NAMED(CLONE_CHILD_CLEARTID),
    NAMED(CLONE_DETACHED), NAMED(CLONE_UNTRACED), NAMED(CLONE_CHILD_SETTID), NAMED(CLONE_NEWCGROUP),
    NAMED(CLONE_NEWUTS), NAMED(CLONE_NEWIPC), NAMED(CLONE_NEWUSER), NAMED(CLONE_NEWPID), NAMED(CLONE_NEWNET),
    NAMED(CLONE_IO), NAMED(CLONE_CLEAR_SIGHAND), NAMED(CLONE_INTO_CGROUP), NAMED(CLONE_NEWTIME),
};
const ConstantTable kCloneFlags{kCloneFlagsConstants, "CLONE_?" "??"};

static constexpr Constant kUnshareFlagsConstants[] = {
    NAMED(CLONE_NEWTIME), NAMED(CLONE_VM), NAMED(CLONE_FS), NAMED(CLONE_FILES), NAMED(CLONE_SIGHAND),
    NAMED(CLONE_THREAD), NAMED(CLONE_NEWNS), NAMED(CLONE_SYSVSEM), NAMED(CLONE_NEWCGROUP), NAMED(CLONE_NEWUTS),
    NAMED(CLONE_NEWIPC), NAMED(CLONE_NEWUSER), NAMED(CLONE_NEWPID), NAMED(CLONE_NEWNET),
};
const ConstantTable kUnshareFlags{kUnshareFlagsConstants, "CLONE_?" "??"};

static constexpr Constant kSetnsFlagsConstants[] = {
    NAMED(CLONE_NEWTIME), NAMED(CLONE_NEWNS), NAMED(CLONE_NEWCGROUP), NAMED(CLONE_NEWUTS), NAMED(CLONE_NEWIPC),
    NAMED(CLONE_NEWUSER), NAMED(CLONE_NEWPID), NAMED(CLONE_NEWNET),
};
const ConstantTable kSetnsFlags{kSetnsFlagsConstants, "CLONE_NEW?" "??"};

static constexpr Constant kResourcesConstants[] = {
    NAMED(RLIMIT_CPU), NAMED(RLIMIT_FSIZE), NAMED(RLIMIT_DATA), NAMED(RLIMIT_STACK), NAMED(RLIMIT_CORE),
    NAMED(RLIMIT_RSS), NAMED(RLIMIT_NPROC), NAMED(RLIMIT_NOFILE), NAMED(RLIMIT_MEMLOCK), NAMED(RLIMIT_AS),
    NAMED(RLIMIT_LOCKS), NAMED(RLIMIT_SIGPENDING), NAMED(RLIMIT_MSGQUEUE), NAMED(RLIMIT_NICE), NAMED(RLIMIT_RTPRIO),
    NAMED(RLIMIT_RTTIME),
};
const ConstantTable kResources{kResourcesConstants, "RLIMIT_?" "??"};

static constexpr Constant kRusageWhoConstants[] = {
    NAMED(RUSAGE_SELF), {"RUSAGE_CHILDREN", 0xffffffffU}, {"RUSAGE_BOTH", 0xfffffffeU}, NAMED(RUSAGE_THREAD),
};
const ConstantTable kRusageWho{kRusageWhoConstants, "RUSAGE_?" "??"};

static constexpr Constant kPriorityWhichConstants[] = {
    NAMED(PRIO_PROCESS), NAMED(PRIO_PGRP), NAMED(PRIO_USER),
};
const ConstantTable kPriorityWhich{kPriorityWhichConstants, "PRIO_?" "??"};

static constexpr Constant kItimersConstants[] = {
    NAMED(ITIMER_REAL), NAMED(ITIMER_VIRTUAL), NAMED(ITIMER_PROF),
};
const ConstantTable kItimers{kItimersConstants, "ITIMER_?" "??"};

static constexpr Constant kClocksConstants[] = {
    NAMED(CLOCK_REALTIME), NAMED(CLOCK_MONOTONIC), NAMED(CLOCK_PROCESS_CPUTIME_ID), NAMED(CLOCK_THREAD_CPUTIME_ID),
    NAMED(CLOCK_MONOTONIC_RAW), NAMED(CLOCK_REALTIME_COARSE), NAMED(CLOCK_MONOTONIC_COARSE), NAMED(CLOCK_BOOTTIME),
    NAMED(CLOCK_REALTIME_ALARM), NAMED(CLOCK_BOOTTIME_ALARM), {"CLOCK_SGI_CYCLE", 10}, NAMED(CLOCK_TAI),
};
const ConstantTable kClocks{kClocksConstants, "CLOCK_?" "??"};

static constexpr Constant kTimerFlagsConstants[] = {
    NAMED(TIMER_ABSTIME),
};
const ConstantTable kTimerFlags{kTimerFlagsConstants, "TIMER_?" "??"};

static constexpr Constant kSchedulersConstants[] = {
    {"SCHED_OTHER", 0}, NAMED(SCHED_FIFO), NAMED(SCHED_RR), NAMED(SCHED_BATCH), {"SCHED_ISO", 4}, NAMED(SCHED_IDLE),
    NAMED(SCHED_DEADLINE),
};
const ConstantTable kSchedulers{kSchedulersConstants, "SCHED_?" "??"};

static constexpr Constant kSchedulerResetFlagConstants[] = {
    NAMED(SCHED_RESET_ON_FORK),
};
const ConstantTable kSchedulerResetFlag{kSchedulerResetFlagConstants, "SCHED_?" "??"};

static constexpr Constant kFutexCommandsConstants[] = {
    NAMED(FUTEX_WAIT), NAMED(FUTEX_WAKE), NAMED(FUTEX_FD), NAMED(FUTEX_REQUEUE), NAMED(FUTEX_CMP_REQUEUE),
    NAMED(FUTEX_WAKE_OP), NAMED(FUTEX_LOCK_PI), NAMED(FUTEX_UNLOCK_PI), NAMED(FUTEX_TRYLOCK_PI),
    NAMED(FUTEX_WAIT_BITSET), NAMED(FUTEX_WAKE_BITSET), NAMED(FUTEX_WAIT_REQUEUE_PI), NAMED(FUTEX_CMP_REQUEUE_PI),
    NAMED(FUTEX_LOCK_PI2),
};
const ConstantTable kFutexCommands{kFutexCommandsConstants, "FUTEX_?" "??"};

static constexpr Constant kFutexFlagsConstants[] = {
    NAMED(FUTEX_PRIVATE_FLAG), NAMED(FUTEX_CLOCK_REALTIME),
};
const ConstantTable kFutexFlags{kFutexFlagsConstants, ""};

static constexpr Constant kFutexOpsConstants[] = {
    NAMED(FUTEX_OP_SET), NAMED(FUTEX_OP_ADD), NAMED(FUTEX_OP_OR), NAMED(FUTEX_OP_ANDN), NAMED(FUTEX_OP_XOR),
};
const ConstantTable kFutexOps{kFutexOpsConstants, "FUTEX_OP_?" "??"};

static constexpr Constant kFutexComparesConstants[] = {
    NAMED(FUTEX_OP_CMP_EQ), NAMED(FUTEX_OP_CMP_NE), NAMED(FUTEX_OP_CMP_LT), NAMED(FUTEX_OP_CMP_LE),
    NAMED(FUTEX_OP_CMP_GT), NAMED(FUTEX_OP_CMP_GE),
};
const ConstantTable kFutexCompares{kFutexComparesConstants, "FUTEX_OP_CMP_?" "??"};

static constexpr Constant kPrctlOptionsConstants[] = {
    NAMED(PR_SET_PDEATHSIG), NAMED(PR_GET_PDEATHSIG), NAMED(PR_GET_DUMPABLE), NAMED(PR_SET_DUMPABLE),
    NAMED(PR_GET_UNALIGN), NAMED(PR_SET_UNALIGN), NAMED(PR_GET_KEEPCAPS), NAMED(PR_SET_KEEPCAPS), NAMED(PR_GET_FPEMU),
    NAMED(PR_SET_FPEMU), NAMED(PR_GET_FPEXC), NAMED(PR_SET_FPEXC), NAMED(PR_GET_TIMING), NAMED(PR_SET_TIMING),
    NAMED(PR_SET_NAME), NAMED(PR_GET_NAME), NAMED(PR_GET_ENDIAN), NAMED(PR_SET_ENDIAN), NAMED(PR_GET_SECCOMP),
    NAMED(PR_SET_SECCOMP), NAMED(PR_CAPBSET_READ), NAMED(PR_CAPBSET_DROP), NAMED(PR_GET_TSC), NAMED(PR_SET_TSC),
    NAMED(PR_GET_SECUREBITS), NAMED(PR_SET_SECUREBITS), NAMED(PR_SET_TIMERSLACK), NAMED(PR_GET_TIMERSLACK),
    NAMED(PR_TASK_PERF_EVENTS_DISABLE), NAMED(PR_TASK_PERF_EVENTS_ENABLE), NAMED(PR_MCE_KILL), NAMED(PR_MCE_KILL_GET),
    NAMED(PR_SET_MM), NAMED(PR_SET_CHILD_SUBREAPER), NAMED(PR_GET_CHILD_SUBREAPER), NAMED(PR_SET_NO_NEW_PRIVS),
    NAMED(PR_GET_NO_NEW_PRIVS), NAMED(PR_GET_TID_ADDRESS), NAMED(PR_SET_THP_DISABLE), NAMED(PR_GET_THP_DISABLE),
    NAMED(PR_MPX_ENABLE_MANAGEMENT), NAMED(PR_MPX_DISABLE_MANAGEMENT), NAMED(PR_SET_FP_MODE), NAMED(PR_GET_FP_MODE),
    NAMED(PR_CAP_AMBIENT), NAMED(PR_SVE_SET_VL), NAMED(PR_SVE_GET_VL), NAMED(PR_GET_SPECULATION_CTRL),
    NAMED(PR_SET_SPECULATION_CTRL), NAMED(PR_PAC_RESET_KEYS), NAMED(PR_SET_TAGGED_ADDR_CTRL),
    NAMED(PR_GET_TAGGED_ADDR_CTRL), NAMED(PR_SET_IO_FLUSHER), NAMED(PR_GET_IO_FLUSHER),
    NAMED(PR_SET_SYSCALL_USER_DISPATCH), NAMED(PR_PAC_SET_ENABLED_KEYS), NAMED(PR_PAC_GET_ENABLED_KEYS),
    NAMED(PR_SCHED_CORE), {"PR_SET_MDWE", 65}, {"PR_GET_MDWE", 66}, NAMED(PR_SET_PTRACER), NAMED(PR_SET_VMA),
};
const ConstantTable kPrctlOptions{kPrctlOptionsConstants, "PR_?" "??"};

static constexpr Constant kArchPrctlConstants[] = {
    NAMED(ARCH_SET_GS), NAMED(ARCH_SET_FS), NAMED(ARCH_GET_FS), NAMED(ARCH_GET_GS), NAMED(ARCH_GET_CPUID),
    NAMED(ARCH_SET_CPUID), NAMED(ARCH_GET_XCOMP_SUPP), NAMED(ARCH_GET_XCOMP_PERM), NAMED(ARCH_REQ_XCOMP_PERM),
    NAMED(ARCH_GET_XCOMP_GUEST_PERM), NAMED(ARCH_REQ_XCOMP_GUEST_PERM), NAMED(ARCH_MAP_VDSO_X32),
    NAMED(ARCH_MAP_VDSO_32), NAMED(ARCH_MAP_VDSO_64),
};
const ConstantTable kArchPrctl{kArchPrctlConstants, "ARCH_?" "??"};

static constexpr Constant kSeccompOperationsConstants[] = {
    NAMED(SECCOMP_SET_MODE_STRICT), NAMED(SECCOMP_SET_MODE_FILTER), NAMED(SECCOMP_GET_ACTION_AVAIL),
    NAMED(SECCOMP_GET_NOTIF_SIZES),
};
const ConstantTable kSeccompOperations{kSeccompOperationsConstants, "SECCOMP_SET_MODE_?" "??"};

static constexpr Constant kSeccompFlagsConstants[] = {
    NAMED(SECCOMP_FILTER_FLAG_TSYNC), NAMED(SECCOMP_FILTER_FLAG_LOG), NAMED(SECCOMP_FILTER_FLAG_SPEC_ALLOW),
    NAMED(SECCOMP_FILTER_FLAG_NEW_LISTENER), NAMED(SECCOMP_FILTER_FLAG_TSYNC_ESRCH), NAMED(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV),
};
const ConstantTable kSeccompFlags{kSeccompFlagsConstants, "SECCOMP_FILTER_FLAG_?" "??"};

static constexpr Constant kMembarrierCommandsConstants[] = {
    NAMED(MEMBARRIER_CMD_QUERY), NAMED(MEMBARRIER_CMD_GLOBAL), NAMED(MEMBARRIER_CMD_GLOBAL_EXPEDITED),
    NAMED(MEMBARRIER_CMD_REGISTER_GLOBAL_EXPEDITED), NAMED(MEMBARRIER_CMD_PRIVATE_EXPEDITED),
    NAMED(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED), NAMED(MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE),
    NAMED(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE), NAMED(MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ),
    NAMED(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ),
};
const ConstantTable kMembarrierCommands{kMembarrierCommandsConstants, "MEMBARRIER_CMD_?" "??"};

static constexpr Constant kMembarrierFlagsConstants[] = {
    NAMED(MEMBARRIER_CMD_FLAG_CPU),
};
const ConstantTable kMembarrierFlags{kMembarrierFlagsConstants, "MEMBARRIER_CMD_FLAG_?" "??"};

static constexpr Constant kRandomFlagsConstants[] = {
    NAMED(GRND_NONBLOCK), NAMED(GRND_RANDOM), NAMED(GRND_INSECURE),
};
const ConstantTable kRandomFlags{kRandomFlagsConstants, "GRND_?" "??"};

static constexpr Constant kRseqFlagsConstants[] = {
    NAMED(RSEQ_FLAG_UNREGISTER),
};
const ConstantTable kRseqFlags{kRseqFlagsConstants, "RSEQ_FLAG_?" "??"};

static constexpr Constant kKcmpTypesConstants[] = {
    NAMED(KCMP_FILE), NAMED(KCMP_VM), NAMED(KCMP_FILES), NAMED(KCMP_FS), NAMED(KCMP_SIGHAND), NAMED(KCMP_IO),
    NAMED(KCMP_SYSVSEM), NAMED(KCMP_EPOLL_TFD),
};
const ConstantTable kKcmpTypes{kKcmpTypesConstants, "KCMP_?" "??"};

static constexpr Constant kCapabilityVersionsConstants[] = {
    NAMED(_LINUX_CAPABILITY_VERSION_1), NAMED(_LINUX_CAPABILITY_VERSION_2), NAMED(_LINUX_CAPABILITY_VERSION_3),
};
const ConstantTable kCapabilityVersions{kCapabilityVersionsConstants, "_LINUX_CAPABILITY_VERSION_?" "??"};

static constexpr Constant kPersonalitiesConstants[] = {
    NAMED(PER_LINUX), NAMED(PER_LINUX32), NAMED(PER_SVR4), NAMED(PER_BSD), NAMED(PER_MASK),
};
const ConstantTable kPersonalities{kPersonalitiesConstants, "PER_?" "??"};

static constexpr Constant kPtraceRequestsConstants[] = {
    NAMED(PTRACE_TRACEME), NAMED(PTRACE_PEEKTEXT), NAMED(PTRACE_PEEKDATA), {"PTRACE_PEEKUSER", 3},
    NAMED(PTRACE_POKETEXT), NAMED(PTRACE_POKEDATA), {"PTRACE_POKEUSER", 6}, NAMED(PTRACE_CONT), NAMED(PTRACE_KILL),
    NAMED(PTRACE_SINGLESTEP), {"PTRACE_GETREGS", 12}, {"PTRACE_SETREGS", 13}, {"PTRACE_GETFPREGS", 14},
    {"PTRACE_SETFPREGS", 15}, NAMED(PTRACE_ATTACH), NAMED(PTRACE_DETACH), NAMED(PTRACE_SYSCALL),
    {"PTRACE_ARCH_PRCTL", 30}, NAMED(PTRACE_SETOPTIONS), NAMED(PTRACE_GETEVENTMSG), NAMED(PTRACE_GETSIGINFO),
    NAMED(PTRACE_SETSIGINFO), NAMED(PTRACE_GETREGSET), NAMED(PTRACE_SETREGSET), NAMED(PTRACE_SEIZE),
    NAMED(PTRACE_INTERRUPT), NAMED(PTRACE_LISTEN), NAMED(PTRACE_PEEKSIGINFO), NAMED(PTRACE_GETSIGMASK),
    NAMED(PTRACE_SETSIGMASK), NAMED(PTRACE_SECCOMP_GET_FILTER), NAMED(PTRACE_SECCOMP_GET_METADATA),
    NAMED(PTRACE_GET_SYSCALL_INFO), NAMED(PTRACE_GET_RSEQ_CONFIGURATION),
};
const ConstantTable kPtraceRequests{kPtraceRequestsConstants, "PTRACE_?" "??"};

static constexpr Constant kIoprioWhoConstants[] = {
    NAMED(IOPRIO_WHO_PROCESS), NAMED(IOPRIO_WHO_PGRP), NAMED(IOPRIO_WHO_USER),
};
const ConstantTable kIoprioWho{kIoprioWhoConstants, "IOPRIO_WHO_?" "??"};

static constexpr Constant kIouringEnterFlagsConstants[] = {
    NAMED(IORING_ENTER_GETEVENTS), NAMED(IORING_ENTER_SQ_WAKEUP), NAMED(IORING_ENTER_SQ_WAIT),
    NAMED(IORING_ENTER_EXT_ARG), {"IORING_ENTER_REGISTERED_RING", 1U<<4},
};
const ConstantTable kIouringEnterFlags{kIouringEnterFlagsConstants, "IORING_ENTER_?" "??"};

static constexpr Constant kIouringSetupFlagsConstants[] = {
    NAMED(IORING_SETUP_IOPOLL), NAMED(IORING_SETUP_SQPOLL), NAMED(IORING_SETUP_SQ_AFF), NAMED(IORING_SETUP_CQSIZE),
    NAMED(IORING_SETUP_CLAMP), NAMED(IORING_SETUP_ATTACH_WQ), NAMED(IORING_SETUP_R_DISABLED),
    NAMED(IORING_SETUP_SUBMIT_ALL), NAMED(IORING_SETUP_COOP_TASKRUN), NAMED(IORING_SETUP_TASKRUN_FLAG),
    NAMED(IORING_SETUP_SQE128), NAMED(IORING_SETUP_CQE32),
};
const ConstantTable kIouringSetupFlags{kIouringSetupFlagsConstants, "IORING_SETUP_?" "??"};

static constexpr Constant kIouringFeaturesConstants[] = {
    NAMED(IORING_FEAT_SINGLE_MMAP), NAMED(IORING_FEAT_NODROP), NAMED(IORING_FEAT_SUBMIT_STABLE),
    NAMED(IORING_FEAT_RW_CUR_POS), NAMED(IORING_FEAT_CUR_PERSONALITY), NAMED(IORING_FEAT_FAST_POLL),
    NAMED(IORING_FEAT_POLL_32BITS), NAMED(IORING_FEAT_SQPOLL_NONFIXED), NAMED(IORING_FEAT_EXT_ARG),
    NAMED(IORING_FEAT_NATIVE_WORKERS), NAMED(IORING_FEAT_RSRC_TAGS), NAMED(IORING_FEAT_CQE_SKIP),
    NAMED(IORING_FEAT_LINKED_FILE),
};
const ConstantTable kIouringFeatures{kIouringFeaturesConstants, "IORING_FEAT_?" "??"};

static constexpr Constant kIouringRegisterOpcodesConstants[] = {
    NAMED(IORING_REGISTER_BUFFERS), NAMED(IORING_UNREGISTER_BUFFERS), NAMED(IORING_REGISTER_FILES),
    NAMED(IORING_UNREGISTER_FILES), NAMED(IORING_REGISTER_EVENTFD), NAMED(IORING_UNREGISTER_EVENTFD),
    NAMED(IORING_REGISTER_FILES_UPDATE), NAMED(IORING_REGISTER_EVENTFD_ASYNC), NAMED(IORING_REGISTER_PROBE),
    NAMED(IORING_REGISTER_PERSONALITY), NAMED(IORING_UNREGISTER_PERSONALITY), NAMED(IORING_REGISTER_RESTRICTIONS),
    NAMED(IORING_REGISTER_ENABLE_RINGS), NAMED(IORING_REGISTER_FILES2), NAMED(IORING_REGISTER_FILES_UPDATE2),
    NAMED(IORING_REGISTER_BUFFERS2), NAMED(IORING_REGISTER_BUFFERS_UPDATE), NAMED(IORING_REGISTER_IOWQ_AFF),
    NAMED(IORING_UNREGISTER_IOWQ_AFF), NAMED(IORING_REGISTER_IOWQ_MAX_WORKERS),
    NAMED(IORING_REGISTER_RING_FDS), NAMED(IORING_UNREGISTER_RING_FDS), NAMED(IORING_REGISTER_PBUF_RING),
    NAMED(IORING_UNREGISTER_PBUF_RING), NAMED(IORING_REGISTER_SYNC_CANCEL), NAMED(IORING_REGISTER_FILE_ALLOC_RANGE),
};
const ConstantTable kIouringRegisterOpcodes{kIouringRegisterOpcodesConstants, "IORING_REGISTER_?" "??"};

static constexpr Constant kKeyctlCommandsConstants[] = {
    NAMED(KEYCTL_GET_KEYRING_ID), NAMED(KEYCTL_JOIN_SESSION_KEYRING), NAMED(KEYCTL_UPDATE), NAMED(KEYCTL_REVOKE),
    NAMED(KEYCTL_CHOWN), NAMED(KEYCTL_SETPERM), NAMED(KEYCTL_DESCRIBE), NAMED(KEYCTL_CLEAR), NAMED(KEYCTL_LINK),
    NAMED(KEYCTL_UNLINK), NAMED(KEYCTL_SEARCH), NAMED(KEYCTL_READ), NAMED(KEYCTL_INSTANTIATE), NAMED(KEYCTL_NEGATE),
    NAMED(KEYCTL_SET_REQKEY_KEYRING), NAMED(KEYCTL_SET_TIMEOUT), NAMED(KEYCTL_ASSUME_AUTHORITY),
    NAMED(KEYCTL_GET_SECURITY), NAMED(KEYCTL_SESSION_TO_PARENT), NAMED(KEYCTL_REJECT), NAMED(KEYCTL_INSTANTIATE_IOV),
    NAMED(KEYCTL_INVALIDATE), NAMED(KEYCTL_GET_PERSISTENT), NAMED(KEYCTL_CAPABILITIES),
};
const ConstantTable kKeyctlCommands{kKeyctlCommandsConstants, "KEYCTL_?" "??"};

static constexpr Constant kBpfCommandsConstants[] = {
    NAMED(BPF_MAP_CREATE), NAMED(BPF_MAP_LOOKUP_ELEM), NAMED(BPF_MAP_UPDATE_ELEM), NAMED(BPF_MAP_DELETE_ELEM),
    NAMED(BPF_MAP_GET_NEXT_KEY), NAMED(BPF_PROG_LOAD), NAMED(BPF_OBJ_PIN), NAMED(BPF_OBJ_GET), NAMED(BPF_PROG_ATTACH),
    NAMED(BPF_PROG_DETACH), NAMED(BPF_PROG_TEST_RUN), NAMED(BPF_PROG_GET_NEXT_ID), NAMED(BPF_MAP_GET_NEXT_ID),
    NAMED(BPF_PROG_GET_FD_BY_ID), NAMED(BPF_MAP_GET_FD_BY_ID), NAMED(BPF_OBJ_GET_INFO_BY_FD), NAMED(BPF_PROG_QUERY),
    NAMED(BPF_RAW_TRACEPOINT_OPEN), NAMED(BPF_BTF_LOAD), NAMED(BPF_BTF_GET_FD_BY_ID), NAMED(BPF_TASK_FD_QUERY),
    NAMED(BPF_MAP_LOOKUP_AND_DELETE_ELEM), NAMED(BPF_MAP_FREEZE), NAMED(BPF_BTF_GET_NEXT_ID),
    NAMED(BPF_MAP_LOOKUP_BATCH), NAMED(BPF_MAP_LOOKUP_AND_DELETE_BATCH), NAMED(BPF_MAP_UPDATE_BATCH),
    NAMED(BPF_MAP_DELETE_BATCH), NAMED(BPF_LINK_CREATE), NAMED(BPF_LINK_UPDATE), NAMED(BPF_LINK_GET_FD_BY_ID),
    NAMED(BPF_LINK_GET_NEXT_ID), NAMED(BPF_ENABLE_STATS), NAMED(BPF_ITER_CREATE), NAMED(BPF_LINK_DETACH),
    NAMED(BPF_PROG_BIND_MAP),
};
const ConstantTable kBpfCommands{kBpfCommandsConstants, "BPF_?" "??"};

static constexpr Constant kLandlockCreateFlagsConstants[] = {
    NAMED(LANDLOCK_CREATE_RULESET_VERSION),
};
const ConstantTable kLandlockCreateFlags{kLandlockCreateFlagsConstants, "LANDLOCK_CREATE_RULESET_?" "??"};

static constexpr Constant kLandlockRulesConstants[] = {
    NAMED(LANDLOCK_RULE_PATH_BENEATH),
};
const ConstantTable kLandlockRules{kLandlockRulesConstants, "LANDLOCK_RULE_?" "??"};

static constexpr Constant kPerfFlagsConstants[] = {
    NAMED(PERF_FLAG_FD_NO_GROUP), NAMED(PERF_FLAG_FD_OUTPUT), NAMED(PERF_FLAG_PID_CGROUP),
    NAMED(PERF_FLAG_FD_CLOEXEC),
};
const ConstantTable kPerfFlags{kPerfFlagsConstants, "PERF_FLAG_?" "??"};

static constexpr Constant kPidfdOpenFlagsConstants[] = {
    {"PIDFD_NONBLOCK", 04000},
};
const ConstantTable kPidfdOpenFlags{kPidfdOpenFlagsConstants, "PIDFD_?" "??"};

static constexpr Constant kFinitModuleFlagsConstants[] = {
    NAMED(MODULE_INIT_IGNORE_MODVERSIONS), NAMED(MODULE_INIT_IGNORE_VERMAGIC), {"MODULE_INIT_COMPRESSED_FILE", 4},
};
const ConstantTable kFinitModuleFlags{kFinitModuleFlagsConstants, "MODULE_INIT_?" "??"};

static constexpr Constant kDeleteModuleFlagsConstants[] = {
    {"O_NONBLOCK", 04000}, {"O_TRUNC", 01000},
};
const ConstantTable kDeleteModuleFlags{kDeleteModuleFlagsConstants, "O_?" "??"};

static constexpr Constant kRebootMagicConstants[] = {
    NAMED(LINUX_REBOOT_MAGIC1), NAMED(LINUX_REBOOT_MAGIC2), NAMED(LINUX_REBOOT_MAGIC2A), NAMED(LINUX_REBOOT_MAGIC2B),
    NAMED(LINUX_REBOOT_MAGIC2C),
};
const ConstantTable kRebootMagic{kRebootMagicConstants, "LINUX_REBOOT_MAGIC_?" "??"};

static constexpr Constant kRebootCommandsConstants[] = {
    NAMED(LINUX_REBOOT_CMD_RESTART), NAMED(LINUX_REBOOT_CMD_HALT), NAMED(LINUX_REBOOT_CMD_CAD_ON),
    NAMED(LINUX_REBOOT_CMD_CAD_OFF), NAMED(LINUX_REBOOT_CMD_POWER_OFF), NAMED(LINUX_REBOOT_CMD_RESTART2),
    NAMED(LINUX_REBOOT_CMD_SW_SUSPEND), NAMED(LINUX_REBOOT_CMD_KEXEC),
};
const ConstantTable kRebootCommands{kRebootCommandsConstants, "LINUX_REBOOT_CMD_?" "??"};

static constexpr Constant kSyslogActionsConstants[] = {
    {"SYSLOG_ACTION_CLOSE", 0}, {"SYSLOG_ACTION_OPEN", 1}, {"SYSLOG_ACTION_READ", 2}, {"SYSLOG_ACTION_READ_ALL", 3},
    {"SYSLOG_ACTION_READ_CLEAR", 4}, {"SYSLOG_ACTION_CLEAR", 5}, {"SYSLOG_ACTION_CONSOLE_OFF", 6},
    {"SYSLOG_ACTION_CONSOLE_ON", 7}, {"SYSLOG_ACTION_CONSOLE_LEVEL", 8}, {"SYSLOG_ACTION_SIZE_UNREAD", 9},
    {"SYSLOG_ACTION_SIZE_BUFFER", 10},
};
const ConstantTable kSyslogActions{kSyslogActionsConstants, "SYSLOG_ACTION_?" "??"};

// clang-format on

}  // namespace polytap
