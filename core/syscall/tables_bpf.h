// Names of bpf(2)'s constants.
#pragma once

#include "core/syscall/constants.h"

namespace polytap {

extern const ConstantTable kBpfMapTypes;
extern const ConstantTable kBpfProgramTypes;
extern const ConstantTable kBpfAttachTypes;
extern const ConstantTable kBpfMapFlags;
extern const ConstantTable kBpfElementFlags;
extern const ConstantTable kBpfLookupFlags;
extern const ConstantTable kBpfProgramFlags;
extern const ConstantTable kBpfAttachFlags;
extern const ConstantTable kBpfQueryFlags;
extern const ConstantTable kBpfFileFlags;
extern const ConstantTable kBpfTestFlags;
extern const ConstantTable kBpfFdTypes;
extern const ConstantTable kBpfRegisters;
extern const ConstantTable kBpfClasses;
extern const ConstantTable kBpfClassicClasses;
extern const ConstantTable kBpfSizes;
extern const ConstantTable kBpfModes;
extern const ConstantTable kBpfOperations;
extern const ConstantTable kBpfClassicOperations;
extern const ConstantTable kBpfJumps;
extern const ConstantTable kBpfJumps32;
extern const ConstantTable kBpfClassicJumps;
extern const ConstantTable kSeccompActions;

}  // namespace polytap
