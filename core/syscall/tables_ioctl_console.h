// Names of keys (linux/keyboard.h).
#pragma once

#include "core/syscall/constants.h"

namespace polytap {

extern const ConstantTable kKeys;          // K_F1: type and value
extern const ConstantTable kKeyFunctions;  // KVAL(K_F1): the values of KT_FN
extern const ConstantTable kKeyTypes;

}  // namespace polytap
