// Names of io_uring's constants.
#pragma once

#include "core/syscall/constants.h"

namespace polytap {

extern const ConstantTable kIouringOperations;
extern const ConstantTable kIouringProbeFlags;
extern const ConstantTable kIouringRestrictions;
extern const ConstantTable kIouringEntryFlags;
extern const ConstantTable kIouringWorkers;

}  // namespace polytap
