// Names of the constants of scheduling, clocks, mounts, quotas, Landlock, futexes and of what came with later kernels.
#pragma once

#include "core/syscall/constants.h"

namespace polytap {

extern const ConstantTable kSchedulingFlags;
extern const ConstantTable kClockModes;
extern const ConstantTable kClockStatus;
extern const ConstantTable kClockStates;
extern const ConstantTable kLogLevels;
extern const ConstantTable kKexecArchitectures;
extern const ConstantTable kKexecFlags;
extern const ConstantTable kFanotifyClasses;
extern const ConstantTable kFutexWaitFlags;
extern const ConstantTable kFutex2Flags;
extern const ConstantTable kFutex2Sizes;
extern const ConstantTable kLandlockFiles;
extern const ConstantTable kLandlockNetwork;
extern const ConstantTable kLandlockScopes;
extern const ConstantTable kLandlockRestrictFlags;
extern const ConstantTable kMountPropagation;
extern const ConstantTable kMountAttributeFlags;
extern const ConstantTable kStatmountMask;
extern const ConstantTable kListmountIds;
extern const ConstantTable kListmountFlags;
extern const ConstantTable kStatmountFlags;
extern const ConstantTable kSecurityModules;
extern const ConstantTable kSecurityAttributes;
extern const ConstantTable kSecurityFlags;
extern const ConstantTable kFileAttributes;
extern const ConstantTable kPidfdSignalFlags;
extern const ConstantTable kShadowStackFlags;
extern const ConstantTable kCloseOnExec;
extern const ConstantTable kQuotaValid;
extern const ConstantTable kQuotaInfoValid;
extern const ConstantTable kQuotaInfoFlags;
extern const ConstantTable kQuotaFormats;
extern const ConstantTable kXfsQuotaFlags;
extern const ConstantTable kXfsQuotaStates;

}  // namespace polytap
