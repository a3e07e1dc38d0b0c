// Names of the constants of keys, aio and System V IPC.
#pragma once

#include "core/syscall/constants.h"

namespace polytap {

extern const ConstantTable kSemaphoreFlags;
extern const ConstantTable kQueueFlags;
extern const ConstantTable kAioCommands;
extern const ConstantTable kAioFlags;
extern const ConstantTable kKeyPermissions;
extern const ConstantTable kKeyDefaults;
extern const ConstantTable kKeyMoveFlags;
extern const ConstantTable kKeyCapabilities0;
extern const ConstantTable kKeyCapabilities1;
extern const ConstantTable kKeyOperations;

}  // namespace polytap
