// Names of the constants of ptrace(2).
#pragma once

#include "core/syscall/constants.h"

namespace polytap {

extern const ConstantTable kPtraceOptions;
extern const ConstantTable kPtracePeekFlags;
extern const ConstantTable kPtraceEvents;
extern const ConstantTable kPtraceCallKinds;
extern const ConstantTable kRegisterSets;
extern const ConstantTable kAuditArchitectures;

}  // namespace polytap
