// Names of perf_event_open(2)'s constants.
#pragma once

#include "core/syscall/constants.h"

namespace polytap {

extern const ConstantTable kPerfTypes;
extern const ConstantTable kPerfSizes;
extern const ConstantTable kPerfHardwareEvents;
extern const ConstantTable kPerfSoftwareEvents;
extern const ConstantTable kPerfCaches;
extern const ConstantTable kPerfCacheOperations;
extern const ConstantTable kPerfCacheResults;
extern const ConstantTable kPerfSamples;
extern const ConstantTable kPerfReadFormats;
extern const ConstantTable kPerfBranches;
extern const ConstantTable kPerfBreakpoints;

}  // namespace polytap
