#include "core/syscall/tables_prctl.h"

#include <linux/prctl.h>
#include <linux/seccomp.h>
#include <linux/securebits.h>

#include "core/syscall/named_constant.h"

namespace polytap {

// clang-format off
static constexpr Constant kDumpableConstants[] = {
    {"SUID_DUMP_DISABLE", 0}, {"SUID_DUMP_USER", 1}, {"SUID_DUMP_ROOT", 2},
};
const ConstantTable kDumpable{kDumpableConstants, "SUID_DUMP_?" "??"};

static constexpr Constant kUnalignedFlagsConstants[] = {
    NAMED(PR_UNALIGN_NOPRINT), NAMED(PR_UNALIGN_SIGBUS),
};
const ConstantTable kUnalignedFlags{kUnalignedFlagsConstants, "PR_UNALIGN_?" "??"};

static constexpr Constant kSeccompModesConstants[] = {
    NAMED(SECCOMP_MODE_DISABLED), NAMED(SECCOMP_MODE_STRICT), NAMED(SECCOMP_MODE_FILTER),
};
const ConstantTable kSeccompModes{kSeccompModesConstants, "SECCOMP_MODE_?" "??"};

static constexpr Constant kTimestampCounterConstants[] = {
    NAMED(PR_TSC_ENABLE), NAMED(PR_TSC_SIGSEGV),
};
const ConstantTable kTimestampCounter{kTimestampCounterConstants, "PR_TSC_?" "??"};

static constexpr Constant kSecureBitsConstants[] = {
    NAMED(SECBIT_NOROOT), NAMED(SECBIT_NOROOT_LOCKED), NAMED(SECBIT_NO_SETUID_FIXUP),
    NAMED(SECBIT_NO_SETUID_FIXUP_LOCKED), NAMED(SECBIT_KEEP_CAPS),
    NAMED(SECBIT_KEEP_CAPS_LOCKED), NAMED(SECBIT_NO_CAP_AMBIENT_RAISE),
    NAMED(SECBIT_NO_CAP_AMBIENT_RAISE_LOCKED),
};
const ConstantTable kSecureBits{kSecureBitsConstants, "SECBIT_?" "??"};

static constexpr Constant kMachineCheckOperationsConstants[] = {
    NAMED(PR_MCE_KILL_CLEAR), NAMED(PR_MCE_KILL_SET),
};
const ConstantTable kMachineCheckOperations{kMachineCheckOperationsConstants, "PR_MCE_KILL_?" "??"};

static constexpr Constant kMachineCheckPoliciesConstants[] = {
    NAMED(PR_MCE_KILL_LATE), NAMED(PR_MCE_KILL_EARLY), NAMED(PR_MCE_KILL_DEFAULT),
};
const ConstantTable kMachineCheckPolicies{kMachineCheckPoliciesConstants, "PR_MCE_KILL_?" "??"};

static constexpr Constant kMemoryMapPartsConstants[] = {
    NAMED(PR_SET_MM_START_CODE), NAMED(PR_SET_MM_END_CODE), NAMED(PR_SET_MM_START_DATA),
    NAMED(PR_SET_MM_END_DATA), NAMED(PR_SET_MM_START_STACK), NAMED(PR_SET_MM_START_BRK),
    NAMED(PR_SET_MM_BRK), NAMED(PR_SET_MM_ARG_START), NAMED(PR_SET_MM_ARG_END),
    NAMED(PR_SET_MM_ENV_START), NAMED(PR_SET_MM_ENV_END), NAMED(PR_SET_MM_AUXV),
    NAMED(PR_SET_MM_EXE_FILE), NAMED(PR_SET_MM_MAP), NAMED(PR_SET_MM_MAP_SIZE),
};
const ConstantTable kMemoryMapParts{kMemoryMapPartsConstants, "PR_SET_MM_?" "??"};

static constexpr Constant kFloatingPointModesConstants[] = {
    NAMED(PR_FP_MODE_FR), NAMED(PR_FP_MODE_FRE),
};
const ConstantTable kFloatingPointModes{kFloatingPointModesConstants, "PR_FP_MODE_?" "??"};

static constexpr Constant kAmbientOperationsConstants[] = {
    NAMED(PR_CAP_AMBIENT_IS_SET), NAMED(PR_CAP_AMBIENT_RAISE), NAMED(PR_CAP_AMBIENT_LOWER),
    NAMED(PR_CAP_AMBIENT_CLEAR_ALL),
};
const ConstantTable kAmbientOperations{kAmbientOperationsConstants, "PR_CAP_AMBIENT_?" "??"};

static constexpr Constant kVectorLengthFlagsConstants[] = {
    NAMED(PR_SVE_SET_VL_ONEXEC), NAMED(PR_SVE_VL_INHERIT),
};
const ConstantTable kVectorLengthFlags{kVectorLengthFlagsConstants, ""};

static constexpr Constant kMatrixLengthFlagsConstants[] = {
    {"PR_SME_SET_VL_ONEXEC", 1 << 18}, {"PR_SME_VL_INHERIT", 1 << 17},
};
const ConstantTable kMatrixLengthFlags{kMatrixLengthFlagsConstants, ""};

static constexpr Constant kSpeculationKindsConstants[] = {
    NAMED(PR_SPEC_STORE_BYPASS), NAMED(PR_SPEC_INDIRECT_BRANCH), NAMED(PR_SPEC_L1D_FLUSH),
};
const ConstantTable kSpeculationKinds{kSpeculationKindsConstants, "PR_SPEC_?" "??"};

static constexpr Constant kSpeculationStatesConstants[] = {
    NAMED(PR_SPEC_ENABLE), NAMED(PR_SPEC_DISABLE), NAMED(PR_SPEC_FORCE_DISABLE),
    NAMED(PR_SPEC_DISABLE_NOEXEC),
};
const ConstantTable kSpeculationStates{kSpeculationStatesConstants, "PR_SPEC_?" "??"};

static constexpr Constant kSpeculationFlagsConstants[] = {NAMED(PR_SPEC_NOT_AFFECTED), 
    NAMED(PR_SPEC_PRCTL), NAMED(PR_SPEC_ENABLE), NAMED(PR_SPEC_DISABLE),
    NAMED(PR_SPEC_FORCE_DISABLE), NAMED(PR_SPEC_DISABLE_NOEXEC),
};
const ConstantTable kSpeculationFlags{kSpeculationFlagsConstants, "PR_SPEC_?" "??"};

static constexpr Constant kPointerKeysConstants[] = {
    NAMED(PR_PAC_APIAKEY), NAMED(PR_PAC_APIBKEY), NAMED(PR_PAC_APDAKEY),
    NAMED(PR_PAC_APDBKEY), NAMED(PR_PAC_APGAKEY),
};
const ConstantTable kPointerKeys{kPointerKeysConstants, "PR_PAC_?" "??"};

static constexpr Constant kPointerEnableKeysConstants[] = {
    NAMED(PR_PAC_APIAKEY), NAMED(PR_PAC_APIBKEY), NAMED(PR_PAC_APDAKEY),
    NAMED(PR_PAC_APDBKEY),
};
const ConstantTable kPointerEnableKeys{kPointerEnableKeysConstants, "PR_PAC_?" "??"};

static constexpr Constant kTagChecksConstants[] = {
    NAMED(PR_MTE_TCF_NONE), NAMED(PR_MTE_TCF_SYNC), NAMED(PR_MTE_TCF_ASYNC),
    NAMED(PR_MTE_TCF_MASK),
};
const ConstantTable kTagChecks{kTagChecksConstants, "PR_MTE_TCF_?" "??"};

static constexpr Constant kDispatchModesConstants[] = {
    NAMED(PR_SYS_DISPATCH_OFF), NAMED(PR_SYS_DISPATCH_ON),
};
const ConstantTable kDispatchModes{kDispatchModesConstants, "PR_SYS_DISPATCH_?" "??"};

static constexpr Constant kCoreSchedulingCommandsConstants[] = {
    NAMED(PR_SCHED_CORE_GET), NAMED(PR_SCHED_CORE_CREATE), NAMED(PR_SCHED_CORE_SHARE_TO),
    NAMED(PR_SCHED_CORE_SHARE_FROM),
};
const ConstantTable kCoreSchedulingCommands{kCoreSchedulingCommandsConstants, "PR_SCHED_CORE_?" "??"};

static constexpr Constant kProcessIdTypesConstants[] = {
    {"PIDTYPE_PID", 0}, {"PIDTYPE_TGID", 1}, {"PIDTYPE_PGID", 2}, {"PIDTYPE_SID", 3},
};
const ConstantTable kProcessIdTypes{kProcessIdTypesConstants, "PIDTYPE_?" "??"};

static constexpr Constant kMappingNamesConstants[] = {NAMED(PR_SET_VMA_ANON_NAME)};
const ConstantTable kMappingNames{kMappingNamesConstants, "PR_SET_VMA_?" "??"};

static constexpr Constant kDenyWriteExecuteConstants[] = {{"PR_MDWE_REFUSE_EXEC_GAIN", 1}, {"PR_MDWE_NO_INHERIT", 2}};
const ConstantTable kDenyWriteExecute{kDenyWriteExecuteConstants, "PR_MDWE_?" "??"};

// clang-format on

}  // namespace polytap
