// Names of the input devices' constants (linux/input.h).
#pragma once

#include "core/syscall/constants.h"

namespace polytap {

extern const ConstantTable kInputTypes;
extern const ConstantTable kInputKeys;
extern const ConstantTable kInputRelatives;
extern const ConstantTable kInputAbsolutes;
extern const ConstantTable kInputMiscellaneous;
extern const ConstantTable kInputSwitches;
extern const ConstantTable kInputLeds;
extern const ConstantTable kInputSounds;
extern const ConstantTable kInputRepeats;
extern const ConstantTable kInputEffects;
extern const ConstantTable kInputEffectStates;
extern const ConstantTable kInputProperties;
extern const ConstantTable kInputSlots;

}  // namespace polytap
