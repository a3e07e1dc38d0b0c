// Names of the constants that prctl(2)'s options take.
#pragma once

#include "core/syscall/constants.h"

namespace polytap {

extern const ConstantTable kDumpable;
extern const ConstantTable kUnalignedFlags;
extern const ConstantTable kSeccompModes;
extern const ConstantTable kTimestampCounter;
extern const ConstantTable kSecureBits;
extern const ConstantTable kMachineCheckOperations;
extern const ConstantTable kMachineCheckPolicies;
extern const ConstantTable kMemoryMapParts;
extern const ConstantTable kFloatingPointModes;
extern const ConstantTable kAmbientOperations;
extern const ConstantTable kVectorLengthFlags;
extern const ConstantTable kMatrixLengthFlags;
extern const ConstantTable kSpeculationKinds;
extern const ConstantTable kSpeculationStates;
extern const ConstantTable kSpeculationFlags;
extern const ConstantTable kPointerKeys;
extern const ConstantTable kPointerEnableKeys;
extern const ConstantTable kTagChecks;
extern const ConstantTable kDispatchModes;
extern const ConstantTable kCoreSchedulingCommands;
extern const ConstantTable kProcessIdTypes;
extern const ConstantTable kMappingNames;
extern const ConstantTable kDenyWriteExecute;

}  // namespace polytap
