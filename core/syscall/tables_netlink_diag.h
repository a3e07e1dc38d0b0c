// Names of what is in sock_diag's messages, beyond the plain attributes, and of crypto's.
#pragma once

#include "core/syscall/constants.h"

namespace polytap {

extern const ConstantTable kConditionCodes;
extern const ConstantTable kDiagShutdown;
extern const ConstantTable kUlpAttributes;
extern const ConstantTable kTlsAttributes;
extern const ConstantTable kTlsVersions;
extern const ConstantTable kTlsCiphers;
extern const ConstantTable kTlsConfigurations;
extern const ConstantTable kSubflowAttributes;
extern const ConstantTable kSubflowFlags;
extern const ConstantTable kNetlinkSocketFlags;
extern const ConstantTable kNetlinkStates;
extern const ConstantTable kPacketShow;
extern const ConstantTable kPacketAttributes;
extern const ConstantTable kPacketVersions;
extern const ConstantTable kPacketFlags;
extern const ConstantTable kSmcAttributes;
extern const ConstantTable kSmcModes;
extern const ConstantTable kSmcExtensions;
extern const ConstantTable kSmcStates;
extern const ConstantTable kSmcRoles;
extern const ConstantTable kSmcDeclines;
extern const ConstantTable kStorageReplies;
extern const ConstantTable kStorageAttributes;
extern const ConstantTable kCryptoAttributes;

}  // namespace polytap
