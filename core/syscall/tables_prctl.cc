#include "core/syscall/tables_prctl.h"

#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>

#include "core/syscall/named.h"

namespace polytap {

// clang-format off
static constexpr Constant kDumpableConstants[] = {
    {"SUID_DUMP_DISABLE", 0}, {"SUID_DUMP_USER", 1}, {"SUID_DUMP_ROOT", 2},
};
const ConstantTable kDumpable{kDumpableConstants, "SUID_DUMP_?" "??"};

static constexpr Constant kUnalignedFlagsConstants[] = {
    POLYTAP_NAMED(PR_UNALIGN_NOPRINT), POLYTAP_NAMED(PR_UNALIGN_SIGBUS),
};
const ConstantTable kUnalignedFlags{kUnalignedFlagsConstants, "PR_UNALIGN_?" "??"};

static constexpr Constant kSeccompModesConstants[] = {
    POLYTAP_NAMED(SECCOMP_MODE_DISABLED), POLYTAP_NAMED(SECCOMP_MODE_STRICT), POLYTAP_NAMED(SECCOMP_MODE_FILTER),
};
const ConstantTable kSeccompModes{kSeccompModesConstants, "SECCOMP_MODE_?" "??"};

static constexpr Constant kTimestampCounterConstants[] = {
    POLYTAP_NAMED(PR_TSC_ENABLE), POLYTAP_NAMED(PR_TSC_SIGSEGV),
};
const ConstantTable kTimestampCounter{kTimestampCounterConstants, "PR_TSC_?" "??"};

static constexpr Constant kSecureBitsConstants[] = {
    POLYTAP_NAMED(SECBIT_NOROOT), POLYTAP_NAMED(SECBIT_NOROOT_LOCKED), POLYTAP_NAMED(SECBIT_NO_SETUID_FIXUP),
    POLYTAP_NAMED(SECBIT_NO_SETUID_FIXUP_LOCKED), POLYTAP_NAMED(SECBIT_KEEP_CAPS),
    POLYTAP_NAMED(SECBIT_KEEP_CAPS_LOCKED), POLYTAP_NAMED(SECBIT_NO_CAP_AMBIENT_RAISE),
    POLYTAP_NAMED(SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED),
};
const ConstantTable kSecureBits{kSecureBitsConstants, "SECBIT_?" "??"};

static constexpr Constant kMachineCheckOperationsConstants[] = {
    POLYTAP_NAMED(PR_MCE_KILL_CLEAR), POLYTAP_NAMED(PR_MCE_KILL_SET),
};
const ConstantTable kMachineCheckOperations{kMachineCheckOperationsConstants, "PR_MCE_KILL_?" "??"};

static constexpr Constant kMachineCheckPoliciesConstants[] = {
    POLYTAP_NAMED(PR_MCE_KILL_LATE), POLYTAP_NAMED(PR_MCE_KILL_EARLY), POLYTAP_NAMED(PR_MCE_KILL_DEFAULT),
};
const ConstantTable kMachineCheckPolicies{kMachineCheckPoliciesConstants, "PR_MCE_KILL_?" "??"};

static constexpr Constant kMemoryMapPartsConstants[] = {
    POLYTAP_NAMED(PR_SET_MM_START_CODE), POLYTAP_NAMED(PR_SET_MM_END_CODE), POLYTAP_NAMED(PR_SET_MM_START_DATA),
    POLYTAP_NAMED(PR_SET_MM_END_DATA), POLYTAP_NAMED(PR_SET_MM_START_STACK), POLYTAP_NAMED(PR_SET_MM_START_BRK),
    POLYTAP_NAMED(PR_SET_MM_BRK), POLYTAP_NAMED(PR_SET_MM_ARG_START), POLYTAP_NAMED(PR_SET_MM_ARG_END),
    POLYTAP_NAMED(PR_SET_MM_ENV_START), POLYTAP_NAMED(PR_SET_MM_ENV_END), POLYTAP_NAMED(PR_SET_MM_AUXV),
    POLYTAP_NAMED(PR_SET_MM_EXE_FILE), POLYTAP_NAMED(PR_SET_MM_MAP), POLYTAP_NAMED(PR_SET_MM_MAP_SIZE),
};
const ConstantTable kMemoryMapParts{kMemoryMapPartsConstants, "PR_SET_MM_?" "??"};

static constexpr Constant kFloatingPointModesConstants[] = {
    POLYTAP_NAMED(PR_FP_MODE_FR), POLYTAP_NAMED(PR_FP_MODE_FRE),
};
const ConstantTable kFloatingPointModes{kFloatingPointModesConstants, "PR_FP_MODE_?" "??"};

static constexpr Constant kAmbientOperationsConstants[] = {
    POLYTAP_NAMED(PR_CAP_AMBIENT_IS_SET), POLYTAP_NAMED(PR_CAP_AMBIENT_RAISE), POLYTAP_NAMED(PR_CAP_AMBIENT_LOWER),
    POLYTAP_NAMED(PR_CAP_AMBIENT_CLEAR_ALL),
};
const ConstantTable kAmbientOperations{kAmbientOperationsConstants, "PR_CAP_AMBIENT_?" "??"};

static constexpr Constant kVectorLengthFlagsConstants[] = {
    POLYTAP_NAMED(PR_SVE_SET_VL_ONEXEC), POLYTAP_NAMED(PR_SVE_VL_INHERIT),
};
const ConstantTable kVectorLengthFlags{kVectorLengthFlagsConstants, ""};

static constexpr Constant kMatrixLengthFlagsConstants[] = {
    {"PR_SME_SET_VL_ONEXEC", 1 << 18}, {"PR_SME_VL_INHERIT", 1 << 17},
};
const ConstantTable kMatrixLengthFlags{kMatrixLengthFlagsConstants, ""};

static constexpr Constant kSpeculationKindsConstants[] = {
    POLYTAP_NAMED(PR_SPEC_STORE_BYPASS), POLYTAP_NAMED(PR_SPEC_INDIRECT_BRANCH), POLYTAP_NAMED(PR_SPEC_L1D_FLUSH),
};
const ConstantTable kSpeculationKinds{kSpeculationKindsConstants, "PR_SPEC_?" "??"};

static constexpr Constant kSpeculationStatesConstants[] = {
    POLYTAP_NAMED(PR_SPEC_ENABLE), POLYTAP_NAMED(PR_SPEC_DISABLE), POLYTAP_NAMED(PR_SPEC_FORCE_DISABLE),
    POLYTAP_NAMED(PR_SPEC_DISABLE_NOEXEC),
};
const ConstantTable kSpeculationStates{kSpeculationStatesConstants, "PR_SPEC_?" "??"};

static constexpr Constant kSpeculationFlagsConstants[] = {POLYTAP_NAMED(PR_SPEC_NOT_AFFECTED), 
    POLYTAP_NAMED(PR_SPEC_PRCTL), POLYTAP_NAMED(PR_SPEC_ENABLE), POLYTAP_NAMED(PR_SPEC_DISABLE),
    POLYTAP_NAMED(PR_SPEC_FORCE_DISABLE), POLYTAP_NAMED(PR_SPEC_DISABLE_NOEXEC),
};
const ConstantTable kSpeculationFlags{kSpeculationFlagsConstants, "PR_SPEC_?" "??"};

static constexpr Constant kPointerKeysConstants[] = {
    POLYTAP_NAMED(PR_PAC_APIAKEY), POLYTAP_NAMED(PR_PAC_APIBKEY), POLYTAP_NAMED(PR_PAC_APDAKEY),
    POLYTAP_NAMED(PR_PAC_APDBKEY), POLYTAP_NAMED(PR_PAC_APGAKEY),
};
const ConstantTable kPointerKeys{kPointerKeysConstants, "PR_PAC_?" "??"};

static constexpr Constant kPointerEnableKeysConstants[] = {
    POLYTAP_NAMED(PR_PAC_APIAKEY), POLYTAP_NAMED(PR_PAC_APIBKEY), POLYTAP_NAMED(PR_PAC_APDAKEY),
    POLYTAP_NAMED(PR_PAC_APDBKEY),
};
const ConstantTable kPointerEnableKeys{kPointerEnableKeysConstants, "PR_PAC_?" "??"};

static constexpr Constant kTagChecksConstants[] = {
    POLYTAP_NAMED(PR_MTE_TCF_NONE), POLYTAP_NAMED(PR_MTE_TCF_SYNC), POLYTAP_NAMED(PR_MTE_TCF_ASYNC),
    POLYTAP_NAMED(PR_MTE_TCF_MASK),
};
const ConstantTable kTagChecks{kTagChecksConstants, "PR_MTE_TCF_?" "??"};

static constexpr Constant kDispatchModesConstants[] = {
    POLYTAP_NAMED(PR_SYS_DISPATCH_OFF), POLYTAP_NAMED(PR_SYS_DISPATCH_ON),
};
const ConstantTable kDispatchModes{kDispatchModesConstants, "PR_SYS_DISPATCH_?" "??"};

static constexpr Constant kCoreSchedulingCommandsConstants[] = {
    POLYTAP_NAMED(PR_SCHED_CORE_GET), POLYTAP_NAMED(PR_SCHED_CORE_CREATE), POLYTAP_NAMED(PR_SCHED_CORE_SHARE_TO),
    POLYTAP_NAMED(PR_SCHED_CORE_SHARE_FROM),
};
const ConstantTable kCoreSchedulingCommands{kCoreSchedulingCommandsConstants, "PR_SCHED_CORE_?" "??"};

static constexpr Constant kProcessIdTypesConstants[] = {
    {"PIDTYPE_PID", 0}, {"PIDTYPE_TGID", 1}, {"PIDTYPE_PGID", 2}, {"PIDTYPE_SID", 3},
};
const ConstantTable kProcessIdTypes{kProcessIdTypesConstants, "PIDTYPE_?" "??"};

static constexpr Constant kMappingNamesConstants[] = {POLYTAP_NAMED(PR_SET_VMA_ANON_NAME)};
const ConstantTable kMappingNames{kMappingNamesConstants, "PR_SET_VMA_?" "??"};

static constexpr Constant kDenyWriteExecuteConstants[] = {{"PR_MDWE_REFUSE_EXEC_GAIN", 1}, {"PR_MDWE_NO_INHERIT", 2}};
const ConstantTable kDenyWriteExecute{kDenyWriteExecuteConstants, "PR_MDWE_?" "??"};

// clang-format on

}  // namespace polytap
