#include <signal.h>

#include <array>

#include "core/syscall/named_constant.h"
#include "core/syscall/tables.h"

namespace polytap {

// clang-format off
static constexpr Constant kGeneralCodesConstants[] = {
    NAMED(SI_USER), NAMED(SI_KERNEL), NAMED(SI_QUEUE), NAMED(SI_TIMER), NAMED(SI_MESGQ), NAMED(SI_ASYNCIO),
    NAMED(SI_SIGIO), NAMED(SI_TKILL), {"SI_DETHREAD", static_cast<uint64_t>(-7)},
    NAMED(SI_ASYNCNL),
};
const ConstantTable kGeneralCodes{kGeneralCodesConstants, "SI_?" "??"};

static constexpr Constant kChildCodesConstants[] = {
    NAMED(CLD_EXITED), NAMED(CLD_KILLED), NAMED(CLD_DUMPED), NAMED(CLD_TRAPPED), NAMED(CLD_STOPPED),
    NAMED(CLD_CONTINUED),
};
const ConstantTable kChildCodes{kChildCodesConstants, "CLD_?" "??"};

static constexpr Constant kFaultCodesConstants[] = {
    NAMED(SEGV_MAPERR), NAMED(SEGV_ACCERR), NAMED(SEGV_BNDERR), NAMED(SEGV_PKUERR),
    {"SEGV_ACCADI", 5}, {"SEGV_ADIDERR", 6}, {"SEGV_ADIPERR", 7}, {"SEGV_MTEAERR", 8}, {"SEGV_MTESERR", 9},
    {"SEGV_CPERR", 10},
};
const ConstantTable kFaultCodes{kFaultCodesConstants, "SEGV_?" "??"};

static constexpr Constant kIllegalCodesConstants[] = {
    NAMED(ILL_ILLOPC), NAMED(ILL_ILLOPN), NAMED(ILL_ILLADR), NAMED(ILL_ILLTRP), NAMED(ILL_PRVOPC), NAMED(ILL_PRVREG),
    NAMED(ILL_COPROC), NAMED(ILL_BADSTK), {"ILL_BADIADDR", 9},
};
const ConstantTable kIllegalCodes{kIllegalCodesConstants, "ILL_?" "??"};

static constexpr Constant kArithmeticCodesConstants[] = {
    NAMED(FPE_INTDIV), NAMED(FPE_INTOVF), NAMED(FPE_FLTDIV), NAMED(FPE_FLTOVF), NAMED(FPE_FLTUND), NAMED(FPE_FLTRES),
    NAMED(FPE_FLTINV), NAMED(FPE_FLTSUB), {"FPE_FLTUNK", 14}, {"FPE_CONDTRAP", 15},
};
const ConstantTable kArithmeticCodes{kArithmeticCodesConstants, "FPE_?" "??"};

static constexpr Constant kBusCodesConstants[] = {
    NAMED(BUS_ADRALN), NAMED(BUS_ADRERR), NAMED(BUS_OBJERR), NAMED(BUS_MCEERR_AR), NAMED(BUS_MCEERR_AO),
};
const ConstantTable kBusCodes{kBusCodesConstants, "BUS_?" "??"};

static constexpr Constant kTrapCodesConstants[] = {
    NAMED(TRAP_BRKPT), NAMED(TRAP_TRACE), {"TRAP_BRANCH", 3}, {"TRAP_HWBKPT", 4}, {"TRAP_UNK", 5}, {"TRAP_PERF", 6},
};
const ConstantTable kTrapCodes{kTrapCodesConstants, "TRAP_?" "??"};

static constexpr Constant kPollCodesConstants[] = {
    NAMED(POLL_IN), NAMED(POLL_OUT), NAMED(POLL_MSG), NAMED(POLL_ERR), NAMED(POLL_PRI), NAMED(POLL_HUP),
};
const ConstantTable kPollCodes{kPollCodesConstants, "POLL_?" "??"};

static constexpr Constant kSystemCallCodesConstants[] = {
    {"SYS_SECCOMP", 1}, {"SYS_USER_DISPATCH", 2},
};
const ConstantTable kSystemCallCodes{kSystemCallCodesConstants, "SYS_?" "??"};

// clang-format on

}  // namespace polytap
