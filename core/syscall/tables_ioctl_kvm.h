// Names of KVM's constants (linux/kvm.h).
#pragma once

#include "core/syscall/constants.h"

namespace polytap {

extern const ConstantTable kKvmCapabilities;
extern const ConstantTable kKvmMemoryFlags;
extern const ConstantTable kKvmCpuidFlags;

}  // namespace polytap
